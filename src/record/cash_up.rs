//! Cash-up: what somebody took and gave back in a shift, added up from the events themselves, and the shift's closing.
//!
//! A shift goes from one closing to the next by places in the log, so that nothing is counted twice and nothing is left out.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{RecordError, Recorder};
use crate::db::commit;
use crate::hospital::tenants::Tenant;
use crate::hospital::{Problem, WriteError};
use crate::journey::decide::Actor;
use crate::journey::events::{Event, EventType};
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::words::{Method, Word};
use crate::log::{self, Filter, StoredEvent};

/// The aggregate that closings happen to: one for each person.
const CASH_UP: &str = "cash_up";
/// How many events are read at once.
const PAGE: u32 = 1000;

/// How far back somebody's first shift reaches, who has closed none: also a night's is whole.
const FIRST_SHIFT: TimeDelta = TimeDelta::hours(36);

/// One payment, or one refund.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The event that tells of it.
    pub event: EventId,
    /// Its place in the log.
    pub position: i64,
    /// On which visit.
    pub visit: VisitId,
    /// Its place in the visit's story.
    pub version: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Of which bill.
    pub bill: BillId,
    /// How much.
    pub amount: Money,
    /// How it was paid; what is given back goes the way it came.
    pub method: Method,
    /// Whether it was given back.
    pub refund: bool,
}

/// What came in and went out one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// Which way.
    pub method: Method,
    /// What was taken.
    pub taken: Money,
    /// How often.
    pub payments: usize,
    /// What was given back.
    pub refunded: Money,
    /// How often.
    pub refunds: usize,
}

impl Figure {
    /// What is left of it.
    pub fn left(&self) -> Money {
        self.taken - self.refunded
    }
}

/// What somebody took and gave back between two closings.
#[derive(Clone, Debug)]
pub struct Shift {
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// The last event that counts.
    pub last_position: i64,
    /// Each payment and refund, the oldest first.
    pub transactions: Vec<Transaction>,
    /// How it was closed; none while it is open.
    pub closing: Option<Closing>,
}

/// How a shift was closed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Closing {
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// The last event of the shift before.
    pub after_position: i64,
    /// The last event that counts.
    pub last_position: i64,
    /// The cash that should have been there.
    pub expected_cash: Money,
    /// The cash that was.
    pub counted_cash: Money,
    /// What was said about it.
    #[serde(default)]
    pub note: Option<String>,
}

impl Shift {
    /// What came in and went out, way by way; ways that were not used are left out.
    pub fn figures(&self) -> Vec<Figure> {
        let of = |method: Method| {
            let sum = |refund: bool| {
                let some = self.transactions.iter().filter(move |one| one.method == method && one.refund == refund);
                (some.clone().map(|one| one.amount).sum(), some.count())
            };
            let ((taken, payments), (refunded, refunds)) = (sum(false), sum(true));
            Figure { method, taken, payments, refunded, refunds }
        };
        Method::ALL.iter().copied().map(of).filter(|figure| figure.payments + figure.refunds > 0).collect()
    }

    /// The cash that should be there.
    pub fn expected_cash(&self) -> Money {
        self.figures().iter().find(|figure| figure.method == Method::Cash).map_or(Money::ZERO, Figure::left)
    }
}

impl Recorder {
    /// How somebody's shifts were closed, the oldest first.
    pub async fn closings(&self, tenant: &Tenant, person: &PersonId) -> Result<Vec<Closing>, RecordError> {
        let stored = log::stream(&self.db.of(&tenant.id), &tenant.id, CASH_UP, person.as_str()).await?;
        Ok(stored.iter().filter_map(closing).collect())
    }

    /// Somebody's shift that is open: since the last closing, or else since the first they took within a night and a day.
    pub async fn open_shift(&self, tenant: &Tenant, person: &PersonId) -> Result<Shift, RecordError> {
        let now = self.clock.now();
        let last = self.closings(tenant, person).await?.pop();
        let after = last.as_ref().map_or(0, |closing| closing.last_position);
        let filter = match &last {
            Some(_) => Filter::Performer(person.clone()),
            // What was just done may bear a time a little ahead of ours.
            None => Filter::Performed { from: now - FIRST_SHIFT, before: now + TimeDelta::minutes(5) },
        };
        let transactions = self.transactions(tenant, person, &filter, after, None).await?;
        let first = transactions.iter().map(|one| one.at).min();
        let from = last.map(|closing| closing.until).or(first);
        let from = from.unwrap_or_else(|| tenant.day_bounds(tenant.local_day(now)).start);
        let last_position = transactions.iter().map(|one| one.position).max().unwrap_or(after);
        Ok(Shift { from, until: now, last_position, transactions, closing: None })
    }

    /// A shift as it was closed.
    pub async fn closed_shift(
        &self,
        tenant: &Tenant,
        person: &PersonId,
        closing: Closing,
    ) -> Result<Shift, RecordError> {
        let (after, last) = (closing.after_position, closing.last_position);
        let filter = Filter::Performer(person.clone());
        let mut transactions = self.transactions(tenant, person, &filter, after, Some(last)).await?;
        transactions.retain(|one| after > 0 || one.at >= closing.from);
        let (from, until) = (closing.from, closing.until);
        Ok(Shift { from, until, last_position: last, transactions, closing: Some(closing) })
    }

    /// Closes a shift as it was looked at, with the cash that was counted; one that was closed meanwhile is refused.
    pub async fn close_shift(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        person: &PersonId,
        shift: &Shift,
        counted: Money,
        note: Option<&str>,
    ) -> Result<(), WriteError> {
        let mut tx = self.begin(tenant).await?;
        let stored = log::stream(&mut tx, &tenant.id, CASH_UP, person.as_str()).await?;
        let last = stored.iter().filter_map(closing).next_back();
        let is_nothing = shift.last_position == 0;
        if is_nothing
            || last.as_ref().is_some_and(|last| last.until > shift.from || last.last_position >= shift.last_position)
        {
            let problem = "was closed meanwhile, or nothing happened since; look at it again".to_owned();
            return Err(WriteError::Invalid(vec![Problem { field: "shift", problem }]));
        }
        let expected = shift.expected_cash();
        let metadata = json!({
            "from": shift.from,
            "until": shift.until,
            "afterPosition": last.map_or(0, |last| last.last_position),
            "lastPosition": shift.last_position,
            "figures": shift.figures(),
            "expectedCash": expected,
            "countedCash": counted,
            "difference": counted - expected,
            "note": note,
        });
        self.note(&mut tx, tenant, actor, person.as_str(), "cash_up.closed", metadata).await?;
        Ok(commit(tx).await?)
    }

    async fn transactions(
        &self,
        tenant: &Tenant,
        person: &PersonId,
        filter: &Filter,
        after: i64,
        last: Option<i64>,
    ) -> Result<Vec<Transaction>, RecordError> {
        let db = self.db.of(&tenant.id);
        let (mut found, mut after) = (Vec::new(), Some(after).filter(|after| *after > 0));
        loop {
            let page = log::own_page(&db, &tenant.id, person, filter, after, PAGE).await?;
            let goes_on = page.len() == PAGE as usize;
            after = page.last().map(|stored| stored.position).or(after);
            for stored in &page {
                if last.is_none_or(|last| stored.position <= last) {
                    found.extend(self.transaction(tenant, stored).await?);
                }
            }
            if !goes_on || last.is_some_and(|last| after.is_some_and(|after| after >= last)) {
                return Ok(found);
            }
        }
    }

    async fn transaction(&self, tenant: &Tenant, stored: &StoredEvent) -> Result<Option<Transaction>, RecordError> {
        let event = &stored.event;
        let refund = match EventType::from_word(&event.event_type) {
            Some(EventType::PaymentReceived | EventType::PaymentPartial) => false,
            Some(EventType::PaymentRefunded) => true,
            _ => return Ok(None),
        };
        let metadata = event.today();
        let said = |name: &str| metadata.get(name).and_then(Value::as_str);
        let (Some(visit), Some(bill)) =
            (event.visit_id.clone(), said("billId").and_then(|bill| BillId::parse(bill).ok()))
        else {
            return Ok(None);
        };
        let method = match refund {
            true => self.paid_by(tenant, &visit, &bill, event.version).await?,
            false => said("method").and_then(Method::from_word).unwrap_or(Method::Other),
        };
        let amount = Money(metadata.get("amount").and_then(Value::as_i64).unwrap_or_default());
        Ok(Some(Transaction {
            event: event.id.clone(),
            position: stored.position,
            visit,
            version: event.version,
            at: event.performed_at,
            bill,
            amount,
            method,
            refund,
        }))
    }

    /// How a bill was paid before a step of the visit: in cash, if any of it was; otherwise as it was paid last.
    ///
    /// What is paid later counts for nothing, so that a closed shift stays as it was.
    async fn paid_by(
        &self,
        tenant: &Tenant,
        visit: &VisitId,
        bill: &BillId,
        before: i64,
    ) -> Result<Method, RecordError> {
        let steps = self.load(&tenant.id, visit).await?.map(|(steps, _)| steps).unwrap_or_default();
        let earlier = steps.iter().zip(1..).take_while(|(_, version)| *version < before);
        let methods: Vec<_> = earlier
            .filter_map(|(step, _)| match &step.event {
                Event::PaymentReceived(payment) if payment.bill_id == *bill => Some(payment.method),
                Event::PaymentPartial(payment) if payment.bill_id == *bill => Some(payment.method),
                _ => None,
            })
            .collect();
        let cash = methods.contains(&Method::Cash).then_some(Method::Cash);
        Ok(cash.or(methods.last().copied()).unwrap_or(Method::Other))
    }
}

fn closing(stored: &StoredEvent) -> Option<Closing> {
    Closing::deserialize(&*stored.event.today()).ok()
}
