//! From settings to a running server, and to its clean end.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use selvedge_server::settings::{Secret, Settings};
use selvedge_server::{BindError, Database, DirectoryError, LogError, OpenError, Progress, StartError};
use tokio::signal::unix::{SignalKind, signal};

use crate::banner::{self, Doors, Shown};
use crate::failure::Failure;
use crate::tokens;

/// A recovery says how far it is when it has been silent this long.
const PROGRESS_PAUSE: Duration = Duration::from_secs(2);

/// Serves until SIGTERM or SIGINT.
pub(crate) fn serve(mut settings: Settings) -> Result<(), Failure> {
    raise_open_files();
    let given = (settings.token.is_some(), settings.read_only_token.is_some());
    let database = open(&settings)?;
    tokens::complete(&mut settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::other("starting the runtime", error))?;
    let stopped = runtime.block_on(async {
        // Before the doors open, so that no signal is missed.
        let stop = stop_signal().map_err(|error| Failure::other("listening for signals", error))?;
        let server = selvedge_server::Server::bind(&settings, Arc::clone(&database)).map_err(bind_failure)?;
        announce(&settings, &server, given);
        server.run(stop).await.map_err(|error| Failure::other("serving", error))
    });
    // Also after a failure: what is in memory and acknowledged goes to disk.
    let closed = database.close().map_err(|error| Failure::other("syncing the log at the end", error));
    stopped.and(closed)?;
    tracing::info!("stopped, everything is written and synced");
    Ok(())
}

/// Locks the data directory and brings the database back.
fn open(settings: &Settings) -> Result<Arc<Database>, Failure> {
    let started = Instant::now();
    let mut told = started;
    let mut progress = |progress: Progress| {
        if told.elapsed() >= PROGRESS_PAUSE {
            told = Instant::now();
            let percent = progress.bytes_read * 100 / progress.bytes_total.max(1);
            let (read, total) = (progress.bytes_read >> 20, progress.bytes_total >> 20);
            tracing::info!("recovering: {percent} % ({read} of {total} MiB of the log)");
        }
    };
    let database =
        selvedge_server::open(settings, &mut progress).map_err(|error| open_failure(settings, error))?;
    tracing::info!(
        log = database.log_id(),
        sequence = database.last_sequence(),
        seconds = started.elapsed().as_secs_f32(),
        "the database is open"
    );
    Ok(database)
}

/// Prints the lines to paste. A start whose standard output is closed goes on without.
fn announce(settings: &Settings, server: &selvedge_server::Server, given: (bool, bool)) {
    let doors = Doors {
        http: server.http_addr(),
        resp: server.resp_addr(),
        token: shown(settings.token.as_ref(), given.0, "SELVEDGE_TOKEN"),
        read_only_token: shown(settings.read_only_token.as_ref(), given.1, "SELVEDGE_READ_ONLY_TOKEN"),
    };
    if let Err(error) = banner::write(&mut io::stdout().lock(), &doors) {
        tracing::warn!("the lines for an app's .env could not be printed: {error}");
    }
}

fn shown<'a>(token: Option<&'a Secret>, is_given: bool, variable: &'static str) -> Shown<'a> {
    match token {
        Some(_) if is_given => Shown::Variable(variable),
        Some(token) => Shown::Text(token.expose()),
        None => Shown::Open,
    }
}

fn open_failure(settings: &Settings, error: StartError) -> Failure {
    let path = settings.data_dir.clone();
    match error {
        StartError::Directory(DirectoryError::Locked { .. }) => Failure::Locked { path },
        StartError::Directory(DirectoryError::Io { source, .. }) => Failure::DataDir { path, source },
        StartError::Open(
            error @ (OpenError::Log(LogError::Damaged { .. })
            | OpenError::Batch { .. }
            | OpenError::NoGenesis),
        ) => Failure::Damaged { path, source: error.into() },
        other => Failure::other("opening the database", other),
    }
}

fn bind_failure(error: BindError) -> Failure {
    Failure::Bind { flag: error.flag, address: error.address, source: error.source }
}

/// A future that ends with the first SIGTERM or SIGINT.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!("{name}: finishing what is in progress");
    })
}

/// Raises the soft limit of open files to the hard one: a shell's usual 1,024 would be the limit of connections.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where it is not allowed, the accept loop copes with running out of them.
    let _ = setrlimit(Resource::Nofile, raised);
}
