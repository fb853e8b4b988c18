//! `sojourn serve`: the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{DatabaseOptions, Error};
use crate::http::{AppState, Site, router};

/// How long requests in flight may take once the server is asked to stop.
const FAREWELL: Duration = Duration::from_secs(10);

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
}

/// Serves until Ctrl-C or SIGTERM, then finishes what is in flight.
pub async fn run(options: Options) -> Result<(), Error> {
    // A second call finds it done already, which is as good.
    let _ = any_spawner::Executor::init_tokio();
    let db = options.database.open().await?;
    let state = AppState { db: db.clone(), site: Arc::new(Site::load()?), demo: options.demo, started: Utc::now() };

    let listen_error = |source| Error::Listen { address: options.listen, source };
    let listener = TcpListener::bind(options.listen).await.map_err(listen_error)?;
    println!("Sojourn is open at http://{}", listener.local_addr()?);

    let (stop, mut stopping) = watch::channel(());
    let mut overdue = stop.subscribe();
    tokio::spawn(async move {
        if let Err(error) = asked_to_stop().await {
            tracing::error!(%error, "cannot listen for signals");
        }
        drop(stop);
    });
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = stopping.changed().await;
    });
    tokio::select! {
        served = server => served?,
        () = async { let _ = overdue.changed().await; tokio::time::sleep(FAREWELL).await; } => {
            tracing::warn!("some requests did not end in time and were cut off");
        }
    }
    db.close().await;
    Ok(())
}

/// Ends when the process is asked to stop.
async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
