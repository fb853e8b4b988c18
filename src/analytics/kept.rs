//! The days in memory: a day is read once, and from then on only what happened since.
//!
//! Who has their days in memory never waits for those who read others: days are read a week at a time, by one after another, and no
//! lock on what is kept is held meanwhile. When the rows were made anew, by whomever, what is kept starts anew too.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use futures::stream::{self, StreamExt as _};

use super::daybook::Daybook;
use super::facts::{Period, Shared};
use crate::db::Db;
use crate::hospital::tenants::{self, Tenant};
use crate::journey::ids::TenantId;
use crate::projections::checkpoint;
use crate::projections::following::Projection as _;
use crate::projections::measures::{self, VisitMeasures};

/// How many visits are kept of a tenant: some months of a large hospital.
const MOST: usize = 500_000;
/// How many days are looked at, and as many before them, by who looks at the longest usual period.
const MONTH: u64 = 28;
/// How many days are read before they are kept.
const WEEK: usize = 7;
/// How many of them are read at once.
const AHEAD: usize = 2;

/// How much of the log is followed visit by visit: a few days of a large hospital.
const FOLLOWED: i64 = 100_000;

/// The visits of each day, by tenant; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<HashMap<TenantId, Arc<Slot>>>>);

/// What is kept of a tenant, and whose turn it is to read what is not.
#[derive(Debug, Default)]
struct Slot {
    days: tokio::sync::Mutex<Days>,
    reading: tokio::sync::Mutex<Shared>,
}

/// Up to where rows were taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    /// How often the rows had been made anew.
    generation: i32,
    /// What happened up to here is in them.
    position: i64,
}

/// The days.
#[derive(Debug, Default)]
struct Days {
    mark: Mark,
    days: BTreeMap<NaiveDate, Day>,
    /// How often days were asked for.
    asked: u64,
    shared: Shared,
}

/// A day.
#[derive(Debug)]
struct Day {
    /// Its visits.
    book: Arc<Daybook>,
    /// When it was last asked for.
    asked: u64,
}

impl Kept {
    /// Reads what managers look at first, so that none of them waits for it after a start; of so many tenants as have no more visits
    /// together than may be kept of one.
    pub async fn warm(&self, db: &Db, now: DateTime<Utc>) -> sqlx::Result<()> {
        let mut read = 0;
        for tenant in tenants::list(db).await? {
            let month = Period::ending(tenant.local_day(now), MONTH);
            let days = self.days(db, &tenant, &[month, month.before()]).await?;
            read += days.iter().map(|day| day.len()).sum::<usize>();
            if read > MOST {
                break;
            }
        }
        Ok(())
    }

    /// The visits of some periods as they are now, day by day.
    pub async fn days(&self, db: &Db, tenant: &Tenant, periods: &[Period]) -> sqlx::Result<Vec<Arc<Daybook>>> {
        let slot =
            Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(tenant.id.clone()).or_default());
        loop {
            {
                let mut kept = slot.days.lock().await;
                kept.follow(db, tenant).await?;
                if kept.missing(periods).is_none() {
                    return Ok(kept.give(periods, MOST));
                }
            }
            let mut shared = slot.reading.lock().await;
            // Whose turn it was before may have read them.
            let (missing, mark) = {
                let mut kept = slot.days.lock().await;
                kept.follow(db, tenant).await?;
                (kept.missing(periods), kept.mark)
            };
            if let Some(missing) = missing {
                let read = read(db, tenant, missing, &mut shared).await?;
                slot.days.lock().await.put(read, mark);
            }
        }
    }
}

/// Reads days, the next one while one is taken in.
async fn read(
    db: &Db,
    tenant: &Tenant,
    days: Period,
    shared: &mut Shared,
) -> sqlx::Result<BTreeMap<NaiveDate, Daybook>> {
    let rows = |day| {
        let (db, tenant) = (db.clone(), tenant.id.clone());
        async move { (day, tokio::spawn(async move { measures::of_day(&db, &tenant, day).await }).await) }
    };
    let mut rows = stream::iter(days.each().map(rows)).buffered(AHEAD);
    let mut read = BTreeMap::new();
    while let Some((day, rows)) = rows.next().await {
        let rows = rows.map_err(|_| sqlx::Error::WorkerCrashed)??;
        read.insert(day, Daybook::of(tenant, rows, shared));
    }
    Ok(read)
}

impl Days {
    /// Takes in what happened since; starts anew when the rows were made anew.
    async fn follow(&mut self, db: &Db, tenant: &Tenant) -> sqlx::Result<()> {
        let checkpoint = checkpoint::get(db, &tenant.id, VisitMeasures.name()).await?;
        let there = checkpoint.map_or(Mark::default(), |checkpoint| Mark {
            generation: checkpoint.generation,
            position: checkpoint.position,
        });
        // Days are read again sooner than all that happened to others in a long time.
        if there.generation != self.mark.generation || there.position - self.mark.position > FOLLOWED {
            *self = Self::default();
        }
        if !self.days.is_empty() && there.position > self.mark.position {
            for row in measures::since(db, &tenant.id, self.mark.position).await? {
                let Some(day) = self.days.get_mut(&row.day) else { continue };
                Arc::make_mut(&mut day.book).read(tenant, row, &mut self.shared);
            }
        }
        // Rows that came in while they were read are read again the next time.
        self.mark = there;
        Ok(())
    }

    /// The first days of some periods that are not kept, a week at most.
    fn missing(&self, periods: &[Period]) -> Option<Period> {
        let is_missing = |day: &NaiveDate| !self.days.contains_key(day);
        periods.iter().find_map(|period| {
            let from = period.each().find(is_missing)?;
            let to = Period { from, ..*period }.each().take(WEEK).take_while(is_missing).last()?;
            Some(Period { from, to })
        })
    }

    /// Keeps days that were read after a moment; what happened to them since is taken in next.
    fn put(&mut self, read: BTreeMap<NaiveDate, Daybook>, since: Mark) {
        if self.mark.generation != since.generation {
            return;
        }
        self.mark.position = self.mark.position.min(since.position);
        let asked = self.asked;
        self.days.extend(read.into_iter().map(|(day, book)| (day, Day { book: Arc::new(book), asked })));
    }

    /// The visits of some periods; of the others, those least lately asked for go where more than so many are kept.
    fn give(&mut self, periods: &[Period], most: usize) -> Vec<Arc<Daybook>> {
        self.asked += 1;
        let asked = self.days.iter_mut().filter(|(day, _)| periods.iter().any(|period| period.contains(**day)));
        let given = asked.map(|(_, day)| {
            day.asked = self.asked;
            Arc::clone(&day.book)
        });
        let given = given.collect();
        let mut all: usize = self.days.values().map(|day| day.book.len()).sum();
        while all > most {
            let others = self.days.iter().filter(|(_, day)| day.asked < self.asked);
            let Some((oldest, count)) = others.min_by_key(|(_, day)| day.asked).map(|(at, day)| (*at, day.book.len()))
            else {
                break;
            };
            self.days.remove(&oldest);
            all -= count;
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).expect("a day")
    }

    /// Keeps a visit on each of some days, which say nothing else.
    fn put(kept: &mut Days, days: impl Iterator<Item = u32>) {
        let book = super::super::tests::book_of(day(1));
        kept.put(days.map(|number| (day(number), book.clone())).collect(), kept.mark);
    }

    #[test]
    fn what_was_least_lately_asked_for_goes_first() {
        let one = |number| [Period { from: day(number), to: day(number) }];
        let mut kept = Days::default();
        put(&mut kept, 1..=4);
        for number in [1, 3, 4, 2] {
            assert_eq!(kept.give(&one(number), 9).len(), 1);
        }
        kept.give(&one(1), 2);
        assert_eq!(kept.days.keys().copied().collect::<Vec<_>>(), [day(1), day(2)]);
        // Who asks for more than may be kept gets it.
        put(&mut kept, 5..=8);
        assert_eq!(kept.give(&[Period { from: day(5), to: day(8) }], 2).len(), 4);
        assert_eq!(kept.days.len(), 4);
    }

    #[test]
    fn a_week_at_most_is_read_at_once_and_old_rows_are_not_kept() {
        let mut kept = Days::default();
        let month = [Period { from: day(1), to: day(28) }];
        let missing = |kept: &Days| kept.missing(&month).map(|days| (days.from, days.to));
        assert_eq!(missing(&kept), Some((day(1), day(7))));
        put(&mut kept, (1..=2).chain(5..=5));
        assert_eq!(missing(&kept), Some((day(3), day(4))));
        // Read before the rows were made anew.
        let before = kept.mark;
        kept = Days { mark: Mark { generation: 1, position: 9 }, ..Days::default() };
        kept.put([(day(1), Daybook::default())].into(), before);
        assert!(kept.days.is_empty());
        // Read while others went on: from there it is gone through again.
        kept.put([(day(1), Daybook::default())].into(), Mark { generation: 1, position: 5 });
        assert_eq!((kept.mark.position, kept.days.len()), (5, 1));
    }
}
