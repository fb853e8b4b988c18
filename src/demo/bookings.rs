//! Who is booked for the day: some with each doctor, from about now on.

use chrono::{DateTime, TimeDelta, Utc};

use super::LiveError;
use super::house::{Crowd, House};
use crate::db::{Db, new_id};
use crate::hospital::bookings::NewBooking;
use crate::hospital::clinics;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::PersonId;
use crate::record::Recorder;

/// How many patients are booked with each doctor on the day.
const EACH: usize = 2;
/// Why they come.
const REASONS: [&str; 4] = ["Review of reports", "Blood pressure check", "Second opinion", "Dressing"];

/// Books patients whom the day does not know yet.
pub async fn book(
    db: &Db,
    recorder: &Recorder,
    tenant: &Tenant,
    house: &House,
    crowd: &mut Crowd,
    now: DateTime<Utc>,
) -> Result<(), LiveError> {
    let hours = clinics::list(db, &tenant.id).await?;
    let mut doctors: Vec<&PersonId> = hours.iter().map(|clinic| &clinic.doctor_id).collect();
    doctors.dedup();
    for (turn, doctor) in doctors.into_iter().enumerate() {
        let own: Vec<_> = hours.iter().filter(|clinic| clinic.doctor_id == *doctor).cloned().collect();
        let slots = clinics::slots(tenant, &own, tenant.local_day(now));
        let soon = now - TimeDelta::minutes(30);
        let first = slots.iter().position(|slot| slot.starts_at >= soon).unwrap_or(slots.len());
        // In the evening they are the last of the day, who did not come.
        let first = first.min(slots.len().saturating_sub(3 * EACH));
        for slot in slots.into_iter().skip(first + turn % 2).step_by(3).take(EACH) {
            let Some(patient) = crowd.anybody() else { return Ok(()) };
            let new = NewBooking {
                id: new_id(),
                patient_id: patient.id,
                doctor_id: doctor.clone(),
                starts_at: slot.starts_at,
                reason: Some(REASONS[turn % REASONS.len()].to_owned()),
                follow_up_of: None,
            };
            recorder.book(tenant, &house.reception.actor(), new).await?;
        }
    }
    Ok(())
}
