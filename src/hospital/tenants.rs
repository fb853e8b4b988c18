//! Tenants: hospitals or chains, walled off from each other.

use std::ops::Range;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::people::{self, NewPerson};
use super::{WriteError, branches, line};
use crate::db::{Db, Source, Tx, new_id, text_columns};
use crate::from;
use crate::journey::ids::TenantId;
use crate::journey::money::Money;
use crate::journey::policy::Policy;
use crate::journey::wording::{currency_sign, money};
use crate::journey::words::{ActorType, Role};
use crate::on;

/// A time zone by its name in the IANA database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(pub Tz);

impl TimeZone {
    /// The zone of a name such as Asia/Kolkata.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    fn text(&self) -> String {
        self.0.name().to_owned()
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.text()
    }
}

impl TryFrom<String> for TimeZone {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        Self::parse(&name)
            .ok_or_else(|| format!("{name:?} is not the name of a time zone; write one such as Asia/Kolkata"))
    }
}

impl std::str::FromStr for TimeZone {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        name.to_owned().try_into()
    }
}

text_columns!(TimeZone::text, TimeZone::parse: TimeZone);

/// A hospital or chain.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// The ISO 4217 code of the money it takes.
    pub currency: String,
    /// Where its clocks stand.
    pub time_zone: TimeZone,
    /// Its own rules for visits.
    #[sqlx(json)]
    pub policy: Policy,
}

impl Tenant {
    /// An amount in the hospital's currency.
    pub fn money(&self, amount: Money) -> String {
        money(amount, &self.currency)
    }

    /// The sign of the hospital's currency.
    pub fn currency_sign(&self) -> &str {
        currency_sign(&self.currency)
    }

    /// A moment as the hospital's clocks show it.
    pub fn local(&self, moment: DateTime<Utc>) -> DateTime<Tz> {
        moment.with_timezone(&self.time_zone.0)
    }

    /// The moment at which the hospital's clocks show a time; the earlier one where they show it twice.
    pub fn moment(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        self.time_zone.0.from_local_datetime(&local).earliest().map(|moment| moment.to_utc())
    }

    /// The hospital's calendar day at a moment.
    pub fn local_day(&self, moment: DateTime<Utc>) -> NaiveDate {
        self.local(moment).date_naive()
    }

    /// From a calendar day's first moment to the next day's.
    pub fn day_bounds(&self, day: NaiveDate) -> Range<DateTime<Utc>> {
        self.day_start(day)..self.day_start(day.checked_add_days(Days::new(1)).unwrap_or(day))
    }

    /// The first moment of a day; where clocks jump over midnight, the first that they show.
    fn day_start(&self, day: NaiveDate) -> DateTime<Utc> {
        (0..24)
            .filter_map(|hour| day.and_hms_opt(hour, 0, 0))
            .find_map(|time| self.moment(time))
            .unwrap_or_else(|| day.and_time(chrono::NaiveTime::MIN).and_utc())
    }
}

/// What is needed to found a hospital.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// What it is called.
    pub name: String,
    /// The ISO 4217 code of the money it takes.
    pub currency: String,
    /// Where its clocks stand.
    pub time_zone: TimeZone,
}

/// All tenants, by name; for whoever runs the installation.
pub async fn list(db: &Db) -> sqlx::Result<Vec<Tenant>> {
    const SQL: &str = "SELECT id, name, currency, time_zone, policy FROM tenants ORDER BY name, id";
    on!(&db.read, pool => sqlx::query_as(SQL).fetch_all(pool).await)
}

/// One tenant.
pub async fn by_id(source: impl Into<Source<'_>>, id: &TenantId) -> sqlx::Result<Option<Tenant>> {
    const SQL: &str = "SELECT id, name, currency, time_zone, policy FROM tenants WHERE id = $1";
    from!(source, executor => sqlx::query_as(SQL).bind(id).fetch_optional(executor).await)
}

/// Sets a hospital's own rules for visits; they count for what is logged from now on.
pub async fn set_policy(tx: &mut Tx, id: &TenantId, policy: &Policy) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE tenants SET policy = $2 WHERE id = $1";
    on!(tx, connection => {
        sqlx::query(SQL).bind(id).bind(sqlx::types::Json(policy)).execute(&mut **connection).await.map(drop)
    })
}

/// Founds a hospital: its tenant, its first branch, and the system itself as one who acts in it.
pub async fn found(tx: &mut Tx, new: NewTenant, now: DateTime<Utc>) -> Result<Tenant, WriteError> {
    let tenant = add(tx, new_id(), new, now).await?;
    branches::add(tx, &tenant.id, &tenant.name, "MAIN").await?;
    Ok(tenant)
}

/// Adds a tenant by an id, and the system itself as one who acts in it.
pub(super) async fn add(tx: &mut Tx, id: TenantId, new: NewTenant, now: DateTime<Utc>) -> Result<Tenant, WriteError> {
    const SQL: &str =
        "INSERT INTO tenants (id, name, currency, time_zone, policy, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let mut problems = Vec::new();
    let name = line("name", &new.name, 200).map_err(|problem| problems.push(problem)).unwrap_or_default();
    if !(new.currency.len() == 3 && new.currency.bytes().all(|byte| byte.is_ascii_uppercase())) {
        problems.push(super::Problem {
            field: "currency",
            problem: "must be an ISO 4217 code of three capital letters, such as INR".to_owned(),
        });
    }
    if !problems.is_empty() {
        return Err(WriteError::Invalid(problems));
    }
    let tenant = Tenant { id, name, currency: new.currency, time_zone: new.time_zone, policy: Policy::default() };
    on!(tx, connection => {
        sqlx::query(SQL).bind(&tenant.id).bind(&tenant.name).bind(&tenant.currency).bind(tenant.time_zone)
            .bind(sqlx::types::Json(&tenant.policy)).bind(now).execute(&mut **connection).await.map(drop)
    })?;
    let system = NewPerson { actor_type: ActorType::System, ..NewPerson::named("Sojourn", [Role::System]) };
    people::add(tx, &tenant.id, system).await?;
    Ok(tenant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hospital_in(zone: &str) -> Tenant {
        Tenant {
            id: new_id(),
            name: "Hospital".to_owned(),
            currency: "INR".to_owned(),
            time_zone: TimeZone::parse(zone).expect("a zone"),
            policy: Policy::default(),
        }
    }

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn the_day_is_the_hospitals_own() {
        let hospital = hospital_in("Asia/Kolkata");
        assert_eq!(hospital.local_day(moment("2026-03-01T18:29:59Z")).to_string(), "2026-03-01");
        assert_eq!(hospital.local_day(moment("2026-03-01T18:30:00Z")).to_string(), "2026-03-02");
    }

    #[test]
    fn a_day_lasts_from_midnight_to_midnight_even_when_clocks_jump() {
        let bounds = |zone: &str, day: &str| {
            let bounds = hospital_in(zone).day_bounds(day.parse().expect("a day"));
            (bounds.start, bounds.end)
        };
        assert_eq!(
            bounds("Asia/Kolkata", "2026-03-01"),
            (moment("2026-02-28T18:30:00Z"), moment("2026-03-01T18:30:00Z"))
        );
        assert_eq!(
            bounds("Europe/Berlin", "2026-03-29"),
            (moment("2026-03-28T23:00:00Z"), moment("2026-03-29T22:00:00Z"))
        );
        // Beirut has no midnight on the day its clocks go forward.
        assert_eq!(bounds("Asia/Beirut", "2026-03-29").0, moment("2026-03-28T22:00:00Z"));
    }
}
