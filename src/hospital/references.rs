//! What an event may name: whether it exists in this hospital, and what people call it.

use crate::db::Tx;
use crate::journey::ids::TenantId;
use crate::on;

/// The name of something in this hospital; none when it does not exist here.
///
/// `thing` is the word by which the schema of metadata says what an id names.
pub async fn name(tx: &mut Tx, tenant: &TenantId, thing: &str, id: &str) -> sqlx::Result<Option<String>> {
    let sql = match thing {
        "patient" => "SELECT name FROM patients WHERE tenant_id = $1 AND id = $2",
        "person" => "SELECT name FROM people WHERE tenant_id = $1 AND id = $2",
        "room" => "SELECT name FROM rooms WHERE tenant_id = $1 AND id = $2",
        "department" => "SELECT name FROM departments WHERE tenant_id = $1 AND id = $2",
        "branch" => "SELECT name FROM branches WHERE tenant_id = $1 AND id = $2",
        "visit" => "SELECT token FROM visits WHERE tenant_id = $1 AND visit_id = $2",
        // Bills, tests, documents and follow-ups are the visit's own; the journey knows them.
        _ => return Ok(Some(String::new())),
    };
    on!(tx, connection => sqlx::query_scalar(sql).bind(tenant).bind(id).fetch_optional(&mut **connection).await)
}
