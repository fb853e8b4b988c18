//! Stories of follow-ups: reminded of, called about, come for.

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::delivery::webhook::{SIGNATURE, Webhook};
use sojourn::hospital::patients::PatientChanges;
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::{FollowUpId, VisitId};
use sojourn::journey::words::{ActorType, Role};
use sojourn::mail::Mailer;
use sojourn::projections::follow_ups::{self, Adherence, FollowUpCard, FollowUps};
use sojourn::projections::following;
use sojourn::record::Wish;
use sojourn::reminders::{Reminders, Settings};

use crate::support::house::House;
use crate::support::mail::MailServer;
use crate::support::receiver::Receiver;
use crate::support::stories;

stories!(
    a_follow_up_is_reminded_of_by_mail,
    who_is_not_reached_is_to_be_called,
    a_text_message_goes_by_the_webhook,
    two_servers_send_one_reminder,
    nobody_is_reminded_from_rows_that_are_not_level,
    a_later_visit_answers_a_follow_up,
);

/// A hospital whose patient was seen, and is to come again tomorrow morning.
async fn planned(db: &Db, contact: PatientChanges) -> (House, VisitId, DateTime<Utc>) {
    let house = House::open(db, "City Hospital").await;
    let actor = house.who(Role::Receptionist);
    house.recorder.update_patient(&house.tenant, actor, &house.patient, contact).await.expect("a change");
    let visit = house.register().await;
    let doctor = house.who(Role::Doctor).id.clone();
    house.log(Role::Receptionist, &visit, QueueJoined, json!({ "doctorId": doctor })).await;
    house.log(Role::Doctor, &visit, QueueCalled, json!({ "roomId": house.room })).await;
    house.log(Role::Doctor, &visit, EnteredRoom, json!({ "roomId": house.room })).await;
    house.log(Role::Doctor, &visit, ExitedRoom, json!({})).await;
    let due = house.now() + TimeDelta::hours(20);
    let id: FollowUpId = new_id();
    let plan = json!({ "followUpId": id, "dueAt": due, "doctorId": doctor, "note": "Biopsy result" });
    house.log(Role::Doctor, &visit, FollowUpScheduled, plan).await;
    house.followed().await;
    (house, visit, due)
}

fn reminders(house: &House, mail: Option<Mailer>, messages: Option<Webhook>) -> Reminders {
    let settings = Settings { mail, messages, ahead: TimeDelta::hours(24) };
    Reminders::new(house.db.clone(), house.clock.clock(), house.recorder.clone(), settings)
}

fn by_mail(server: &MailServer) -> Option<Mailer> {
    Some(Mailer::open(&server.url, "City Hospital <reception@city.example>").expect("a server"))
}

fn mail_to(address: &str) -> PatientChanges {
    PatientChanges { email: Some(address.to_owned()), ..PatientChanges::default() }
}

async fn card(house: &House, visit: &VisitId) -> FollowUpCard {
    follow_ups::of_visit(&house.db, &house.tenant.id, visit).await.expect("a read").remove(0)
}

async fn a_follow_up_is_reminded_of_by_mail(db: Db) {
    let (house, visit, _) = planned(&db, mail_to("asha@home.example")).await;
    let server = MailServer::open("nobody@home.example").await;
    let reminders = reminders(&house, by_mail(&server), None);
    assert_eq!(reminders.turn().await.expect("a turn"), 1);
    house.followed().await;
    assert_eq!(reminders.turn().await.expect("a turn"), 0, "once is enough");
    let sent = server.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].from.as_str(), sent[0].to.as_str()), ("reception@city.example", "asha@home.example"));
    assert!(sent[0].text.contains("Subject: Your follow-up at City Hospital"), "{}", sent[0].text);
    assert!(sent[0].text.contains("Asha Rao") && !sent[0].text.contains("Biopsy"), "nothing of why");
    let logged = house.stream(&visit).await.pop().expect("an event").event;
    assert_eq!((logged.event_type.as_str(), logged.actor_type), ("FOLLOWUP_REMINDER_SENT", ActorType::System));
    assert_eq!(logged.metadata["channel"], "e-mail");
    let card = card(&house, &visit).await;
    assert_eq!((card.follow_up.reminders, card.follow_up.reminded_at), (1, Some(logged.performed_at)));
}

async fn who_is_not_reached_is_to_be_called(db: Db) {
    let (house, visit, due) = planned(&db, mail_to("nobody@home.example")).await;
    let server = MailServer::open("nobody@home.example").await;
    let reminders = reminders(&house, by_mail(&server), None);
    for _ in 0..7 {
        assert_eq!(reminders.turn().await.expect("a turn"), 0);
        house.clock.advance(TimeDelta::minutes(15));
    }
    let card = card(&house, &visit).await;
    assert_eq!((card.attempts, card.follow_up.reminders), (Some(5), 0), "it is given up");
    assert!(card.problem.is_some_and(|problem| problem.contains("no such mailbox")));
    assert_eq!(house.stream(&visit).await.len(), 6);
    let awaited = follow_ups::awaited(&db, &house.tenant.id, house.now(), due + TimeDelta::hours(1), None).await;
    assert_eq!(awaited.expect("a list").len(), 1);
}

async fn a_text_message_goes_by_the_webhook(db: Db) {
    let phone = PatientChanges { phone: Some("+91 98450 12345".to_owned()), ..PatientChanges::default() };
    let (house, visit, _) = planned(&db, phone).await;
    let receiver = Receiver::open().await;
    let webhook = Webhook::new(&receiver.url(), "hush".to_owned(), false).expect("a webhook");
    let reminders = reminders(&house, None, Some(webhook));
    receiver.answers(|_| StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reminders.turn().await.expect("a turn"), 0);
    receiver.answers(|_| StatusCode::ACCEPTED);
    assert_eq!(reminders.turn().await.expect("a turn"), 0, "not so soon");
    house.clock.advance(TimeDelta::minutes(11));
    assert_eq!(reminders.turn().await.expect("a turn"), 1);
    let call = receiver.taken().remove(0);
    assert_eq!(call.event["to"], "+91 98450 12345");
    assert!(call.event["text"].as_str().is_some_and(|text| text.contains("City Hospital")));
    assert!(call.headers[SIGNATURE].to_str().expect("text").starts_with("v1="));
    assert_eq!(house.stream(&visit).await.pop().expect("an event").event.metadata["channel"], "SMS");
}

async fn two_servers_send_one_reminder(db: Db) {
    let (house, visit, _) = planned(&db, mail_to("asha@home.example")).await;
    let server = MailServer::open("").await;
    let (one, other) = (reminders(&house, by_mail(&server), None), reminders(&house, by_mail(&server), None));
    let (one, other) = tokio::join!(one.turn(), other.turn());
    assert_eq!(one.expect("a turn") + other.expect("a turn"), 1);
    assert_eq!(server.sent().len(), 1);
    assert_eq!(house.stream(&visit).await.len(), 7);
}

async fn nobody_is_reminded_from_rows_that_are_not_level(db: Db) {
    let (house, visit, _) = planned(&db, mail_to("asha@home.example")).await;
    let server = MailServer::open("").await;
    let reminders = reminders(&house, by_mail(&server), None);
    following::pause(&db, &house.tenant.id, &FollowUps, house.now()).await.expect("it stops");
    assert_eq!(reminders.turn().await.expect("a turn"), 0);
    following::resume(&db, &house.tenant.id, &FollowUps, house.now()).await.expect("it goes on");
    assert_eq!(reminders.turn().await.expect("a turn"), 1);
    assert_eq!(house.stream(&visit).await.len(), 7);
}

async fn a_later_visit_answers_a_follow_up(db: Db) {
    let (house, visit, due) = planned(&db, PatientChanges::default()).await;
    assert_eq!(reminders(&house, None, None).turn().await.expect("a turn"), 0, "nothing is set");
    let called = json!({ "followUpId": card(&house, &visit).await.follow_up.follow_up_id, "channel": "phone" });
    house.log(Role::Receptionist, &visit, FollowUpReminderSent, called).await;
    house.clock.advance(TimeDelta::hours(21));
    let next: VisitId = new_id();
    let metadata = json!({ "patientId": house.patient, "visitType": "FOLLOW_UP", "followUpOf": visit });
    let wish = Wish::new(Some(next.clone()), VisitRegistered, metadata);
    house.record(Role::Receptionist, vec![wish]).await.expect("a visit");
    let counted = || follow_ups::adherence(&db, &house.tenant.id, due - TimeDelta::days(1), due + TimeDelta::days(1));
    assert_eq!(counted().await.expect("a count"), Adherence { due: 1, came: 0 });
    house.followed().await;
    assert_eq!(counted().await.expect("a count"), Adherence { due: 1, came: 1 });
    let card = card(&house, &visit).await;
    assert_eq!((card.follow_up.answered_by, card.follow_up.reminders), (Some(next.clone()), 1));
    let (from, before) = (due - TimeDelta::days(1), due + TimeDelta::days(1));
    let awaited = || follow_ups::awaited(&db, &house.tenant.id, from, before, None);
    assert_eq!(awaited().await.expect("a list"), []);

    // Registered, and gone before anybody was seen: still awaited.
    house.log(Role::Receptionist, &next, VisitNoShow, json!({})).await;
    house.followed().await;
    assert_eq!(counted().await.expect("a count"), Adherence { due: 1, came: 0 });
    assert_eq!(awaited().await.expect("a list").len(), 1);
}
