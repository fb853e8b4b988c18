//! Registering a visit, and before it the patient when they are new: one form, one batch of steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use chrono::{Datelike, NaiveDate};
use serde_json::{Map, Value, json};
use tr::tr;

use crate::db::new_id;
use crate::hospital::patients::{self, NewPatient, Patient};
use crate::hospital::people::{self, Person};
use crate::hospital::tariff::{self, TariffKind};
use crate::hospital::{WriteError, departments, patient_search, rooms};
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::journey::events::{Event, EventType};
use crate::journey::ids::{Id, PatientId, PersonId, RequestKey, VisitId};
use crate::journey::schema::FieldProblem;
use crate::journey::words::{Role, Sex, Station, Status, VisitType, Word};
use crate::projections::{follow_ups, visits};
use crate::record::Wish;
use crate::screens::attempt::Attempt;
use crate::screens::registration::{DoctorChoice, GIVEN, Registration, registration};

/// The number that derives the new visit's id from the form's key.
const NEW_VISIT: u32 = 20_000;
/// The number that derives the new patient's id from the form's key.
pub(super) const NEW_PATIENT: u32 = 20_001;

/// Shows the form, for a known patient or a new one.
pub async fn page(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(EventType::VisitRegistered.row().roles)?;
    let tenant = &desk.tenant.id;
    let typed = attempt.as_ref().map(|attempt| Values(attempt.values.clone()));
    let asked = typed.as_ref().and_then(|typed| typed.get("patientId"));
    let asked = asked.or_else(|| desk.query("register").filter(|asked| *asked != "new"));
    let patient = match asked {
        Some(id) => {
            let id = PatientId::parse(id).map_err(|_| Failure::NotFound)?;
            Some(patients::by_id(desk.db(), tenant, &id).await?.ok_or(Failure::NotFound)?)
        }
        None => None,
    };
    let latest = match &patient {
        Some(patient) => visits::latest_of_patient(desk.db(), tenant, &patient.id).await?,
        None => None,
    };
    let duplicates = match (&patient, &typed) {
        (None, Some(typed)) => match new_patient(typed, desk.tenant.local_day(desk.now)) {
            Ok(new) => duplicates(&desk, &new).await?,
            Err(_) => Vec::new(),
        },
        _ => Vec::new(),
    };
    let mut awaited = match &patient {
        Some(patient) => follow_ups::of_patient(desk.db(), tenant, &patient.id).await?,
        None => Vec::new(),
    };
    let reader = desk.reader();
    awaited.retain(|card| reader.reads_visit(card.follow_up.branch_id.as_ref()));
    let departments = departments::open(desk.db(), tenant).await?;
    let in_branch = desk.branch().cloned();
    let data = Registration {
        tenant: desk.tenant.clone(),
        patient,
        latest: latest
            .filter(|card| card.visit.ended_at.is_none() && reader.reads_visit(card.visit.branch_id.as_ref())),
        awaited,
        duplicates,
        doctors: doctors(&desk).await?,
        departments: departments
            .into_iter()
            .filter(|department| in_branch.as_ref().is_none_or(|branch| *branch == department.branch_id))
            .collect(),
        tests: if desk.person.actor().may_log(EventType::TestsOrdered, None) {
            tariff::of_kind(desk.db(), tenant, TariffKind::Test).await?
        } else {
            Vec::new()
        },
        given: GIVEN.iter().filter_map(|name| Some((*name, desk.query(name)?.to_owned()))).collect(),
        now: desk.now,
        attempt: attempt.clone(),
    };
    let seen = data.patient.as_ref().map_or(Seen::Nothing, |patient| Seen::Patient(patient.id.clone()));
    let seen = if data.duplicates.is_empty() { seen } else { Seen::List };
    desk.show(tr!("Register a visit"), seen, attempt, move || registration(data)).await
}

/// The doctors of the desk's branch, with how many patients wait for each.
async fn doctors(desk: &Desk) -> Result<Vec<DoctorChoice>, Failure> {
    let board = visits::board(desk.db(), &desk.tenant.id, Station::Consultation, desk.branch()).await?;
    let mut waiting: BTreeMap<PersonId, usize> = BTreeMap::new();
    for doctor in board.into_iter().filter(|card| card.visit.status == Status::Waiting) {
        if let Some(doctor) = doctor.visit.doctor_id {
            *waiting.entry(doctor).or_default() += 1;
        }
    }
    let doctors = people::of_role(desk.db(), &desk.tenant.id, Role::Doctor).await?;
    let here =
        |person: &Person| desk.branch().zip(person.branch_id.as_ref()).is_none_or(|(here, branch)| here == branch);
    Ok(doctors
        .into_iter()
        .filter(here)
        .map(|person| DoctorChoice { waiting: waiting.get(&person.id).copied().unwrap_or_default(), person })
        .collect())
}

/// Registers the visit that a posted form describes, and the patient when the form names none.
pub async fn register(desk: &Desk, values: Values) -> Result<Outcome, Failure> {
    desk.needs(EventType::VisitRegistered.row().roles)?;
    let key = values.key().unwrap_or_else(new_id);
    let known = values.get("patientId").map(ToOwned::to_owned);
    let new_patient_id: PatientId = key.derive(NEW_PATIENT);
    let patient_id = known.clone().unwrap_or_else(|| new_patient_id.to_string());
    let wishes = wishes(desk, &values, &key, &patient_id).await?;

    let mut problems = Vec::new();
    let new = match new_patient(&values, desk.tenant.local_day(desk.now)) {
        _ if known.is_some() => None,
        Ok(new) => Some(new),
        Err(wrong) => {
            problems.extend(wrong);
            None
        }
    };
    for wish in &wishes {
        let Some(step) = wish.happening.step() else { continue };
        if let Err(wrong) = Event::parse(step, &wish.metadata) {
            problems.extend(wrong);
        }
    }
    if !problems.is_empty() {
        return Ok(Err(desk.mistyped(values, problems)));
    }
    if let Some(new) = new
        && let Some(problem) = register_patient(desk, &values, new_patient_id, new).await?
    {
        return Ok(Err(desk.mistyped(values, vec![problem])));
    }
    // Whatever is refused now, the patient is known from here on.
    Ok(desk.record(values, &key, wishes).await?.map_err(|attempt| {
        let mut attempt = Arc::unwrap_or_clone(attempt);
        attempt.event = Some(EventType::VisitRegistered);
        if known.is_none() {
            attempt.values.push(("patientId".to_owned(), patient_id));
        }
        Arc::new(attempt)
    }))
}

/// Makes the patient, unless an earlier press of the same form did, or somebody very like them is known.
pub(super) async fn register_patient(
    desk: &Desk,
    values: &Values,
    id: PatientId,
    new: NewPatient,
) -> Result<Option<FieldProblem>, Failure> {
    if let Some(patient) = patients::by_id(desk.db(), &desk.tenant.id, &id).await? {
        let same = patient.name == new.name && patient.phone == new.phone && patient.birth_date == new.birth_date;
        let problem = || {
            let words = format!("was sent before, for {}; begin anew for another patient", patient.name);
            FieldProblem::new("", words)
        };
        return Ok((!same).then(problem));
    }
    // The one of this id is being made by another press.
    let is_another = |patient: &Patient| patient.id != id;
    if values.get("registerAnyway").is_none() && duplicates(desk, &new).await?.iter().any(is_another) {
        let words = "must be ticked if this is a new patient: somebody very like them is known";
        return Ok(Some(FieldProblem::new("registerAnyway", words)));
    }
    match desk.app.recorder.register_patient(&desk.tenant, &desk.person.actor(), id, new).await {
        Ok(_) => Ok(None),
        Err(WriteError::Database(error)) => Err(error.into()),
        Err(error) => Ok(Some(FieldProblem::new("", error.to_string()))),
    }
}

/// Who may be the same as a new patient.
pub(super) async fn duplicates(desk: &Desk, new: &NewPatient) -> sqlx::Result<Vec<Patient>> {
    let (phone, birth_date) = (new.phone.as_deref(), new.birth_date);
    patient_search::likely_duplicates(desk.db(), &desk.tenant.id, &new.name, phone, birth_date).await
}

/// What is to be logged: the registration, the doctor, the queue, and a lab-only visit's tests.
pub async fn wishes(desk: &Desk, values: &Values, key: &RequestKey, patient: &str) -> Result<Vec<Wish>, Failure> {
    let visit: VisitId = key.derive(NEW_VISIT);
    let lab_only = values.get("visitType") == Some(VisitType::LabOnly.word());
    let doctor = match values.get("doctorId").and_then(|id| PersonId::parse(id).ok()) {
        Some(id) => people::by_id(desk.db(), &desk.tenant.id, &id).await?,
        None => None,
    };

    let mut registered = values.metadata(EventType::VisitRegistered, key);
    registered.insert("patientId".to_owned(), json!(patient));
    if values.get("visitType") != Some(VisitType::FollowUp.word()) {
        registered.remove("followUpOf");
    }
    if let Some(department) = doctor.as_ref().and_then(|doctor| doctor.department_id.as_ref())
        && let Some(known) = departments::by_id(desk.db(), &desk.tenant.id, department).await?
        && known.is_open()
    {
        registered.entry("departmentId").or_insert_with(|| json!(department));
    }
    let department = registered.get("departmentId").and_then(Value::as_str).and_then(|id| Id::parse(id).ok());
    let department = match department {
        Some(id) => departments::by_id(desk.db(), &desk.tenant.id, &id).await?,
        None => None,
    };
    let branch = desk.branch().or(department.as_ref().map(|department| &department.branch_id));
    let branch = branch.or(doctor.as_ref().and_then(|doctor| doctor.branch_id.as_ref())).cloned();
    let mut steps = vec![(EventType::VisitRegistered, registered)];

    if values.get("doctorId").is_some() {
        let mut assigned = values.metadata(EventType::VisitAssigned, key);
        if let Some(room) = doctor.and_then(|doctor| doctor.room_id)
            && let Some(known) = rooms::by_id(desk.db(), &desk.tenant.id, &room).await?
            && known.is_open()
        {
            assigned.entry("roomId").or_insert_with(|| json!(room));
        }
        steps.push((EventType::VisitAssigned, assigned));
    }
    if lab_only && values.all("pick").next().is_some() {
        let mut ordered = Map::new();
        desk.expand(EventType::TestsOrdered, values, key, &mut ordered).await?;
        steps.push((EventType::TestsOrdered, ordered));
    }
    if !lab_only && values.get("joinQueue").is_some() {
        let joined = Map::from_iter([("station".to_owned(), json!(Station::Consultation))]);
        steps.push((EventType::QueueJoined, joined));
    }
    let wish = |(event, metadata)| {
        let mut wish = Wish::new(Some(visit.clone()), event, Value::Object(metadata));
        wish.branch_id = branch.clone();
        wish
    };
    Ok(steps.into_iter().map(wish).collect())
}

/// The new patient as typed, tidied, or everything that is wrong with it.
pub(super) fn new_patient(values: &Values, today: NaiveDate) -> Result<NewPatient, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    let typed = |name| values.get(name).map(ToOwned::to_owned);
    let mut birth_date = None;
    match (values.get("birthDate"), values.get("age")) {
        (Some(day), _) => match day.parse() {
            Ok(day) => birth_date = Some(day),
            Err(_) => problems.push(FieldProblem::new("birthDate", "must be a day, as YYYY-MM-DD")),
        },
        (None, Some(age)) => match age.parse::<u8>() {
            Ok(age @ 0..=130) => birth_date = NaiveDate::from_ymd_opt(today.year() - i32::from(age), 1, 1),
            _ => problems.push(FieldProblem::new("age", "must be a whole number of years from 0 to 130")),
        },
        (None, None) => {}
    }
    let new = NewPatient {
        mrn: None,
        name: typed("name").unwrap_or_default(),
        sex: values.get("sex").and_then(Sex::from_word),
        birth_date,
        birth_date_estimated: values.get("birthDate").is_none() && values.get("age").is_some(),
        phone: typed("phone"),
        email: typed("email"),
    };
    match new.checked(today) {
        Ok(new) if problems.is_empty() => Ok(new),
        Ok(_) => Err(problems),
        Err(WriteError::Invalid(wrong)) => {
            problems.extend(wrong.into_iter().map(|wrong| FieldProblem::new(wrong.field, wrong.problem)));
            Err(problems)
        }
        Err(error) => Err(vec![FieldProblem::new("", error.to_string())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Result<NewPatient, Vec<String>> {
        let values = Values(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
        let today = NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day");
        new_patient(&values, today).map_err(|wrong| wrong.into_iter().map(|wrong| wrong.field).collect())
    }

    #[test]
    fn an_age_stands_for_the_first_day_of_its_year() {
        let asha = typed(&[("name", " Asha Rao "), ("age", "36"), ("sex", "FEMALE")]).expect("a patient");
        assert_eq!((asha.name.as_str(), asha.sex), ("Asha Rao", Some(Sex::Female)));
        assert_eq!(asha.birth_date.map(|day| day.to_string()).as_deref(), Some("1990-01-01"));
        let exact = typed(&[("name", "Asha Rao"), ("age", "36"), ("birthDate", "1989-12-02")]).expect("a patient");
        assert_eq!(exact.birth_date.map(|day| day.to_string()).as_deref(), Some("1989-12-02"));
    }

    #[test]
    fn everything_wrong_with_a_new_patient_is_told_at_once() {
        assert_eq!(typed(&[("age", "-1"), ("phone", "none")]), Err(vec!["age".into(), "name".into(), "phone".into()]));
        assert_eq!(typed(&[("name", "Asha"), ("birthDate", "2/3/90")]), Err(vec!["birthDate".into()]));
    }
}
