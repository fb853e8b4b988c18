//! The bills as billing shows them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Change, new_and_changed};
use crate::db::Db;
use crate::db::rows::{Batch, Rows, insert_rows, update_rows};
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::visit::{BillItem, Payment, Visit};
use crate::journey::words::BillKind;
use crate::on;

/// A bill.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
pub struct BillRow {
    /// Of which visit.
    pub visit_id: VisitId,
    /// Which bill.
    pub bill_id: BillId,
    /// What it is for.
    pub kind: BillKind,
    /// Its lines that still stand.
    #[sqlx(json)]
    pub items: Vec<BillItem>,
    /// What is taken off the sum.
    pub discount: Money,
    /// What is to be paid in all.
    pub amount: Money,
    /// What was paid.
    pub paid: Money,
    /// What was given back.
    pub refunded: Money,
    /// What is still to be paid; below zero, it is owed to the patient.
    pub balance: Money,
    /// The payments, in order.
    #[sqlx(json)]
    pub payments: Vec<Payment>,
    /// When it was made.
    pub billed_at: DateTime<Utc>,
    /// When nothing was due for the first time.
    pub settled_at: Option<DateTime<Utc>>,
}

fn rows(visit_id: &VisitId, visit: &Visit) -> impl Iterator<Item = BillRow> {
    visit.bills.iter().map(move |(bill_id, bill)| BillRow {
        visit_id: visit_id.clone(),
        bill_id: bill_id.clone(),
        kind: bill.kind,
        items: bill.items.clone(),
        discount: bill.discount,
        amount: bill.amount,
        paid: bill.paid,
        refunded: bill.refunded,
        balance: bill.balance(),
        payments: bill.payments.clone(),
        billed_at: bill.billed_at,
        settled_at: bill.settled_at,
    })
}

const MADE: Rows = insert_rows!("bills":
    text "visit_id", text "bill_id", text "kind", json "items", number "discount", number "amount", number "paid",
    number "refunded", number "balance", json "payments", time "billed_at", time "settled_at"; "");
const CHANGED: Rows = update_rows!("bills" by "visit_id", "bill_id":
    json "items", number "amount", number "paid", number "refunded", number "balance", json "payments", time "settled_at");

/// The bills that were made, and those that changed.
pub(super) fn changed(visits: &BTreeMap<VisitId, Change>) -> [sqlx::Result<Batch>; 2] {
    let [new, changed] = new_and_changed(visits, rows, |bill| &bill.bill_id);
    [MADE.batch(new), CHANGED.batch(changed)]
}

const OF_VISIT: &str = "SELECT * FROM bills WHERE tenant_id = $1 AND visit_id = $2 ORDER BY billed_at, bill_id";

/// The bills of a visit, the oldest first.
pub async fn of_visit(db: &Db, tenant: &TenantId, visit: &VisitId) -> sqlx::Result<Vec<BillRow>> {
    on!(&db.read, pool => sqlx::query_as(OF_VISIT).bind(tenant).bind(visit).fetch_all(pool).await)
}
