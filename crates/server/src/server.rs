//! Listening, dealing sockets to threads, and stopping in order.

use std::cell::OnceCell;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use selvedge_node::Database;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;
use tokio::time::{Instant, interval, sleep};

use crate::limits::ACCEPT_PAUSE;
use crate::metrics::add;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::statistics::Rate;
use crate::tokens::Tokens;
use crate::{resp, rest};

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} ({flag})")]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// The flag that sets it.
    pub flag: &'static str,
    /// What the system says.
    #[source]
    pub source: io::Error,
}

/// Both doors, bound and not yet serving.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    http: StdListener,
    resp: StdListener,
    http_addr: SocketAddr,
    resp_addr: SocketAddr,
}

#[derive(Debug, Clone, Copy)]
enum Door {
    Http,
    Resp,
}

type Dealt = (Door, std::net::TcpStream);

impl Server {
    /// Binds both doors.
    ///
    /// # Errors
    /// [`BindError`] names the flag of the address that is taken.
    pub fn bind(settings: &Settings, database: Arc<Database>) -> Result<Self, BindError> {
        let settings = settings.clone();
        let tokens = match (&settings.token, &settings.read_only_token) {
            (Some(full), Some(read_only)) => Tokens::new(full, read_only),
            _ if settings.insecure_no_auth => Tokens::insecure(),
            _ => Tokens::closed(),
        };
        let (http, http_addr) = listen(settings.http_addr, "--http-addr")?;
        let (resp, resp_addr) = listen(settings.resp_addr, "--resp-addr")?;
        let shared = Arc::new(Shared::new(database, settings, tokens, resp_addr.port()));
        Ok(Self { shared, http, resp, http_addr, resp_addr })
    }

    /// Where the REST door listens.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// Where the RESP door listens.
    #[must_use]
    pub fn resp_addr(&self) -> SocketAddr {
        self.resp_addr
    }

    /// Serves until `stop` is done or a client says SHUTDOWN, then lets running turns end. Needs a runtime with timers and IO.
    ///
    /// # Errors
    /// A listener or a thread could not be set up.
    pub async fn run(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let http = TcpListener::from_std(self.http)?;
        let resp = TcpListener::from_std(self.resp)?;
        let mut workers: Vec<(UnboundedSender<Dealt>, JoinHandle<io::Result<()>>)> = Vec::new();
        for index in 0..self.shared.settings.thread_count() {
            let (deal, dealt) = unbounded_channel();
            let shared = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new()
                .name(format!("selvedge-serve-{index}"))
                .spawn(move || work(&shared, dealt))?;
            workers.push((deal, thread));
        }
        let mut next = 0_usize;
        let mut seconds = interval(Rate::EVERY);
        tokio::pin!(stop);
        loop {
            let (door, accepted) = tokio::select! {
                () = &mut stop => break,
                () = self.shared.stop.notified() => break,
                accepted = resp.accept() => (Door::Resp, accepted),
                accepted = http.accept() => (Door::Http, accepted),
                _ = seconds.tick() => {
                    self.shared.sample_rates();
                    continue;
                }
            };
            match accepted {
                Ok((stream, _)) => {
                    if let Some(stream) = admit(&self.shared, door, stream) {
                        next = (next + 1) % workers.len();
                        if let Some((deal, _)) = workers.get(next) {
                            // A worker ends only when the server does.
                            let _ = deal.send((door, stream));
                        }
                    }
                }
                Err(error) => {
                    // Too many open files, most likely: the listener is fine, and others may close meanwhile.
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop((http, resp));
        for (deal, thread) in workers {
            drop(deal);
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(Ok(())))) {
                tracing::error!("a serving thread ended badly");
            }
        }
        Ok(())
    }
}

fn listen(address: SocketAddr, flag: &'static str) -> Result<(StdListener, SocketAddr), BindError> {
    let failed = |source| BindError { address, flag, source };
    let listener = StdListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let actual = listener.local_addr().map_err(failed)?;
    Ok((listener, actual))
}

/// Takes a connection in, or refuses it when there are too many.
fn admit(shared: &Shared, door: Door, stream: TcpStream) -> Option<std::net::TcpStream> {
    if shared.metrics.connections.load(Ordering::Acquire) >= shared.settings.connections_max {
        add(&shared.metrics.connections_refused, 1);
        if matches!(door, Door::Resp) {
            // The socket buffer of a new connection is empty: this never waits, and a failure is the client's loss.
            let _ = stream.try_write(b"-ERR max number of clients reached\r\n");
        }
        return None;
    }
    shared.metrics.connections.fetch_add(1, Ordering::AcqRel);
    add(&shared.metrics.connections_total, 1);
    // Without these the connection still works, only slower or longer.
    let _ = stream.set_nodelay(true);
    let seconds = shared.settings.tcp_keepalive_s;
    if seconds > 0 {
        let keepalive = socket2::TcpKeepalive::new().with_time(Duration::from_secs(seconds));
        let _ = socket2::SockRef::from(&stream).set_tcp_keepalive(&keepalive);
    }
    match stream.into_std() {
        Ok(stream) => Some(stream),
        Err(_) => {
            shared.metrics.connections.fetch_sub(1, Ordering::AcqRel);
            None
        }
    }
}

/// One serving thread.
fn work(shared: &Arc<Shared>, mut dealt: UnboundedReceiver<Dealt>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    shared.statistics.thread().install();
    let tasks = LocalSet::new();
    runtime.block_on(tasks.run_until(async {
        while let Some((door, stream)) = dealt.recv().await {
            let shared = Arc::clone(shared);
            // The task finds its own handle in here: it does not run before this thread waits again.
            let handle = Rc::new(OnceCell::new());
            let own = Rc::clone(&handle);
            let task = tokio::task::spawn_local(async move {
                let open = Open(&shared);
                if let Ok(stream) = TcpStream::from_std(stream) {
                    match door {
                        Door::Resp => resp::serve(Arc::clone(&shared), stream, own.get().cloned()).await,
                        Door::Http => rest::serve(Arc::clone(&shared), stream).await,
                    }
                }
                drop(open);
            });
            // Set once, here.
            let _ = handle.set(task.abort_handle());
        }
        let deadline = Instant::now() + Duration::from_millis(shared.settings.shutdown_timeout_ms);
        while shared.turns.load(Ordering::Acquire) > 0 && Instant::now() < deadline {
            sleep(Duration::from_millis(2)).await;
        }
    }));
    Ok(())
}

/// Counts an open connection, also when its task is dropped.
struct Open<'a>(&'a Shared);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.metrics.connections.fetch_sub(1, Ordering::AcqRel);
    }
}
