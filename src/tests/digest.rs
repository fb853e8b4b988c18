//! Stories of the daily digest: when it is sent, and to whom.

use chrono::{NaiveDate, TimeDelta};
use sojourn::analytics::Kept;
use sojourn::db::{Db, commit};
use sojourn::digest;
use sojourn::hospital::digests::{self, MailAddress};
use sojourn::hospital::people;
use sojourn::journey::words::Role;
use sojourn::mail::Mailer;
use sojourn::projections::following;
use sojourn::projections::measures::VisitMeasures;

use crate::support::house::House;
use crate::support::mail::MailServer;
use crate::support::stories;

stories! {
    managers_who_ask_are_told_each_morning,
    who_was_not_reached_is_told_later,
}

const MANAGER: &str = "manager@hospital.example";

/// A hospital with a visit of today, at half past seven, whose manager asks for the digest.
async fn asked(db: &Db) -> House {
    let house = House::open(db, "City Hospital").await;
    ask(&house, Role::Manager, MANAGER).await;
    house.register().await;
    house.followed().await;
    house
}

async fn ask(house: &House, role: Role, mail: &str) {
    let (mail, person) = (MailAddress::parse(mail), &house.who(role).id);
    let mut tx = house.db.begin().await.expect("a transaction");
    digests::ask(&mut tx, &house.tenant.id, person, mail.as_ref(), house.now()).await.expect("it is noted");
    commit(tx).await.expect("it is written");
}

fn by_mail(server: &MailServer) -> Mailer {
    Mailer::open(&server.url, "City Hospital <office@city.example>").expect("a server")
}

async fn round(house: &House, mailer: &Mailer) -> usize {
    digest::round(&house.db, &house.clock.clock(), &Kept::default(), mailer).await.expect("a round")
}

/// The last day that the manager was told of.
async fn told(house: &House) -> Option<NaiveDate> {
    let readers = digests::list(&house.db, &house.tenant.id).await.expect("the readers");
    readers.into_iter().find(|reader| reader.mail.as_str() == MANAGER).expect("the manager").told
}

async fn managers_who_ask_are_told_each_morning(db: Db) {
    let house = asked(&db).await;
    let (tenant, today) = (&house.tenant.id, house.tenant.local_day(house.now()));
    ask(&house, Role::Nurse, "nurse@hospital.example").await;
    let server = MailServer::open("").await;
    let mailer = by_mail(&server);
    house.clock.advance(TimeDelta::hours(22) + TimeDelta::minutes(29));
    assert_eq!(round(&house, &mailer).await, 0, "it is a minute before six");
    house.clock.advance(TimeDelta::minutes(1));
    following::pause(&db, tenant, &VisitMeasures, house.now()).await.expect("it stops");
    assert_eq!(round(&house, &mailer).await, 0, "yesterday may not be whole");
    assert_eq!(told(&house).await, None);
    following::resume(&db, tenant, &VisitMeasures, house.now()).await.expect("it goes on");
    assert_eq!(round(&house, &mailer).await, 1, "the manager, and nobody who is none");
    assert_eq!(told(&house).await, Some(today));
    assert_eq!(round(&house, &mailer).await, 0, "once a day");
    let sent = server.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].from.as_str(), sent[0].to.as_str()), ("office@city.example", MANAGER));
    assert!(sent[0].text.contains("Subject: City Hospital: where patients waited on 1 March"), "{}", sent[0].text);
    assert!(sent[0].text.contains("Visits registered: fewer than 5"), "{}", sent[0].text);

    house.clock.advance(TimeDelta::days(1));
    assert_eq!(round(&house, &mailer).await, 1, "each day");
    let mut tx = db.begin().await.expect("a transaction");
    people::set_active(&mut tx, tenant, &house.who(Role::Manager).id, false).await.expect("a farewell");
    commit(tx).await.expect("it is written");
    house.clock.advance(TimeDelta::days(1));
    assert_eq!(round(&house, &mailer).await, 0, "nobody who has left");
    assert_eq!(server.sent().len(), 2);
}

async fn who_was_not_reached_is_told_later(db: Db) {
    let house = asked(&db).await;
    house.clock.advance(TimeDelta::days(1));
    let (refusing, willing) = (MailServer::open(MANAGER).await, MailServer::open("").await);
    assert_eq!(round(&house, &by_mail(&refusing)).await, 0);
    assert_eq!(told(&house).await, None, "as if nobody had tried");
    assert_eq!(round(&house, &by_mail(&willing)).await, 1);
    assert_eq!((refusing.sent().len(), willing.sent().len()), (0, 1));
}
