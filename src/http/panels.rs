//! Panels: tests that are ordered together, ticked by one tap. Nothing is logged by that.

use super::desk::{Desk, Failure};
use super::form::Values;
use crate::hospital::tariff::{self, TariffKind};

/// An order with a panel's tests ticked too; what was ticked before stays. None unless a panel was tapped.
pub async fn ticked(desk: &Desk, typed: &Values) -> Result<Option<Values>, Failure> {
    let Some(panel) = typed.get("_panel") else { return Ok(None) };
    let tests = tariff::of_kind(desk.db(), &desk.tenant.id, TariffKind::Test).await?;
    let mut order = typed.clone();
    order.0.retain(|(name, _)| name != "_panel");
    let together = tests.into_iter().filter(|test| test.is_of_panel(panel));
    order.0.extend(together.map(|test| ("pick".to_owned(), test.code)));
    Ok(Some(order))
}
