//! The REST door: HTTP/1.1 and cleartext HTTP/2 in the dialect of Upstash (UPSTASH.md section 1).

mod answer;
mod events;
mod execute;
mod guarded;
mod routes;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;

use crate::limits::HTTP_HEAD_BYTES_MAX;
use crate::rest::guarded::{Guarded, InProgress};
use crate::shared::Shared;

/// Runs the tasks of HTTP/2 on the connection's own thread.
#[derive(Debug, Clone, Copy)]
struct LocalExecutor;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for LocalExecutor {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(task);
    }
}

/// Serves a connection until either side ends it.
pub(crate) async fn serve(shared: Arc<Shared>, stream: TcpStream) {
    let peer = stream.peer_addr().ok().map(|peer| peer.ip());
    let head_timeout = Duration::from_millis(shared.settings.http_idle_timeout_ms);
    let in_progress = InProgress::default();
    let guarded = Guarded::new(stream, in_progress.clone(), head_timeout);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        let begun = in_progress.begin();
        async move {
            let _begun = begun;
            Ok::<_, Infallible>(routes::answer(&shared, request, peer).await)
        }
    });
    let mut builder = Builder::new(LocalExecutor);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        // The guard's limit is met first, and says so.
        .max_buf_size(2 * HTTP_HEAD_BYTES_MAX)
        .pipeline_flush(true);
    builder.http2().timer(TokioTimer::new());
    if let Err(error) = builder.serve_connection(TokioIo::new(guarded), service).await {
        tracing::debug!(error, "an HTTP connection ended early");
    }
}
