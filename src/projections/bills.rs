//! The bills as billing shows them.

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use super::Change;
use crate::db::{Db, Tx};
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::visit::{BillItem, Payment, Visit};
use crate::journey::words::BillKind;
use crate::on;

/// A bill.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
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

const SAVE: &str = "INSERT INTO bills \
    (tenant_id, visit_id, bill_id, kind, items, discount, amount, paid, refunded, balance, payments, billed_at, settled_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
    ON CONFLICT (tenant_id, visit_id, bill_id) DO UPDATE SET items = excluded.items, amount = excluded.amount, \
    paid = excluded.paid, refunded = excluded.refunded, balance = excluded.balance, payments = excluded.payments, \
    settled_at = excluded.settled_at";

pub(super) async fn apply(tx: &mut Tx, change: &Change<'_>) -> sqlx::Result<()> {
    let before: Vec<_> = change.before.into_iter().flat_map(|visit| rows(change.visit_id, visit)).collect();
    for row in rows(change.visit_id, change.after).filter(|row| !before.contains(row)) {
        on!(&mut *tx, connection => sqlx::query(SAVE)
            .bind(&change.tenant.id)
            .bind(&row.visit_id)
            .bind(&row.bill_id)
            .bind(row.kind)
            .bind(Json(&row.items))
            .bind(row.discount)
            .bind(row.amount)
            .bind(row.paid)
            .bind(row.refunded)
            .bind(row.balance)
            .bind(Json(&row.payments))
            .bind(row.billed_at)
            .bind(row.settled_at)
            .execute(&mut **connection)
            .await
            .map(drop))?;
    }
    Ok(())
}

const OF_VISIT: &str = "SELECT * FROM bills WHERE tenant_id = $1 AND visit_id = $2 ORDER BY billed_at, bill_id";

/// The bills of a visit, the oldest first.
pub async fn of_visit(db: &Db, tenant: &TenantId, visit: &VisitId) -> sqlx::Result<Vec<BillRow>> {
    on!(&db.read, pool => sqlx::query_as(OF_VISIT).bind(tenant).bind(visit).fetch_all(pool).await)
}
