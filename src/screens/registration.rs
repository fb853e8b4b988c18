//! The form that registers a visit, and the patient with it when they are new.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use leptos::prelude::*;
use tr::tr;

use super::attempt::Attempt;
use super::form::EventForm;
use super::icon::{Icon, icon};
use super::layout::initials;
use super::parts::{age_and_sex, day_and_time, query_text, status_tag};
use crate::hospital::departments::Department;
use crate::hospital::patients::Patient;
use crate::hospital::people::Person;
use crate::hospital::tariff::TariffEntry;
use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType;
use crate::journey::schema::Shape;
use crate::journey::words::{Priority, Sex, VisitType, Word};
use crate::language::say;
use crate::projections::follow_ups::FollowUpCard;
use crate::projections::visits::VisitCard;

/// The fields of the visit that the address may fill in beforehand.
pub const GIVEN: &[&str] =
    &["visitType", "priority", "departmentId", "doctorId", "reason", "rescheduledFrom", "followUpOf"];

/// A doctor who may be chosen.
pub struct DoctorChoice {
    /// Who.
    pub person: Person,
    /// How many patients wait for them.
    pub waiting: usize,
}

/// What the form shows.
pub struct Registration {
    /// The hospital.
    pub tenant: Tenant,
    /// The patient; none when they are new.
    pub patient: Option<Patient>,
    /// The patient's visit that is still open.
    pub latest: Option<VisitCard>,
    /// What the patient is awaited for.
    pub awaited: Vec<FollowUpCard>,
    /// Who may be the same as the new patient.
    pub duplicates: Vec<Patient>,
    /// The departments to choose from.
    pub departments: Vec<Department>,
    /// The doctors to choose from.
    pub doctors: Vec<DoctorChoice>,
    /// The tests that may be ordered on a lab-only visit.
    pub tests: Vec<TariffEntry>,
    /// What the address fills in beforehand.
    pub given: Vec<(&'static str, String)>,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows the form.
pub fn registration(registration: Registration) -> impl IntoView {
    let form = EventForm::new(EventType::VisitRegistered, None, None, registration.attempt.as_ref());
    let lead = match &registration.patient {
        Some(_) => tr!("A known patient, and the visit that begins now"),
        None => tr!("A new patient, and the visit that begins now"),
    };
    let patient = match &registration.patient {
        Some(patient) => known_patient(&registration, patient),
        None => new_patient(&registration, &form),
    };
    let origins = ["rescheduledFrom", "followUpOf"].map(|name| {
        let value = form.value(name).unwrap_or_else(|| registration.given(name));
        let is_offered = name == "followUpOf" && !registration.awaited.is_empty();
        (!value.is_empty() && !is_offered).then(|| view! { <input type="hidden" name=name value=value/> })
    });
    view! {
        <main class="page page-narrow stack" id="main">
            <div class="page-head">
                <div>
                    <h1>{tr!("Register a visit")}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
            </div>
            {registration.latest.as_ref().map(open_visit)}
            <form method="post" class="stack registration">
                {form.hidden()} <input type="hidden" name="_then" value="/reception"/> {origins} {patient}
                {visit_fields(&registration, &form)} {test_picks(&registration, &form)}
                <div class="form-foot">
                    <button class="button button-primary">{icon(Icon::ClipboardPlus)} {tr!("Register visit")}</button>
                    <a class="button button-quiet push" href="/reception">{tr!("Back to reception")}</a>
                </div>
            </form>
        </main>
    }
}

/// Warns that the patient's last visit is not over.
fn open_visit(card: &VisitCard) -> AnyView {
    let (patient, token) = (&card.patient_name, &card.visit.token);
    let words = tr!("{patient} has a visit that is still open: {token}", patient, token);
    view! {
        <div class="notice notice-warning notice-line" role="status">
            {icon(Icon::TriangleAlert)}
            <p>{words}</p>
            {status_tag(card.visit.status)}
            <a class="push" href=format!("/visits/{}", card.visit.visit_id)>{tr!("Open that visit")}</a>
        </div>
    }
    .into_any()
}

fn known_patient(registration: &Registration, patient: &Patient) -> AnyView {
    let today = registration.tenant.local_day(registration.now);
    view! {
        <section class="card patient-banner" aria-label=tr!("Patient")>
            <input type="hidden" name="patientId" value=patient.id.to_string()/>
            <span class="avatar avatar-large" aria-hidden="true">{initials(&patient.name)}</span>
            <div class="patient-main">
                <h2 class="patient-name"><a href=format!("/patients/{}", patient.id)>{patient.name.clone()}</a></h2>
                <ul class="patient-facts">
                    <li>{age_and_sex(patient.birth_date, patient.sex, today)}</li>
                    <li>"MRN " {patient.mrn.clone()}</li>
                    {patient.phone.clone().map(|phone| view! { <li>{phone}</li> })}
                </ul>
            </div>
        </section>
    }
    .into_any()
}

fn new_patient(registration: &Registration, form: &EventForm) -> AnyView {
    let text = |field: &'static str, label: String, max: usize, required: bool| {
        form.field(field, &label, !required, form.input(field, Shape::Text { max }, required, None, ""))
    };
    let sexes = Sex::ALL.iter().map(|sex| {
        let label = match sex {
            Sex::Female => tr!("Female"),
            Sex::Male => tr!("Male"),
            Sex::Other => tr!("Other"),
            Sex::Unknown => tr!("Not recorded"),
        };
        (sex.word(), label)
    });
    view! {
        <section class="card" aria-labelledby="new-patient">
            <h2 id="new-patient">{tr!("Patient")}</h2>
            <div class="fields">
                {text("name", tr!("Name"), 200, true)} {text("phone", tr!("Phone"), 20, false)}
                {form.field("birthDate", &tr!("Date of birth"), true, form.input("birthDate", Shape::Date, false, None, ""))}
                {form
                    .field(
                        "age",
                        &tr!("or age in years"),
                        true,
                        form.input("age", Shape::Whole { min: 0, max: 130 }, false, None, ""),
                    )}
                {text("email", tr!("Mail"), 254, false)}
                {choices(form, "sex", tr!("Sex"), sexes, Sex::Unknown.word())}
            </div>
            {(!registration.duplicates.is_empty()).then(|| duplicates(registration, form))}
        </section>
    }
    .into_any()
}

/// Those who may be the same person; one press takes what was typed of the visit over to them.
fn duplicates(registration: &Registration, form: &EventForm) -> AnyView {
    let typed: String = GIVEN
        .iter()
        .filter_map(|name| Some((name, form.value(name).filter(|value| !value.is_empty())?)))
        .map(|(name, value)| format!("&{name}={}", query_text(&value)))
        .collect();
    let tick = (form.id("registerAnyway"), form.chose("registerAnyway", "yes"));
    let register = |patient: &Patient| format!("/reception?register={}{typed}", patient.id);
    known_already(&registration.duplicates, registration.tenant.local_day(registration.now), register, tick)
}

/// Warns of those who may be the same person, each with where to go on; or else a box is to be ticked, of this id.
pub fn known_already(
    patients: &[Patient],
    today: NaiveDate,
    href: impl Fn(&Patient) -> String,
    (tick, ticked): (String, bool),
) -> AnyView {
    let rows = patients
        .iter()
        .map(|patient| {
            let mut details = vec![age_and_sex(patient.birth_date, patient.sex, today), format!("MRN {}", patient.mrn)];
            details.extend(patient.phone.clone());
            view! {
                <li class="row row-between">
                    <p>
                        <b>{patient.name.clone()}</b> <br/> <span class="small">{details.join(" · ")}</span>
                    </p>
                    <a class="button button-compact" href=href(patient)>
                        {icon(Icon::UserCheck)} {tr!("This is the same person")}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="notice notice-warning">
            <h3 class="notice-title">{icon(Icon::TriangleAlert)} {tr!("This patient may be known already")}</h3>
            <ul class="stack stack-tight">{rows}</ul>
            <label class="choice">
                <input type="checkbox" id=tick name="registerAnyway" value="yes" checked=ticked/>
                {tr!("Register anyway: this is another person")}
            </label>
        </div>
    }
    .into_any()
}

fn visit_fields(registration: &Registration, form: &EventForm) -> AnyView {
    let spoken = |(word, label): &(&'static str, &'static str)| (*word, say(label));
    let types = VisitType::CHOICES.iter().map(spoken);
    let priorities = Priority::CHOICES.iter().rev().map(spoken);
    let or_first = |name: &str, first: &'static str| match registration.given(name) {
        given if given.is_empty() => first.to_owned(),
        given => given,
    };
    let departments = registration
        .departments
        .iter()
        .map(|department| (department.id.to_string(), department.name.clone()))
        .collect();
    let doctors = registration.doctors.iter().map(|doctor| registration.doctor_choice(doctor)).collect();
    let joins = !form.was_refused() || form.chose("joinQueue", "yes");
    view! {
        <section class="card" aria-labelledby="new-visit">
            <h2 id="new-visit">{tr!("Visit")}</h2>
            <div class="fields">
                {choices(form, "visitType", tr!("Kind of visit"), types, &or_first("visitType", VisitType::Opd.word()))}
                {follow_ups(registration, form)}
                {choices(form, "priority", tr!("Priority"), priorities, &or_first("priority", Priority::Routine.word()))}
                {form
                    .field(
                        "doctorId",
                        &tr!("Doctor"),
                        true,
                        form.select("doctorId", doctors, false, None, &registration.given("doctorId")),
                    )}
                {form
                    .field(
                        "departmentId",
                        &tr!("Department"),
                        true,
                        form.select("departmentId", departments, false, None, &registration.given("departmentId")),
                    )}
                <div class="wide">
                    {form
                        .field(
                            "reason",
                            &tr!("Reason for the visit"),
                            true,
                            form.input("reason", Shape::Text { max: 500 }, false, None, &registration.given("reason")),
                        )}
                </div>
            </div>
            <label class="choice not-for-lab">
                <input type="checkbox" name="joinQueue" value="yes" checked=joins/>
                {tr!("Join the consultation queue now")}
            </label>
        </section>
    }
    .into_any()
}

/// What a follow-up visit follows up; the style sheet shows it when that kind of visit is chosen.
fn follow_ups(registration: &Registration, form: &EventForm) -> AnyView {
    let Some(first) = registration.awaited.first() else { return ().into_any() };
    let given = match registration.given("followUpOf") {
        none if none.is_empty() => first.follow_up.visit_id.to_string(),
        given => given,
    };
    let offered = registration
        .awaited
        .iter()
        .map(|card| {
            let due = tr!("due {time}", time = day_and_time(&registration.tenant, card.follow_up.due_at));
            let words = [Some(due), card.doctor_name.clone(), card.follow_up.note.clone()];
            (card.follow_up.visit_id.to_string(), words.into_iter().flatten().collect::<Vec<_>>().join(" · "))
        })
        .collect();
    let control = form.select("followUpOf", offered, false, None, &given);
    view! { <div class="wide only-for-follow-up">{form.field("followUpOf", &tr!("Follow-up of"), true, control)}</div> }
        .into_any()
}

/// The tests of a lab-only visit; the style sheet shows them when that kind of visit is chosen.
fn test_picks(registration: &Registration, form: &EventForm) -> AnyView {
    if registration.tests.is_empty() {
        return ().into_any();
    }
    let picks = registration
        .tests
        .iter()
        .map(|test| {
            view! {
                <label class="pick">
                    <input type="checkbox" name="pick" value=test.code.clone() checked=form.chose("pick", &test.code)/>
                    <span class="pick-main">
                        {test.name.clone()} {test.specimen.clone().map(|specimen| view! { <small>{specimen}</small> })}
                    </span>
                    <span class="pick-end">{registration.tenant.money(test.price)}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <section class="card only-for-lab" aria-labelledby="new-tests">
            <h2 id="new-tests">{tr!("Tests")}</h2>
            <fieldset class="pick-group" id=form.id("tests")>
                <legend>{tr!("What is to be done in the laboratory; it can be ordered later too")}</legend>
                <div class="pick-list">{picks}</div>
            </fieldset>
        </section>
    }
    .into_any()
}

/// Radio buttons for a closed vocabulary.
fn choices(
    form: &EventForm,
    field: &'static str,
    legend: String,
    choices: impl Iterator<Item = (&'static str, String)>,
    given: &str,
) -> AnyView {
    let chosen = form.value(field).unwrap_or_else(|| given.to_owned());
    let choices = choices
        .map(|(word, label)| {
            let checked = word == chosen;
            view! {
                <label class="choice"><input type="radio" name=field value=word checked=checked/> {label}</label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field wide" id=form.id(field)>
            <legend>{legend}</legend>
            <div class="choices choices-row">{choices}</div>
        </fieldset>
    }
    .into_any()
}

impl Registration {
    /// What the address fills in for a field.
    fn given(&self, name: &str) -> String {
        let given = self.given.iter().find(|(given, _)| *given == name);
        given.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// A doctor as a choice: name, department, how many wait.
    fn doctor_choice(&self, doctor: &DoctorChoice) -> (String, String) {
        let person = &doctor.person;
        let department =
            self.departments.iter().find(|department| Some(&department.id) == person.department_id.as_ref());
        let mut words = person.name.clone();
        if let Some(department) = department {
            words = format!("{words} · {}", department.name);
        }
        if doctor.waiting > 0 {
            words = tr!("{doctor} · {count} waiting", doctor = words, count = doctor.waiting);
        }
        (person.id.to_string(), words)
    }
}
