//! Hospitals and clocks for stories.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use sojourn::clock::Clock;
use sojourn::db::{Db, commit};
use sojourn::hospital::passphrase::{Hasher, Passphrase};
use sojourn::hospital::people::{self, NewPerson, Person};
use sojourn::hospital::tenants::{self, NewTenant, Tenant, TimeZone};
use sojourn::journey::words::Role;

/// The passphrase of everybody in a story.
pub const PASSPHRASE: &str = "violet ladder seven";

/// The moment at which stories begin.
pub fn dawn() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_330_400, 0).expect("a time")
}

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub struct StillClock(Arc<Mutex<DateTime<Utc>>>);

impl StillClock {
    /// A clock at dawn.
    pub fn at_dawn() -> Self {
        Self(Arc::new(Mutex::new(dawn())))
    }

    /// Moves it on.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().expect("the clock") += by;
    }

    /// The clock, to be handed in.
    pub fn clock(&self) -> Clock {
        let moment = self.0.clone();
        Clock::from_fn(move || *moment.lock().expect("the clock"))
    }
}

/// A hospital in India with one branch and nobody in it but the system.
pub async fn hospital(db: &Db, name: &str) -> Tenant {
    let time_zone = TimeZone::parse("Asia/Kolkata").expect("a zone");
    let new = NewTenant { name: name.to_owned(), currency: "INR".to_owned(), time_zone };
    let mut tx = db.begin().await.expect("a transaction");
    let tenant = tenants::found(&mut tx, new, dawn()).await.expect("the hospital is founded");
    commit(tx).await.expect("it is written");
    tenant
}

/// Somebody who signs in with a name and [`PASSPHRASE`].
pub async fn person(db: &Db, tenant: &Tenant, sign_in_name: &str, roles: &[Role]) -> Person {
    let passphrase = Passphrase::parse(PASSPHRASE, sign_in_name).expect("a good passphrase");
    let hash = Hasher::default().hash(passphrase).await.expect("a hash");
    let new = NewPerson {
        sign_in_name: sign_in_name.parse().ok(),
        passphrase_hash: Some(hash),
        ..NewPerson::named(sign_in_name, roles.iter().copied())
    };
    let mut tx = db.begin().await.expect("a transaction");
    let person = people::add(&mut tx, &tenant.id, new).await.expect("the person is added");
    commit(tx).await.expect("it is written");
    person
}
