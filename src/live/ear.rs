//! One who listens: what they missed, what is new, and now and then a sign of life.

use std::sync::Arc;

use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until};

use super::{Hub, News, Pace, Topic};
use crate::db::Db;
use crate::journey::ids::TenantId;
use crate::log::{self, Change};

/// How many changes may be missed before they are no longer looked through: everything then counts as changed.
const LONGEST: i64 = 1000;

/// What is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Topics changed, each to a version; whoever comes again after this position misses nothing.
    Changed(Vec<(Topic, i64)>, i64),
    /// Nothing changed up to this position.
    Beat(i64),
}

/// One who listens.
#[derive(Debug)]
pub struct Ear {
    hub: Arc<Hub>,
    db: Db,
    stopping: watch::Receiver<bool>,
    news: broadcast::Receiver<Arc<News>>,
    tenant: TenantId,
    topics: Vec<Topic>,
    pace: Pace,
    /// Up to where everything was heard; not known at first, when they come without a position.
    position: Option<i64>,
    /// Whether what comes next is in the news, and not only in the log.
    level: bool,
    beat: Instant,
}

impl Ear {
    pub(super) fn new(
        hub: Arc<Hub>,
        stopping: watch::Receiver<bool>,
        tenant: TenantId,
        topics: Vec<Topic>,
        after: Option<i64>,
    ) -> Self {
        let news = hub.news.subscribe();
        let beat = Instant::now() + hub.settings.beat;
        let (db, pace) = (hub.db.of(&tenant), Pace::of(&topics));
        Self { hub, db, stopping, news, tenant, topics, pace, position: after, level: false, beat }
    }

    /// Waits for what is heard next; the first comes at once. There is nothing more when the server is about to stop.
    pub async fn next(&mut self) -> sqlx::Result<Option<Heard>> {
        if *self.stopping.borrow() {
            return Ok(None);
        }
        if !self.level {
            return self.catch_up().await.map(Some);
        }
        loop {
            tokio::select! {
                biased;
                _ = self.stopping.changed() => return Ok(None),
                news = self.news.recv() => match news {
                    Ok(news) if news.tenant != self.tenant || news.pace != self.pace => {}
                    Ok(news) => {
                        let versions = self.hear(&news.changes);
                        if !versions.is_empty() {
                            return Ok(Some(Heard::Changed(versions, self.position.unwrap_or_default())));
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => return self.catch_up().await.map(Some),
                    Err(broadcast::error::RecvError::Closed) => return Ok(None),
                },
                () = sleep_until(self.beat) => {
                    self.beat = Instant::now() + self.hub.settings.beat;
                    return Ok(Some(Heard::Beat(self.position.unwrap_or_default())));
                }
            }
        }
    }

    /// Reads in the log what was missed.
    async fn catch_up(&mut self) -> sqlx::Result<Heard> {
        // What shows after this comes as news; what was before is in the log.
        self.news = self.news.resubscribe();
        self.level = true;
        let head = self.pace.end(&self.db, &self.tenant).await?;
        let missed = self.position.filter(|position| (head - LONGEST..=head).contains(position));
        let versions = match missed {
            Some(position) => {
                let mut changes = log::changes(&self.db, &self.tenant, position, LONGEST * 2).await?;
                changes.retain(|change| change.position <= head);
                self.hear(&changes)
            }
            // Away for too long, or here for the first time, or another log was put in the place of theirs.
            None => {
                self.position = Some(head);
                self.topics.iter().map(|topic| (topic.clone(), head)).collect()
            }
        };
        let position = self.position.unwrap_or(head);
        Ok(if versions.is_empty() { Heard::Beat(position) } else { Heard::Changed(versions, position) })
    }

    /// Takes changes in, and gives the topics that they are seen in.
    fn hear(&mut self, changes: &[Change]) -> Vec<(Topic, i64)> {
        let heard = self.position.unwrap_or(i64::MIN);
        let new = || changes.iter().filter(|change| change.position > heard);
        let version = |topic: &Topic| Some((topic.clone(), new().filter_map(|change| topic.version(change)).max()?));
        let versions = self.topics.iter().filter_map(version).collect();
        if let Some(last) = new().next_back() {
            self.position = Some(last.position);
        }
        versions
    }
}
