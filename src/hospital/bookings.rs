//! Bookings: who comes to whom, and when. The visit begins when they are checked in.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::clinics::{self, Slot};
use super::tenants::Tenant;
use super::{Problem, WriteError, or_taken, patients};
use crate::db::{Db, Source, Tx, text_columns, word_text};
use crate::from;
use crate::journey::ids::*;
use crate::journey::words::{Word, words};
use crate::on;

words! {
    /// What became of a booking.
    BookingState {
        Booked "BOOKED" "Booked",
        Arrived "ARRIVED" "Arrived",
        Cancelled "CANCELLED" "Cancelled",
        Missed "MISSED" "Did not come",
    }
}

text_columns!(word_text, Word::from_word: BookingState);

/// A booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// Who comes.
    pub patient_id: PatientId,
    /// To whom.
    pub doctor_id: PersonId,
    /// Where.
    pub branch_id: Option<BranchId>,
    /// When.
    pub starts_at: DateTime<Utc>,
    /// For how long.
    pub minutes: i32,
    /// The day, on the hospital's calendar.
    pub day: NaiveDate,
    /// Why.
    pub reason: Option<String>,
    /// The visit that it follows up, if it does.
    pub follow_up_of: Option<VisitId>,
    /// What became of it.
    pub state: BookingState,
    /// The visit that began with it.
    pub visit_id: Option<VisitId>,
}

impl Booking {
    /// The time it takes.
    pub fn slot(&self) -> Slot {
        Slot { starts_at: self.starts_at, minutes: self.minutes }
    }
}

/// A booking with the names that people know it by.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BookingCard {
    /// The booking.
    #[sqlx(flatten)]
    pub booking: Booking,
    /// The patient's name.
    pub patient_name: String,
    /// The patient's record number.
    pub patient_mrn: String,
    /// The patient's phone.
    pub patient_phone: Option<String>,
    /// The doctor's name.
    pub doctor_name: String,
}

/// What is needed to book.
#[derive(Clone, Debug)]
pub struct NewBooking {
    /// The id of the booking to be: who asks twice books once.
    pub id: BookingId,
    /// Who comes.
    pub patient_id: PatientId,
    /// To whom.
    pub doctor_id: PersonId,
    /// When.
    pub starts_at: DateTime<Utc>,
    /// Why.
    pub reason: Option<String>,
    /// The visit that it follows up, if it does.
    pub follow_up_of: Option<VisitId>,
}

macro_rules! select_bookings {
    ($conditions:literal) => {
        concat!(
            "SELECT bookings.*, patients.name AS patient_name, patients.mrn AS patient_mrn, patients.phone AS patient_phone, \
             people.name AS doctor_name FROM bookings \
             JOIN patients ON patients.tenant_id = bookings.tenant_id AND patients.id = bookings.patient_id \
             JOIN people ON people.tenant_id = bookings.tenant_id AND people.id = bookings.doctor_id \
             WHERE bookings.tenant_id = $1 AND ",
            $conditions
        )
    };
}

const BY_ID: &str = select_bookings!("bookings.id = $2");
const OF_DAY: &str = select_bookings!(
    "bookings.day = $2 AND (bookings.branch_id = $3 OR bookings.branch_id IS NULL OR $3 IS NULL) ORDER BY bookings.starts_at LIMIT 1000"
);
const OF_PATIENT: &str = select_bookings!("bookings.patient_id = $2 ORDER BY bookings.starts_at DESC LIMIT 50");

/// One booking.
pub async fn by_id(
    source: impl Into<Source<'_>>,
    tenant: &TenantId,
    id: &BookingId,
) -> sqlx::Result<Option<BookingCard>> {
    from!(source, executor => sqlx::query_as(BY_ID).bind(tenant).bind(id).fetch_optional(executor).await)
}

/// The bookings of a day, the earliest first, whatever became of them.
pub async fn of_day(
    db: &Db,
    tenant: &TenantId,
    day: NaiveDate,
    branch: Option<&BranchId>,
) -> sqlx::Result<Vec<BookingCard>> {
    on!(&db.read, pool => sqlx::query_as(OF_DAY).bind(tenant).bind(day).bind(branch).fetch_all(pool).await)
}

/// A patient's bookings, the latest first.
pub async fn of_patient(db: &Db, tenant: &TenantId, patient: &PatientId) -> sqlx::Result<Vec<BookingCard>> {
    on!(&db.read, pool => sqlx::query_as(OF_PATIENT).bind(tenant).bind(patient).fetch_all(pool).await)
}

/// Books a free slot.
pub async fn add(
    tx: &mut Tx,
    tenant: &Tenant,
    branch_id: Option<BranchId>,
    new: NewBooking,
    now: DateTime<Utc>,
) -> Result<Booking, WriteError> {
    const SQL: &str = "INSERT INTO bookings (tenant_id, id, patient_id, doctor_id, branch_id, starts_at, minutes, day, reason, follow_up_of, state) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'BOOKED')";
    if !patients::exists(tx, &tenant.id, &new.patient_id).await? {
        return Err(WriteError::UnknownReference("patientId"));
    }
    let reason = match &new.reason {
        Some(reason) => Some(super::line("reason", reason, 500).map_err(|wrong| WriteError::Invalid(vec![wrong]))?),
        None => None,
    };
    let slot = free(tx, tenant, &new.doctor_id, new.starts_at, None, now).await?;
    let booking = Booking {
        id: new.id,
        patient_id: new.patient_id,
        doctor_id: new.doctor_id,
        branch_id,
        starts_at: slot.starts_at,
        minutes: slot.minutes,
        day: tenant.local_day(slot.starts_at),
        reason,
        follow_up_of: new.follow_up_of,
        state: BookingState::Booked,
        visit_id: None,
    };
    let written = on!(tx, connection => {
        sqlx::query(SQL).bind(&tenant.id).bind(&booking.id).bind(&booking.patient_id).bind(&booking.doctor_id)
            .bind(&booking.branch_id).bind(booking.starts_at).bind(booking.minutes).bind(booking.day)
            .bind(&booking.reason).bind(&booking.follow_up_of).execute(&mut **connection).await.map(drop)
    });
    or_taken(written, ("bookings", "starts_at"), "slot", "This time")?;
    Ok(booking)
}

/// Moves a booking to another free slot, perhaps of another doctor, and gives it as it was and as it is.
pub async fn reschedule(
    tx: &mut Tx,
    tenant: &Tenant,
    id: &BookingId,
    doctor_id: &PersonId,
    branch_id: Option<BranchId>,
    starts_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(Booking, Booking), WriteError> {
    const SQL: &str = "UPDATE bookings SET doctor_id = $3, branch_id = $4, starts_at = $5, minutes = $6, day = $7 WHERE tenant_id = $1 AND id = $2";
    let before = still_booked(tx, &tenant.id, id).await?;
    let slot = free(tx, tenant, doctor_id, starts_at, Some(id), now).await?;
    let after = Booking {
        doctor_id: doctor_id.clone(),
        branch_id,
        starts_at: slot.starts_at,
        minutes: slot.minutes,
        day: tenant.local_day(slot.starts_at),
        ..before.clone()
    };
    let written = on!(tx, connection => {
        sqlx::query(SQL).bind(&tenant.id).bind(id).bind(doctor_id).bind(&after.branch_id).bind(after.starts_at)
            .bind(after.minutes).bind(after.day).execute(&mut **connection).await.map(drop)
    });
    or_taken(written, ("bookings", "starts_at"), "slot", "This time")?;
    Ok((before, after))
}

/// Says what became of a booking that still stood.
pub async fn settle(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &BookingId,
    state: BookingState,
    visit: Option<&VisitId>,
) -> Result<Booking, WriteError> {
    const SQL: &str = "UPDATE bookings SET state = $3, visit_id = $4 WHERE tenant_id = $1 AND id = $2";
    let booking = still_booked(tx, tenant, id).await?;
    on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(state).bind(visit).execute(&mut **connection).await.map(drop)
    })?;
    Ok(booking)
}

async fn still_booked(tx: &mut Tx, tenant: &TenantId, id: &BookingId) -> Result<Booking, WriteError> {
    let card = by_id(&mut *tx, tenant, id).await?.ok_or(WriteError::UnknownReference("bookingId"))?;
    if card.booking.state == BookingState::Booked {
        return Ok(card.booking);
    }
    let problem = format!("cannot be changed any more: {}", card.booking.state.label().to_lowercase());
    Err(WriteError::Invalid(vec![Problem { field: "booking", problem }]))
}

/// The slot that begins at a moment, when it is free; `but` is a booking that may be moved out of the way.
async fn free(
    tx: &mut Tx,
    tenant: &Tenant,
    doctor: &PersonId,
    starts_at: DateTime<Utc>,
    but: Option<&BookingId>,
    now: DateTime<Utc>,
) -> Result<Slot, WriteError> {
    const TAKEN: &str =
        "SELECT * FROM bookings WHERE tenant_id = $1 AND day = $2 AND doctor_id = $3 AND state <> 'CANCELLED'";
    let wrong = |problem: &str| {
        let problem = problem.to_owned();
        WriteError::Invalid(vec![Problem { field: "slot", problem }])
    };
    let day = tenant.local_day(starts_at);
    let open = clinics::of_doctor(&mut *tx, &tenant.id, doctor).await?;
    let slot = clinics::slots(tenant, &open, day).into_iter().find(|slot| slot.starts_at == starts_at);
    let slot = slot.ok_or_else(|| wrong("is not in the doctor’s hours; choose another"))?;
    if slot.ends_at() <= now {
        return Err(wrong("is over; choose a later one"));
    }
    let taken: Vec<Booking> = on!(tx, connection => {
        sqlx::query_as(TAKEN).bind(&tenant.id).bind(day).bind(doctor).fetch_all(&mut **connection).await
    })?;
    if taken.iter().any(|other| Some(&other.id) != but && other.slot().overlaps(&slot)) {
        return Err(WriteError::Taken { field: "slot", value: "This time".to_owned() });
    }
    Ok(slot)
}
