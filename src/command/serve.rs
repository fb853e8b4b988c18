//! `sojourn serve`: the server.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{DatabaseOptions, Error};
use crate::analytics::Kept;
use crate::clock::Clock;
use crate::db::Db;
use crate::delivery::webhook::Webhook;
use crate::delivery::{self, Relay};
use crate::demo;
use crate::digest;
use crate::hospital::demo as furnishing;
use crate::hospital::passphrase::Hasher;
use crate::hospital::sessions;
use crate::http::sign_in::{CALLS_PER_SECOND, Doorkeeper};
use crate::http::{AppState, Site, router_with};
use crate::live::{self, Live};
use crate::log::{AccessLog, snapshots};
use crate::mail::{MailError, Mailer};
use crate::projections::following::{FOLLOWING, Following};
use crate::record::Recorder;
use crate::reminders::{self, Reminders};

/// How long requests in flight may take once the server is asked to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// How often sessions that have run out are forgotten.
const SWEEP: Duration = Duration::from_secs(600);

/// What the server is told.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The address to listen on
    #[arg(long, env = "SOJOURN_LISTEN", default_value = "127.0.0.1:3000", value_name = "ADDR")]
    listen: SocketAddr,
    #[command(flatten)]
    database: DatabaseOptions,
    /// Fill an empty database with a demo hospital, and list its people on the sign-in page
    #[arg(long)]
    demo: bool,
    /// Browsers reach this server through TLS: mark its cookies for it
    #[arg(long, env = "SOJOURN_BEHIND_TLS")]
    behind_tls: bool,
    /// How many calls a second each token may make, and twice as many at once
    #[arg(long, env = "SOJOURN_CALLS_PER_SECOND", default_value_t = CALLS_PER_SECOND, value_name = "COUNT")]
    calls_per_second: u32,
    /// After how many events of a visit its state is kept, so that a long story is not read from its beginning
    #[arg(long, env = "SOJOURN_SNAPSHOT_EVERY", default_value_t = snapshots::EVERY, value_name = "EVENTS")]
    snapshot_every: NonZeroU32,
    /// The server that mail is handed to: smtps://NAME:WORD@HOST; without it no mail is sent
    #[arg(long, env = "SOJOURN_MAIL_SERVER", hide_env_values = true, requires = "mail_from", value_name = "URL")]
    mail_server: Option<String>,
    /// The address that mail comes from
    #[arg(long, env = "SOJOURN_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// Let webhooks without TLS leave the house
    #[arg(long, env = "SOJOURN_PLAIN_WEBHOOKS")]
    plain_webhooks: bool,
    #[command(flatten)]
    reminders: ReminderOptions,
}

/// How reminders of follow-ups go out besides by mail; without either, they stand on the reception's call list.
#[derive(Debug, clap::Args)]
pub struct ReminderOptions {
    /// Where text messages are posted as JSON, to be sent on
    #[arg(long, env = "SOJOURN_SMS_WEBHOOK", value_name = "URL")]
    sms_webhook: Option<String>,
    /// What signs them
    #[arg(long, env = "SOJOURN_SMS_SECRET", hide_env_values = true, default_value = "", value_name = "SECRET")]
    sms_secret: String,
    /// How many hours ahead a follow-up is reminded of
    #[arg(long, env = "SOJOURN_REMIND_AHEAD", default_value_t = 24, value_name = "HOURS")]
    remind_ahead: u16,
}

impl ReminderOptions {
    fn settings(self, mail: Option<Mailer>, plain_webhooks: bool) -> Result<reminders::Settings, Error> {
        let webhook = |url: String| Webhook::new(&url, self.sms_secret, plain_webhooks).map_err(Error::Messages);
        Ok(reminders::Settings {
            mail,
            messages: self.sms_webhook.map(webhook).transpose()?,
            ahead: TimeDelta::hours(i64::from(self.remind_ahead)),
        })
    }
}

impl Options {
    /// Who sends mail, when a server for it is named.
    fn mailer(&self) -> Result<Option<Mailer>, MailError> {
        let (Some(server), Some(from)) = (&self.mail_server, &self.mail_from) else { return Ok(None) };
        Mailer::open(server, from).map(Some)
    }
}

/// Serves until Ctrl-C or SIGTERM, then finishes what is in flight.
pub async fn run(options: Options) -> Result<(), Error> {
    // A second call finds it done already, which is as good.
    let _ = any_spawner::Executor::init_tokio();
    let db = options.database.open().await?;
    if db.sees_past_walls().await? {
        tracing::warn!(
            "this PostgreSQL role is a superuser or bypasses row-level security: the database’s own wall between hospitals \
             does not hold; use a role without either"
        );
    }
    let (clock, hasher) = (Clock::system(), Hasher::default());
    let recorder = Recorder::new(db.clone(), clock.clone()).with_snapshot_every(options.snapshot_every);
    if options.demo {
        let furnished = furnishing::furnish(&db, &hasher, clock.now()).await?;
        demo::live_through(&db, &furnished.tenant, clock.now()).await?;
    }
    let accesses = AccessLog::open(db.clone());
    let settings = delivery::Settings { plain_webhooks: options.plain_webhooks, ..delivery::Settings::default() };
    let relay = Relay::new(db.clone(), clock.clone(), recorder.clone(), settings);
    let mailer = options.mailer()?;
    let settings = options.reminders.settings(mailer.clone(), options.plain_webhooks)?;
    let channels = settings.channels();
    let reminding = Reminders::new(db.clone(), clock.clone(), recorder.clone(), settings);
    let following = Following::start(&db, &clock, FOLLOWING, || recorder.subscribe());
    let live = Live::follow(&db, &recorder, live::Settings::default());
    let kept = Kept::default();
    let state = AppState {
        db: db.clone(),
        clock: clock.clone(),
        recorder,
        kept: kept.clone(),
        channels,
        accesses: accesses.clone(),
        doorkeeper: Doorkeeper::new(db.clone(), clock.clone(), hasher).with_pace(options.calls_per_second),
        site: Arc::new(Site::load()?),
        demo: options.demo,
        behind_tls: options.behind_tls,
        started: clock.now(),
    };
    let sweeping = tokio::spawn(sweep_sessions(db.clone(), clock.clone()));
    let warming = tokio::spawn(warm(kept.clone(), db.clone(), clock.now()));

    let listen_error = |source| Error::Listen { address: options.listen, source };
    let listener = TcpListener::bind(options.listen).await.map_err(listen_error)?;
    println!("Sojourn is open at http://{}", listener.local_addr()?);

    let (stop, mut stopping) = watch::channel(());
    let mut overdue = stop.subscribe();
    let relaying = tokio::spawn(relay.run(stop.subscribe()));
    let telling = mailer.map(|mailer| tokio::spawn(digest::run(db.clone(), clock, kept, mailer, stop.subscribe())));
    let reminding = tokio::spawn(reminding.run(stop.subscribe()));
    let stopped = tokio::spawn(async move {
        if let Err(error) = asked_to_stop().await {
            tracing::error!(%error, "cannot listen for signals");
        }
        drop(stop);
    });
    let service = router_with(state, live.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = stopping.changed().await;
        // Whoever listens would keep the server for ever.
        live.stop();
    });
    tokio::select! {
        served = server => served?,
        () = async { let _ = overdue.changed().await; tokio::time::sleep(FAREWELL).await; } => {
            tracing::warn!("some requests did not end in time and were cut off");
        }
    }
    sweeping.abort();
    warming.abort();
    if let Some(telling) = telling {
        telling.abort();
    }
    following.stop().await;
    // The server may have ended by itself.
    stopped.abort();
    if tokio::time::timeout(FAREWELL, relaying).await.is_err() {
        tracing::warn!("some deliveries did not end in time; they will be made again");
    }
    if tokio::time::timeout(FAREWELL, reminding).await.is_err() {
        tracing::warn!("a reminder did not go out in time; it is sent again");
    }
    accesses.flush().await;
    db.close().await;
    Ok(())
}

/// Forgets sessions that have run out, now and then.
async fn sweep_sessions(db: Db, clock: Clock) {
    let mut turns = tokio::time::interval(SWEEP);
    loop {
        turns.tick().await;
        if let Err(error) = sessions::sweep(&db, clock.now()).await {
            tracing::warn!(%error, "sessions that have run out could not be forgotten");
        }
    }
}

/// Reads what managers will look at.
async fn warm(kept: Kept, db: Db, now: DateTime<Utc>) {
    if let Err(error) = kept.warm(&db, now).await {
        tracing::warn!(%error, "the figures of the last weeks could not be read ahead");
    }
}

/// Ends when the process is asked to stop.
async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
