//! The inbox of a connection: what it is told about keys that may have changed.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

/// Something that a connection has to tell its client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub news: News,
    /// It is about what another connection read.
    pub is_redirected: bool,
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// These keys may have changed.
    Keys(Vec<Arc<[u8]>>),
    /// Any key may have changed.
    Everything,
    /// The connection that this one's notices went to is gone.
    RedirectBroken {
        /// Its number.
        client: u64,
    },
}

/// Notices that wait for the task of a connection.
#[derive(Debug)]
pub struct Inbox {
    bytes_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    notices: VecDeque<Notice>,
    bytes: usize,
    /// One of the notices says [`News::Everything`], which covers all keys that change until it leaves.
    covers_all: bool,
    is_closed: bool,
    waker: Option<Waker>,
}

/// The connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed;

/// Bytes that a waiting notice takes beside its keys.
const NOTICE_OVERHEAD_BYTES: usize = 64;

impl Inbox {
    /// An empty one. When more than `bytes_max` bytes wait, they become one notice that any key may have changed.
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, state: Mutex::default() }
    }

    /// Takes what has arrived.
    #[must_use]
    pub fn take(&self) -> VecDeque<Notice> {
        let mut state = self.state.lock();
        state.bytes = 0;
        state.covers_all = false;
        std::mem::take(&mut state.notices)
    }

    /// Waits until there is something to take. Cancelling it loses nothing.
    pub async fn arrived(&self) {
        poll_fn(|cx| self.poll_arrived(cx)).await;
    }

    fn poll_arrived(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.lock();
        if !state.notices.is_empty() {
            return Poll::Ready(());
        }
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Takes no more: its connection is gone.
    pub fn close(&self) {
        *self.state.lock() = State { is_closed: true, ..State::default() };
    }

    pub(crate) fn put(&self, notice: Notice) -> Result<(), Closed> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(Closed);
        }
        let bytes = NOTICE_OVERHEAD_BYTES
            + match &notice.news {
                News::Keys(_) if state.covers_all && notice.is_redirected == state.is_redirected() => {
                    return Ok(());
                }
                News::Keys(keys) => keys.iter().map(|key| key.len() + size_of::<Arc<[u8]>>()).sum(),
                News::Everything | News::RedirectBroken { .. } => 0,
            };
        let covers_all = notice.news == News::Everything;
        if covers_all || state.bytes + bytes > self.bytes_max {
            let is_redirected = notice.is_redirected || state.is_redirected();
            state.notices.retain(|waiting| matches!(waiting.news, News::RedirectBroken { .. }));
            state.notices.truncate(1);
            state.notices.push_back(Notice { news: News::Everything, is_redirected });
            state.bytes = NOTICE_OVERHEAD_BYTES;
            state.covers_all = true;
        } else {
            state.bytes += bytes;
            state.notices.push_back(notice);
        }
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }
}

impl State {
    /// Whether a notice that waits is about what another connection read.
    fn is_redirected(&self) -> bool {
        self.notices.iter().any(|waiting| waiting.is_redirected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Notice {
        let keys = names.iter().map(|name| Arc::from(name.as_bytes())).collect();
        Notice { news: News::Keys(keys), is_redirected: false }
    }

    #[test]
    fn what_is_too_much_becomes_one_notice_of_everything() {
        let inbox = Inbox::new(1_000);
        assert_eq!(inbox.put(keys(&["a"])), Ok(()));
        assert_eq!(inbox.put(keys(&["b", "c"])), Ok(()));
        assert_eq!(inbox.take(), [keys(&["a"]), keys(&["b", "c"])]);
        for _ in 0..100 {
            assert_eq!(inbox.put(keys(&["0123456789"])), Ok(()));
        }
        let everything = Notice { news: News::Everything, is_redirected: false };
        assert_eq!(inbox.take(), [everything]);
        assert_eq!(inbox.put(keys(&["a"])), Ok(()));
        assert_eq!(inbox.take(), [keys(&["a"])], "what was taken covers nothing any more");
        inbox.close();
        assert_eq!(inbox.put(keys(&["a"])), Err(Closed));
    }
}
