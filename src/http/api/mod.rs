//! The REST API, `/api/v1`: for programs, who call with a token.
//!
//! | file | holds |
//! |---|---|
//! | [`events`], [`queries`] | logging one event or a batch, reading one; asking for many |
//! | [`visits`] | a visit: its state, its log, its story, its times |
//! | [`patients`], [`consents`], [`reference`] | whom and what events name |
//! | [`subscriptions`] | who is handed each event, and what could not be handed over |
//! | [`workflow`], [`registry`] | the state machine, and every type of event, as data |
//! | [`access`] | who saw which patient's data |
//! | [`reading`] | what every call that answers with patient data goes through |
//! | [`document`] | the API's description |
//! | [`envelope`] | what is sent around an event's metadata |
//! | [`json`], [`headers`], [`parameters`] | what is read from a request, and what is refused of it |
//! | [`problem`] | every failure as `application/problem+json` |
//!
//! Who may read what is said in [`crate::hospital::reader`]; who may write by the table of events, and for patients in [`patients`].

mod access;
mod consents;
mod document;
mod envelope;
mod events;
mod headers;
mod json;
mod parameters;
mod patients;
mod problem;
mod queries;
mod reading;
mod reference;
mod registry;
mod subscriptions;
mod visits;
mod workflow;

use axum::{Router, routing};

pub use document::DOCUMENT;
pub use headers::{ON_BEHALF_OF, only};
pub use problem::{Problem, problems};

use self::document::Common;
use super::AppState;

/// Where the API is.
pub const ROOT: &str = "/api/v1";

/// Makes of one table the router and the description: no call is in one and not in the other.
macro_rules! calls {
    ($($method:ident $path:literal $module:ident::$handler:ident)*) => {
        /// Every call there is, below [`ROOT`].
        pub fn router() -> Router<AppState> {
            Router::new()$(.route($path, routing::$method($module::$handler)))*
        }

        /// The description of every call.
        #[derive(utoipa::OpenApi)]
        #[openapi(
            info(title = "Sojourn", description = "The log of every step of a hospital visit."),
            paths($($module::$handler),*),
            modifiers(&Common)
        )]
        pub struct Calls;

        #[cfg(test)]
        const CALLS: &[(&str, &str)] = &[$((stringify!($method), $path)),*];
    };
}

calls! {
    post "/events" events::log_one
    post "/events/batch" events::log_batch
    get "/events/type/{type}" queries::by_type
    get "/events/actor/{actorId}" queries::by_actor
    get "/events/entity/{entityType}/{entityId}" queries::by_entity
    get "/events/correlation/{id}" queries::by_correlation
    get "/events/tag/{tag}" queries::by_tag
    get "/events/range" queries::in_range
    get "/events/compliance" queries::compliance
    get "/events/stats" queries::statistics
    get "/events/{id}" events::one
    get "/visits/{id}" visits::one
    get "/visits/{id}/events" visits::events
    get "/visits/{id}/timeline" visits::timeline
    get "/visits/{id}/durations" visits::durations
    get "/patients" patients::search
    post "/patients" patients::register
    get "/patients/{id}" patients::one
    patch "/patients/{id}" patients::change
    get "/patients/{id}/consents" consents::list
    post "/patients/{id}/consents" consents::record
    get "/access" access::list
    get "/people" reference::people
    get "/rooms" reference::rooms
    get "/departments" reference::departments
    get "/tariff" reference::tariff
    get "/subscriptions" subscriptions::list
    post "/subscriptions" subscriptions::add
    get "/subscriptions/{id}" subscriptions::one
    patch "/subscriptions/{id}" subscriptions::change
    delete "/subscriptions/{id}" subscriptions::remove
    get "/subscriptions/{id}/dead-letters" subscriptions::dead_letters
    post "/subscriptions/{id}/dead-letters/{event}/resend" subscriptions::resend
    get "/workflow" workflow::workflow
    get "/workflow.mmd" workflow::diagram
    get "/registry" registry::list
    post "/registry" registry::add
    get "/openapi.json" workflow::openapi
}

/// Whether an address belongs to the API.
pub fn is_within(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use utoipa::OpenApi as _;

    use super::{CALLS, Calls};

    #[test]
    fn every_call_is_described_where_it_is() {
        let described = Calls::openapi().paths.paths;
        let mut found = Vec::new();
        for (path, item) in &described {
            found.extend(item.get.iter().map(|_| ("get", path.as_str())));
            found.extend(item.post.iter().map(|_| ("post", path.as_str())));
            found.extend(item.patch.iter().map(|_| ("patch", path.as_str())));
            found.extend(item.delete.iter().map(|_| ("delete", path.as_str())));
            assert!(item.put.is_none(), "{path}");
        }
        let mut expected = CALLS.to_vec();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected);
    }
}
