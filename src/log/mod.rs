//! The append-only log: the table `visit_events`, and what keeps it honest.
//!
//! | file | holds |
//! |---|---|
//! | [`event`](mod@event) | an event before and after it is stored |
//! | [`chain`] | the canonical form and the hashes that link each event to the one before |
//! | [`append`](mod@append) | the head of a tenant's log, and the one statement that writes events |
//! | [`read`] | one stream, one event, pages by type, performer, tag, time and more |
//! | [`occurrences`] | what happened, without what proves it: enough to fold lives, and read fast |
//! | [`changes`](mod@changes) | that something changed, and where; hints of it across processes |
//! | [`idempotency`] | a request sent twice is answered alike and logged once |
//! | [`steps`] | the steps of visits, read out of their events |
//! | [`timeline`](mod@timeline) | the story of a visit, told from its events |
//! | [`lift`] | old versions of events, read as those of today |
//! | [`refused`] | what was tried and refused |
//! | [`access`] | who saw which patient's data |
//! | [`stats`], [`tagged`] | how many events there are, and of what; those that bear some tags |
//! | [`subscriptions`] | who subscribes to the log, how far each was served, and the lease of who serves it |
//! | [`deliveries`] | what was delivered, what is held back, and what was given up |
//! | [`snapshots`] | the states of long stories, so that they need not be read from the beginning |
//! | [`verify`](mod@verify) | every link recomputed; the first broken position named |
//!
//! Invariants:
//! - Who writes holds the lock on the tenant's [`Head`] until commit, so positions are gapless and in commit order: a reader that
//!   has seen position n never misses one before it.
//! - No row of `visit_events` is ever changed or removed; triggers in the database see to it.
//! - `hash` covers the whole row but the body, and the body by its digest.
//!
//! A chain shows that history was changed, unless everything after the change was rewritten too, head and all. Against one who can
//! do that, keep the last hash that [`verify()`] reports somewhere else.

pub mod access;
pub mod append;
pub mod chain;
pub mod changes;
pub mod deliveries;
pub mod event;
pub mod idempotency;
pub mod lift;
pub mod occurrences;
pub mod read;
pub mod refused;
pub mod snapshots;
pub mod stats;
pub mod steps;
pub mod subscriptions;
pub mod tagged;
pub mod timeline;
pub mod verify;

pub use access::{Access, AccessLog};
pub use append::{COUNT, Head, append, batch, begin_locked, end, lock_head, position, positions, save_head, write};
pub use chain::{Bytes, Digest, Salt};
pub use changes::{Change, Hints, changes};
pub use event::{NewEvent, Occurrence, StoredEvent, to_milliseconds};
pub use idempotency::{Remembered, Request, recall, remember};
pub use occurrences::{happened, life, since};
pub use read::{
    Filter, by_positions, event, events, latest, opening, own_page, page, stream, tenants, versions, visits_since,
    with_documents,
};
pub use refused::RefusedAttempt;
pub use steps::{Unreadable, VISIT, step, step_of};
pub use verify::{Broken, Fault, Unverified, Verified, intact, verify, verify_all};
