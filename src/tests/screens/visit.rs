//! Stories of the page of a visit: every step is logged from the forms that it shows.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::TimeDelta;
use sojourn::db::{Db, commit};
use sojourn::hospital::tariff::{self, Analyte, NewTariffEntry, TariffKind};
use sojourn::journey::events::EventType;
use sojourn::journey::ids::VisitId;
use sojourn::journey::money::Money;
use sojourn::journey::visit::Visit;
use sojourn::journey::words::{Flag, Role, Stage, Word};
use sojourn::projections::visits;
use sojourn::screens::parts::query_text;
use tower::ServiceExt;

use super::Browser;
use crate::support::house::House;
use crate::support::stories;

stories!(
    every_step_is_logged_from_the_page,
    what_is_refused_is_shown_with_what_was_typed,
    a_document_is_uploaded_and_downloaded,
    who_sees_a_visit,
);

/// What stands in a form: names and values, as a browser would send them.
type Fields = Vec<(String, String)>;

/// A visit, and everybody who works on it.
struct Ward {
    house: House,
    people: Vec<(Role, Browser)>,
    logged: BTreeSet<EventType>,
}

impl Ward {
    async fn open(db: Db, roles: &[Role]) -> Self {
        let house = House::open(&db, "City Hospital").await;
        let mut tx = db.begin().await.expect("a transaction");
        let haemoglobin =
            Analyte { analyte: "Haemoglobin".into(), unit: Some("g/dL".into()), low: Some(12.0), high: Some(17.0) };
        let colour = Analyte { analyte: "Colour".into(), unit: None, low: None, high: None };
        for (code, name, kind, analytes) in [
            ("CON", "Consultation", TariffKind::Consultation, vec![]),
            ("CBC", "Blood count", TariffKind::Test, vec![haemoglobin, colour]),
            ("ESR", "Sedimentation rate", TariffKind::Test, vec![]),
        ] {
            let new = NewTariffEntry {
                code: code.to_owned(),
                name: name.to_owned(),
                kind,
                price: Money(50_000),
                department_id: None,
                specimen: None,
                analytes,
                panels: Vec::new(),
            };
            tariff::add(&mut tx, &house.tenant.id, new).await.expect("an entry");
        }
        commit(tx).await.expect("it is written");
        let mut people = Vec::new();
        for role in roles {
            let name = role.word().to_lowercase();
            people.push((*role, Browser::sign_in(&house, &name, &[*role]).await));
        }
        Self { house, people, logged: BTreeSet::new() }
    }

    fn who(&self, role: Role) -> &Browser {
        &self.people.iter().find(|(held, _)| *held == role).expect("somebody of the role").1
    }

    async fn state(&self, visit: &VisitId) -> Visit {
        let loaded = self.house.recorder.load(&self.house.tenant.id, visit).await.expect("the log is read");
        loaded.expect("a visit").1
    }

    /// The form for an event on the page that somebody sees.
    async fn form(&self, role: Role, visit: &VisitId, event: EventType) -> Fields {
        let page = self.who(role).get(&format!("/visits/{visit}?do={}", event.word())).await;
        assert_eq!(page.status, StatusCode::OK);
        form(&page.text, event).unwrap_or_else(|| panic!("no form for {event} on the page of {role}"))
    }

    /// Has somebody fill in a form of the page and send it; answers with the event that was logged last.
    async fn log(&mut self, role: Role, visit: &VisitId, event: EventType, typed: &[(&str, &str)]) {
        // Nobody's session may end meanwhile.
        self.house.clock.advance(TimeDelta::seconds(10));
        let fields = filled(self.form(role, visit, event).await, typed);
        let answer = self.send(role, visit, &fields).await;
        let said = answer.text.split("notice-title").nth(1).unwrap_or_default();
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{event} by {role}: {}", &said[..said.len().min(600)]);
        if event != EventType::VisitRegistered {
            let last = self.house.stream(visit).await.pop().expect("an event").event;
            assert_eq!(last.event_type, event.word());
            assert_eq!(last.performed_by, self.who(role).person.id);
        }
        self.logged.insert(event);
    }

    async fn send(&self, role: Role, visit: &VisitId, fields: &Fields) -> super::Answer {
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let browser = self.who(role);
        browser.send(browser.form(&format!("/visits/{visit}"), &pairs)).await
    }

    /// The sentences of the journey as somebody reads them.
    async fn told_to(&self, role: Role, visit: &VisitId) -> Vec<String> {
        let page = self.who(role).get(&format!("/visits/{visit}")).await.text;
        let sentences = page.split("class=\"step-text\">").skip(1);
        sentences.filter_map(|rest| Some(rest.split_once("</p>")?.0.to_owned())).collect()
    }

    async fn upload(&self, visit: &VisitId, name: &str, content: &[u8]) -> super::Answer {
        let browser = self.who(Role::Receptionist);
        let fields = self.form(Role::Receptionist, visit, EventType::DocumentUploaded).await;
        let mut body = Vec::new();
        for (field, value) in fields.iter().filter(|(field, _)| field != "file") {
            body.extend(
                format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), content, b"\r\n--edge--\r\n"].concat());
        let request = Request::post(format!("/visits/{visit}"))
            .header(COOKIE, &browser.cookie)
            .header("Sec-Fetch-Site", "same-origin")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .body(Body::from(body));
        browser.send(request.expect("a request")).await
    }
}

/// Reads the form for an event out of a page: its fields as a browser would send them if nothing were typed.
fn form(page: &str, event: EventType) -> Option<Fields> {
    let mark = format!("name=\"_event\" value=\"{}\"", event.word());
    let form = page.split("<form").find(|form| form.contains(&mark))?;
    let form = &form[..form.find("</form>")?];
    let mut fields = Fields::new();
    for (at, _) in form.match_indices('<') {
        let tag = &form[at..at + form[at..].find('>')?];
        let rest = &form[at + tag.len() + 1..];
        let Some(name) = attribute(tag, "name") else { continue };
        let value = if tag.starts_with("<input") {
            let picked =
                !tag.contains("type=\"checkbox\"") && !tag.contains("type=\"radio\"") || tag.contains(" checked");
            picked.then(|| attribute(tag, "value").unwrap_or_default())
        } else if tag.starts_with("<select") {
            let options = &rest[..rest.find("</select>")?];
            let options: Vec<_> = options.split("<option").skip(1).collect();
            let chosen =
                options.iter().find(|option| option.split('>').next().is_some_and(|tag| tag.contains(" selected")));
            Some(attribute(chosen.or(options.first())?, "value").unwrap_or_default())
        } else if tag.starts_with("<textarea") {
            Some(rest[..rest.find("</textarea>")?].to_owned())
        } else {
            None
        };
        fields.extend(value.map(|value| (name, value)));
    }
    Some(fields)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split('"').next()?.replace("&amp;", "&"))
}

/// Types into a form; what is picked is added.
fn filled(mut fields: Fields, typed: &[(&str, &str)]) -> Fields {
    for (name, value) in typed {
        match fields.iter_mut().find(|(given, _)| given == name && *name != "pick") {
            Some((_, given)) => (*value).clone_into(given),
            None => {
                assert!(*name == "pick", "the form has no field {name}: {fields:?}");
                fields.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
    }
    fields
}

const STAFF: &[Role] = &[
    Role::Receptionist,
    Role::Nurse,
    Role::Doctor,
    Role::BillingClerk,
    Role::LabTechnician,
    Role::Pathologist,
    Role::Manager,
];

async fn every_step_is_logged_from_the_page(db: Db) {
    use EventType::*;
    use Role::*;
    let mut ward = Ward::open(db.clone(), STAFF).await;
    let visit = &ward.house.register().await;
    let doctor = ward.who(Doctor).person.id.to_string();
    for (_, browser) in ward.people.iter_mut().filter(|(role, _)| [Nurse, LabTechnician].contains(role)) {
        browser.cookie.push_str("; language=hi");
    }

    ward.log(Receptionist, visit, VisitAssigned, &[("doctorId", &doctor)]).await;
    ward.log(Receptionist, visit, QueueJoined, &[]).await;
    ward.log(Nurse, visit, VitalsRecorded, &[("pulse", "88"), ("temperatureC", "38,4")]).await;
    ward.log(BillingClerk, visit, ConsultationBilled, &[]).await;
    ward.log(BillingClerk, visit, PaymentPartial, &[("amount", "100"), ("method", "CASH")]).await;
    ward.log(BillingClerk, visit, PaymentReceived, &[("method", "UPI")]).await;
    assert_eq!(ward.state(visit).await.due(), Money::ZERO);
    ward.log(Doctor, visit, QueueCalled, &[]).await;
    assert_eq!(ward.state(visit).await.call.room_id, Some(ward.house.room.clone()));
    ward.log(Nurse, visit, QueueSkipped, &[]).await;
    ward.log(Doctor, visit, QueueCalled, &[]).await;
    ward.log(Nurse, visit, EnteredRoom, &[]).await;
    let line = [("items[0].drug", "Paracetamol"), ("items[0].dose", "500 mg"), ("items[0].frequency", "thrice a day")];
    ward.log(Doctor, visit, PrescriptionGiven, &[&line[..], &[("items[0].days", "3")]].concat()).await;
    ward.log(Doctor, visit, TestsOrdered, &[("pick", "CBC"), ("pick", "ESR")]).await;
    ward.log(Doctor, visit, ReferralGiven, &[("to", "Cardiology"), ("reason", "A murmur")]).await;
    ward.log(Doctor, visit, ExitedRoom, &[]).await;
    ward.log(Doctor, visit, ConsultationCompleted, &[("diagnosis", "Fever")]).await;

    ward.log(BillingClerk, visit, TestsBilled, &[]).await;
    ward.log(BillingClerk, visit, PaymentReceived, &[("method", "CARD")]).await;
    let tests = ward.state(visit).await.tests;
    let id_of = |code: &str| tests.iter().find(|(_, test)| test.code == code).expect("the test").0.clone();
    let (count, rate) = (id_of("CBC"), id_of("ESR"));
    let collected = [("testId", count.to_string()), ("sampleId", "S-1".to_owned())];
    let collected: Vec<_> = collected.iter().map(|(name, value)| (*name, value.as_str())).collect();
    ward.log(LabTechnician, visit, TestSampleCollected, &collected).await;
    ward.log(LabTechnician, visit, TestSampleRejected, &[("reason", "Clotted")]).await;
    ward.log(Nurse, visit, TestSampleCollected, &collected).await;
    ward.log(LabTechnician, visit, TestInProgress, &[]).await;
    ward.log(LabTechnician, visit, TestCompleted, &[("results[0].value", "9.1")]).await;
    let results = ward.state(visit).await.tests[&count].results.clone();
    assert_eq!((results.len(), results[0].flag), (1, Some(Flag::Low)));
    ward.log(Pathologist, visit, TestReviewed, &[("verdict", "ACCEPTED")]).await;
    ward.log(Pathologist, visit, TestApproved, &[]).await;
    ward.log(LabTechnician, visit, ReportGenerated, &[]).await;
    ward.log(Receptionist, visit, ReportDelivered, &[("deliveredTo", "the patient")]).await;
    ward.log(Doctor, visit, TestCancelled, &[("reason", "Not needed")]).await;
    assert_eq!(ward.state(visit).await.tests[&rate].stage, Stage::Cancelled);
    ward.log(Manager, visit, PaymentRefunded, &[("reason", "The test was cancelled")]).await;
    assert!(ward.state(visit).await.bills.values().all(|bill| bill.balance() == Money::ZERO));

    assert_eq!(ward.upload(visit, "letter.pdf", b"%PDF-1.7").await.status, StatusCode::SEE_OTHER);
    ward.logged.insert(DocumentUploaded);
    ward.log(Receptionist, visit, DocumentShared, &[("sharedWith", "Dr Rao"), ("channel", "e-mail")]).await;
    ward.log(Nurse, visit, FollowUpScheduled, &[("dueAt", "2027-01-04T10:30")]).await;
    let due = ward.state(visit).await.follow_ups.values().next().expect("a follow-up").due_at;
    assert_eq!(due.to_rfc3339(), "2027-01-04T05:00:00+00:00", "as the hospital's clock in India shows 10:30");
    ward.log(Receptionist, visit, FollowUpReminderSent, &[("channel", "SMS")]).await;
    ward.log(Receptionist, visit, VisitCompleted, &[("summary", "Better")]).await;

    let (english, hindi) = (ward.told_to(Doctor, visit).await, ward.told_to(Nurse, visit).await);
    let steps = ward.house.stream(visit).await.len();
    assert_eq!((english.len(), hindi.len()), (steps, steps));
    assert!(english.iter().all(|sentence| sentence.ends_with('.')), "the log's story is English: {english:#?}");
    assert!(hindi.iter().all(|sentence| sentence.ends_with('।')), "{hindi:#?}");

    let register = |ward: &Ward| (ward.house.db.clone(), ward.house.tenant.id.clone(), ward.house.patient.clone());
    ward.log(Receptionist, visit, VisitRegistered, &[("reason", "Again")]).await;
    let (db, tenant, patient) = register(&ward);
    let next = visits::of_patient(&db, &tenant, &patient).await.expect("the visits").remove(0).visit.visit_id;
    let metadata = ward.house.stream(&next).await.remove(0).event.metadata;
    assert_eq!(metadata["followUpOf"], visit.to_string());
    ward.log(Receptionist, &next, VisitRescheduled, &[("newDate", "2027-01-05")]).await;
    let other = ward.house.register().await;
    ward.log(Receptionist, &other, VisitCancelled, &[("reason", "By the patient")]).await;
    let other = ward.house.register().await;
    ward.log(Nurse, &other, VisitNoShow, &[]).await;

    assert_eq!(ward.logged, EventType::ALL.iter().copied().collect());
}

async fn what_is_refused_is_shown_with_what_was_typed(db: Db) {
    let mut ward = Ward::open(db, &[Role::Receptionist, Role::Nurse, Role::Doctor, Role::Auditor]).await;
    let visit = &ward.house.register().await;
    let stale = ward.form(Role::Receptionist, visit, EventType::VisitAssigned).await;
    ward.log(Role::Receptionist, visit, EventType::ConsultationBilled, &[]).await;
    let steps = ward.house.stream(visit).await.len();

    let form = ward.form(Role::Receptionist, visit, EventType::PaymentPartial).await;
    let form = filled(form, &[("amount", "900"), ("method", "CASH"), ("reference", "Counter 7")]);
    let answer = ward.send(Role::Receptionist, visit, &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("notice-refusal") && answer.text.contains("₹500"));
    let again = self::form(&answer.text, EventType::PaymentPartial).expect("the form is shown again");
    assert!(
        again.contains(&("amount".into(), "900".into())) && again.contains(&("reference".into(), "Counter 7".into()))
    );

    let doctor = ward.who(Role::Doctor).person.id.to_string();
    let answer = ward.send(Role::Receptionist, visit, &filled(stale, &[("doctorId", &doctor)])).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "the page was older than the visit");

    let nurse = ward.who(Role::Nurse);
    let fields = [("dueAt", "2020-01-01T10:00"), ("note", "Blood pressure")];
    let path = format!("/visits/{visit}");
    let answer = nurse.post(&path, EventType::FollowUpScheduled, visit, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("value=\"2020-01-01T10:00\"") && answer.text.contains("Blood pressure"));

    let answer = nurse.post(&path, EventType::VitalsRecorded, visit, &[("pulse", "many")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("There is a problem") && answer.text.contains("value=\"many\""));

    let auditor = ward.who(Role::Auditor);
    let answer = auditor.post(&path, EventType::VitalsRecorded, visit, &[("pulse", "80")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "who logs nothing is told so");
    assert!(self::form(&answer.text, EventType::VitalsRecorded).is_none());
    assert_eq!(ward.house.stream(visit).await.len(), steps, "nothing of it was logged");
}

async fn a_document_is_uploaded_and_downloaded(db: Db) {
    let ward = Ward::open(db, &[Role::Receptionist]).await;
    let visit = &ward.house.register().await;
    for (name, content, sentence) in [
        ("page.pdf", &b"<script>alert(1)</script>"[..], "is not a PDF, JPEG or PNG file"),
        ("empty.pdf", b"", "is empty"),
        ("large.png", &[b"\x89PNG\r\n\x1a\n".to_vec(), vec![0; 10_000_000]].concat(), "is larger than 10 MB"),
    ] {
        let answer = ward.upload(visit, name, content).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(answer.text.contains(sentence), "{name}");
    }
    assert!(ward.state(visit).await.documents.is_empty());

    let content = b"\x89PNG\r\n\x1a\nthe rest of a picture";
    assert_eq!(ward.upload(visit, "../knee \u{92}scan.png", content).await.status, StatusCode::SEE_OTHER);
    let (id, document) = ward.state(visit).await.documents.pop_first().expect("a document");
    assert_eq!((document.file_name.as_str(), document.media_type.as_str()), ("knee scan.png", "image/png"));
    assert_eq!(document.size_bytes, content.len() as i64);

    let path = format!("/visits/{visit}/documents/{id}");
    let (status, headers, bytes) = download(ward.who(Role::Receptionist), &path).await;
    assert_eq!((status, &bytes[..]), (StatusCode::OK, &content[..]));
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-disposition", "attachment; filename*=UTF-8''knee%20scan.png"),
        ("content-security-policy", "sandbox"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(headers[name], value);
    }
    let another = format!("/visits/{}/documents/{id}", ward.house.register().await);
    assert_eq!(ward.who(Role::Receptionist).get(&another).await.status, StatusCode::NOT_FOUND);
    let page = ward.who(Role::Receptionist).get(&format!("/visits/{visit}")).await;
    assert!(page.text.contains(&path));
}

async fn download(browser: &Browser, path: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
    let request = Request::get(path).header(COOKIE, &browser.cookie).body(Body::empty()).expect("a request");
    let response = browser.router.clone().oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 2_000_000).await.expect("a body");
    (parts.status, parts.headers, bytes.to_vec())
}

async fn who_sees_a_visit(db: Db) {
    let ward = Ward::open(db.clone(), &[Role::Auditor]).await;
    let visit = &ward.house.register().await;
    let path = format!("/visits/{visit}");
    let auditor = ward.who(Role::Auditor);
    let page = auditor.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("hashes verified") && page.text.contains("Asha Rao"));
    assert_eq!(auditor.get("/visits/01M7Y3186GYVJ1GAK1JD7S15F3").await.status, StatusCode::NOT_FOUND);
    assert_eq!(auditor.get("/visits/nothing").await.status, StatusCode::NOT_FOUND);

    let nobody = Browser { cookie: String::new(), router: auditor.router.clone(), person: auditor.person.clone() };
    let answer = nobody.get(&path).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.location.contains(&query_text(&path)), "{}", answer.location);

    let other = House::open(&db, "Lake Hospital").await;
    let stranger = Browser::sign_in(&other, "stranger", &[Role::Doctor, Role::Receptionist]).await;
    assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
    let answer = stranger.post(&path, EventType::VisitNoShow, visit, &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(ward.house.stream(visit).await.len(), 1);
}
