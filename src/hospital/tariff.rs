//! The tariff: what the hospital offers, and for how much.

use serde::{Deserialize, Serialize};

use super::{Problem, WriteError, departments, finds, line, or_taken};
use crate::db::{Db, Source, Tx, new_id, text_columns, word_text};
use crate::from;
use crate::journey::decimal;
use crate::journey::ids::{DepartmentId, Id, TariffId, TenantId};
use crate::journey::money::Money;
use crate::journey::words::{Word, words};
use crate::on;
use crate::schemas::shaped;

words! {
    /// What an entry of the tariff is.
    TariffKind {
        Consultation "CONSULTATION" "Consultation",
        Test "TEST" "Test",
    }
}

text_columns!(word_text, Word::from_word: TariffKind);
shaped!(TariffKind);

/// One value that a test measures, with its reference range for adults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Analyte {
    /// What is measured.
    pub analyte: String,
    /// The unit it is measured in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The lowest value in range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The highest value in range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

impl Analyte {
    /// The most that one test measures.
    pub const MOST: usize = 100;

    /// Reads what was typed of it; each problem is one of a field.
    pub fn read(analyte: &str, unit: &str, low: &str, high: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut checked = |line: Result<String, Problem>| line.map_err(|problem| problems.push(problem)).ok();
        let analyte = checked(line("analyte", analyte, 100)).unwrap_or_default();
        let unit = if unit.trim().is_empty() { None } else { checked(line("unit", unit, 50)) };
        let mut bound = |field, text: &str| match text.trim() {
            "" => None,
            text => {
                let number = decimal::read(&text.replace(',', ".")).filter(|number| number.abs() <= 1e9);
                if number.is_none() {
                    let problem = "must be a number from -1000000000 to 1000000000".to_owned();
                    problems.push(Problem { field, problem });
                }
                number
            }
        };
        let (low, high) = (bound("low", low), bound("high", high));
        if low.zip(high).is_some_and(|(low, high)| low >= high) {
            problems.push(Problem { field: "high", problem: "must be above the lowest in range".to_owned() });
        }
        if problems.is_empty() { Ok(Self { analyte, unit, low, high }) } else { Err(problems) }
    }
}

/// A consultation or a test that the hospital offers.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TariffEntry {
    /// Its id.
    pub id: TariffId,
    /// Its code, unique in the hospital.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: TariffKind,
    /// What it costs, in minor units.
    pub price: Money,
    /// The department that offers it, when one does.
    pub department_id: Option<DepartmentId>,
    /// What a test is made from.
    pub specimen: Option<String>,
    /// What a test measures.
    #[sqlx(json)]
    pub analytes: Vec<Analyte>,
    /// The panels that a test is ordered with, by name.
    #[sqlx(json)]
    pub panels: Vec<String>,
    /// Whether it is still offered.
    pub active: bool,
}

impl TariffEntry {
    /// Whether it is ordered with a panel.
    pub fn is_of_panel(&self, name: &str) -> bool {
        self.panels.iter().any(|panel| is_same_panel(panel, name))
    }
}

/// Whether two names are of one panel, however they were written.
pub fn is_same_panel(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// What is needed to add an entry.
#[derive(Clone, Debug)]
pub struct NewTariffEntry {
    /// Its code, unique in the hospital.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: TariffKind,
    /// What it costs, in minor units.
    pub price: Money,
    /// The department that offers it, when one does.
    pub department_id: Option<DepartmentId>,
    /// What a test is made from.
    pub specimen: Option<String>,
    /// What a test measures.
    pub analytes: Vec<Analyte>,
    /// The panels that a test is ordered with, by name.
    pub panels: Vec<String>,
}

/// What of an entry may be told anew: all of it at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TariffDetails {
    /// What it is called.
    pub name: String,
    /// What it costs, in minor units.
    pub price: Money,
    /// The department that offers it, when one does.
    pub department_id: Option<DepartmentId>,
    /// What a test is made from.
    pub specimen: Option<String>,
    /// The panels that a test is ordered with, by name.
    pub panels: Vec<String>,
}

impl TariffEntry {
    /// What of it may be told anew, as it is.
    pub fn details(&self) -> TariffDetails {
        let Self { name, price, department_id, specimen, panels, .. } = self.clone();
        TariffDetails { name, price, department_id, specimen, panels }
    }
}

/// What a tenant offers now, consultations first, by name.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<TariffEntry>> {
    const SQL: &str = "SELECT id, code, name, kind, price, department_id, specimen, analytes, panels, active FROM tariff WHERE tenant_id = $1 AND active ORDER BY kind, name";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// All that a tenant offers or offered, consultations first, by name.
pub async fn all(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<TariffEntry>> {
    const SQL: &str = "SELECT id, code, name, kind, price, department_id, specimen, analytes, panels, active FROM tariff WHERE tenant_id = $1 ORDER BY kind, name";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// What a tenant offers of one kind now, by name.
pub async fn of_kind(db: &Db, tenant: &TenantId, kind: TariffKind) -> sqlx::Result<Vec<TariffEntry>> {
    const SQL: &str = "SELECT id, code, name, kind, price, department_id, specimen, analytes, panels, active FROM tariff WHERE tenant_id = $1 AND kind = $2 AND active ORDER BY name";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).bind(kind).fetch_all(pool).await)
}

/// One entry, offered or not.
pub async fn by_id(
    source: impl Into<Source<'_>>,
    tenant: &TenantId,
    id: &TariffId,
) -> sqlx::Result<Option<TariffEntry>> {
    const SQL: &str = "SELECT id, code, name, kind, price, department_id, specimen, analytes, panels, active FROM tariff WHERE tenant_id = $1 AND id = $2";
    from!(source, executor => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(executor).await)
}

/// The entry of a code, offered or not: where a test's reference ranges are found.
pub async fn by_code(db: &Db, tenant: &TenantId, code: &str) -> sqlx::Result<Option<TariffEntry>> {
    const SQL: &str = "SELECT id, code, name, kind, price, department_id, specimen, analytes, panels, active FROM tariff WHERE tenant_id = $1 AND code = $2";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).bind(code).fetch_optional(pool).await)
}

/// Tells an entry's details anew, and gives the entry as it was and as it is.
pub async fn change(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &TariffId,
    details: TariffDetails,
) -> Result<(TariffEntry, TariffEntry), WriteError> {
    const SQL: &str = "UPDATE tariff SET name = $3, price = $4, department_id = $5, specimen = $6, panels = $7 WHERE tenant_id = $1 AND id = $2";
    let before = by_id(&mut *tx, tenant, id).await?.ok_or(WriteError::UnknownReference("tariffId"))?;
    let mut problems = Vec::new();
    let TariffDetails { name, price, department_id, specimen, panels } = tidied(details, &mut problems);
    if !problems.is_empty() {
        return Err(WriteError::Invalid(problems));
    }
    department_exists(tx, tenant, department_id.as_ref()).await?;
    let after = TariffEntry { name, price, department_id, specimen, panels, ..before.clone() };
    on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(&after.name).bind(after.price).bind(&after.department_id)
            .bind(&after.specimen).bind(sqlx::types::Json(&after.panels)).execute(&mut **connection).await.map(drop)
    })?;
    Ok((before, after))
}

/// Changes what a test measures.
pub async fn set_analytes(tx: &mut Tx, tenant: &TenantId, id: &TariffId, analytes: &[Analyte]) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE tariff SET analytes = $3 WHERE tenant_id = $1 AND id = $2";
    on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(sqlx::types::Json(analytes)).execute(&mut **connection).await.map(drop)
    })
}

/// Offers something again, or no more.
pub async fn set_active(tx: &mut Tx, tenant: &TenantId, id: &TariffId, active: bool) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE tariff SET active = $3 WHERE tenant_id = $1 AND id = $2";
    on!(tx, connection => sqlx::query(SQL).bind(tenant).bind(id).bind(active).execute(&mut **connection).await.map(drop))
}

/// Says why a price cannot be one.
fn unfit(price: Money) -> Option<Problem> {
    let fits = (Money::ZERO..=Money::MAX).contains(&price);
    (!fits).then(|| Problem { field: "price", problem: "must not be negative or beyond all measure".to_owned() })
}

/// The details, tidied; what is wrong with them joins the problems.
fn tidied(details: TariffDetails, problems: &mut Vec<Problem>) -> TariffDetails {
    let mut checked = |line: Result<String, Problem>| line.map_err(|problem| problems.push(problem)).ok();
    let name = checked(line("name", &details.name, 200)).unwrap_or_default();
    let specimen = details.specimen.and_then(|specimen| checked(line("specimen", &specimen, 100)));
    let mut panels: Vec<String> = Vec::new();
    for panel in details.panels.iter().filter(|panel| !panel.trim().is_empty()) {
        let panel = checked(line("panels", panel, 60)).filter(|panel| !panels.contains(panel));
        panels.extend(panel);
    }
    problems.extend(unfit(details.price));
    TariffDetails { name, specimen, panels, price: details.price, department_id: details.department_id }
}

/// Refuses an entry of a department that is not there.
async fn department_exists(
    tx: &mut Tx,
    tenant: &TenantId,
    department: Option<&DepartmentId>,
) -> Result<(), WriteError> {
    if let Some(department) = department
        && !departments::exists(tx, tenant, department).await?
    {
        return Err(WriteError::UnknownReference("departmentId"));
    }
    Ok(())
}

/// Whether the tenant has this entry.
pub async fn exists(tx: &mut Tx, tenant: &TenantId, id: &TariffId) -> sqlx::Result<bool> {
    finds(tx, "SELECT CAST(1 AS BIGINT) FROM tariff WHERE tenant_id = $1 AND id = $2", tenant, id.as_str()).await
}

/// Adds an entry.
pub async fn add(tx: &mut Tx, tenant: &TenantId, new: NewTariffEntry) -> Result<TariffEntry, WriteError> {
    const SQL: &str = "INSERT INTO tariff (tenant_id, id, code, name, kind, price, department_id, specimen, analytes, panels, active) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, TRUE)";
    let NewTariffEntry { code, name, kind, price, department_id, specimen, analytes, panels } = new;
    let mut problems = Vec::new();
    let code = line("code", &code, 32).map_err(|problem| problems.push(problem)).unwrap_or_default();
    let details = TariffDetails { name, price, department_id, specimen, panels };
    let TariffDetails { name, price, department_id, specimen, panels } = tidied(details, &mut problems);
    if !problems.is_empty() {
        return Err(WriteError::Invalid(problems));
    }
    department_exists(tx, tenant, department_id.as_ref()).await?;
    let (id, active) = (new_id(), true);
    let entry = TariffEntry { id, code, name, kind, price, department_id, specimen, analytes, panels, active };
    let written = on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(&entry.id).bind(&entry.code).bind(&entry.name).bind(entry.kind).bind(entry.price)
            .bind(&entry.department_id).bind(&entry.specimen).bind(sqlx::types::Json(&entry.analytes))
            .bind(sqlx::types::Json(&entry.panels)).execute(&mut **connection).await.map(drop)
    });
    or_taken(written, ("tariff", "code"), "code", &entry.code)?;
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_is_one_however_it_was_written() {
        assert!(is_same_panel("Fever", "fever") && is_same_panel("ज्वर", "ज्वर") && !is_same_panel("Fever", "Fevers"));
    }
}
