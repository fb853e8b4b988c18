//! What becomes of bookings and of the hours they are made in, each change with its event.

use serde_json::json;

use super::Recorder;
use crate::db::commit;
use crate::hospital::bookings::{self, Booking, BookingState, NewBooking};
use crate::hospital::clinics::{self, Clinic, NewClinic};
use crate::hospital::tenants::Tenant;
use crate::hospital::{WriteError, people};
use crate::journey::decide::Actor;
use crate::journey::ids::*;

impl Recorder {
    /// Opens hours in which a doctor can be booked.
    pub async fn open_clinic(&self, tenant: &Tenant, actor: &Actor, new: NewClinic) -> Result<Clinic, WriteError> {
        let mut tx = self.begin(tenant).await?;
        let clinic = clinics::open(&mut tx, &tenant.id, new).await?;
        self.note(&mut tx, tenant, actor, clinic.id.as_str(), "clinic.opened", hours(&clinic)).await?;
        commit(tx).await?;
        Ok(clinic)
    }

    /// Closes hours; what is booked in them stays.
    pub async fn close_clinic(&self, tenant: &Tenant, actor: &Actor, clinic: &Clinic) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        clinics::close(&mut tx, &tenant.id, &clinic.id).await?;
        self.note(&mut tx, tenant, actor, clinic.id.as_str(), "clinic.closed", hours(clinic)).await?;
        Ok(commit(tx).await?)
    }

    /// Books a free slot; a booking of this id that is there already is given back.
    pub async fn book(&self, tenant: &Tenant, actor: &Actor, new: NewBooking) -> Result<Booking, WriteError> {
        let mut tx = self.begin(tenant).await?;
        if let Some(known) = bookings::by_id(&mut tx, &tenant.id, &new.id).await? {
            return Ok(known.booking);
        }
        let doctor = people::by_id(&mut tx, &tenant.id, &new.doctor_id).await?;
        let doctor = doctor.ok_or(WriteError::UnknownReference("doctorId"))?;
        let booking = bookings::add(&mut tx, tenant, doctor.branch_id, new, self.clock.now()).await?;
        let metadata = json!({
            "patientId": booking.patient_id,
            "doctorId": booking.doctor_id,
            "startsAt": booking.starts_at,
            "minutes": booking.minutes,
            "reason": booking.reason,
            "followUpOf": booking.follow_up_of,
        });
        self.note(&mut tx, tenant, actor, booking.id.as_str(), "booking.created", metadata).await?;
        commit(tx).await?;
        Ok(booking)
    }

    /// Moves a booking to another free slot.
    pub async fn reschedule(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &BookingId,
        doctor_id: &PersonId,
        starts_at: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let doctor = people::by_id(&mut tx, &tenant.id, doctor_id).await?;
        let branch = doctor.ok_or(WriteError::UnknownReference("doctorId"))?.branch_id;
        let now = self.clock.now();
        let (before, after) = bookings::reschedule(&mut tx, tenant, id, doctor_id, branch, starts_at, now).await?;
        let when = |booking: &Booking| json!({ "doctorId": booking.doctor_id, "startsAt": booking.starts_at, "minutes": booking.minutes });
        let (before, after) = (when(&before), when(&after));
        self.changed(&mut tx, tenant, actor, id.as_str(), "booking.rescheduled", &before, &after).await?;
        Ok(commit(tx).await?)
    }

    /// Cancels a booking; its slot is free again.
    pub async fn cancel_booking(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &BookingId,
        reason: Option<&str>,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        bookings::settle(&mut tx, &tenant.id, id, BookingState::Cancelled, None).await?;
        let metadata = json!({ "reason": reason });
        self.note(&mut tx, tenant, actor, id.as_str(), "booking.cancelled", metadata).await?;
        Ok(commit(tx).await?)
    }

    /// Notes that the patient came: the visit has begun.
    pub async fn check_in(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: &BookingId,
        visit: &VisitId,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        bookings::settle(&mut tx, &tenant.id, id, BookingState::Arrived, Some(visit)).await?;
        let metadata = json!({ "visitId": visit });
        self.note(&mut tx, tenant, actor, id.as_str(), "booking.checked_in", metadata).await?;
        Ok(commit(tx).await?)
    }

    /// Notes that the patient did not come.
    pub async fn miss(&self, tenant: &Tenant, actor: &Actor, id: &BookingId) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        bookings::settle(&mut tx, &tenant.id, id, BookingState::Missed, None).await?;
        self.note(&mut tx, tenant, actor, id.as_str(), "booking.missed", json!({})).await?;
        Ok(commit(tx).await?)
    }
}

fn hours(clinic: &Clinic) -> serde_json::Value {
    json!({
        "doctorId": clinic.doctor_id,
        "weekday": clinic.weekday,
        "begins": clinic.begins.to_string(),
        "ends": clinic.ends.to_string(),
        "slotMinutes": clinic.slot_minutes,
    })
}
