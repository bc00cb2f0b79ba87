//! Futures that need no runtime, and the wakers of those who wait.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use crate::Sequence;
use crate::append::CLOSED;
use crate::error::{CommitError, Refused};
use crate::writer::Shared;

/// Wakers in the order of what they wait for; one per future, however often it is polled.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    wakers: BTreeMap<(Sequence, u64), Waker>,
    last_ticket: u64,
}

impl Waiters {
    /// Puts a waker in, or in the place of the one that the ticket stands for.
    fn put(&mut self, sequence: Sequence, ticket: &mut Option<u64>, waker: &Waker) {
        let ticket = *ticket.get_or_insert_with(|| {
            self.last_ticket += 1;
            self.last_ticket
        });
        self.wakers
            .entry((sequence, ticket))
            .and_modify(|known| known.clone_from(waker))
            .or_insert_with(|| waker.clone());
    }

    fn remove(&mut self, sequence: Sequence, ticket: u64) {
        self.wakers.remove(&(sequence, ticket));
    }

    /// Takes out all that wait for a sequence up to this one.
    pub(crate) fn take_upto(&mut self, sequence: Sequence) -> Woken {
        if self.wakers.first_key_value().is_none_or(|((first, _), _)| *first > sequence) {
            return Woken::default();
        }
        let later = self.wakers.split_off(&(sequence.saturating_add(1), 0));
        Woken(std::mem::replace(&mut self.wakers, later))
    }

    pub(crate) fn take_all(&mut self) -> Woken {
        Woken(std::mem::take(&mut self.wakers))
    }
}

/// Wakers that were taken out. Waking runs foreign code, so it is done when no lock is held.
#[derive(Debug, Default)]
#[must_use = "somebody waits"]
pub(crate) struct Woken(BTreeMap<(Sequence, u64), Waker>);

impl Woken {
    pub(crate) fn wake(self) {
        self.0.into_values().for_each(Waker::wake);
    }
}

/// See [`Log::commit`](crate::Log::commit).
#[derive(Debug)]
pub(crate) struct Commit<'a> {
    shared: &'a Shared,
    sequence: Sequence,
    ticket: Option<u64>,
}

impl<'a> Commit<'a> {
    pub(crate) fn new(shared: &'a Shared, sequence: Sequence) -> Self {
        Self { shared, sequence, ticket: None }
    }
}

impl Future for Commit<'_> {
    type Output = Result<(), CommitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { shared, sequence, ticket } = &mut *self;
        let committed = || shared.committed.load(Ordering::Acquire) >= *sequence;
        if committed() {
            return Poll::Ready(Ok(()));
        }
        let mut waiters = shared.waiters.lock();
        // Published before the lock was had: nobody would wake this one.
        if committed() {
            return Poll::Ready(Ok(()));
        }
        if let Some(reason) = shared.failure.get() {
            return Poll::Ready(Err(CommitError(reason.clone())));
        }
        if shared.is_closed.load(Ordering::Acquire) {
            return Poll::Ready(Err(CommitError(CLOSED.to_owned())));
        }
        let is_new = ticket.is_none();
        waiters.put(*sequence, ticket, context.waker());
        drop(waiters);
        if is_new {
            shared.rouse();
        }
        Poll::Pending
    }
}

impl Drop for Commit<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.shared.waiters.lock().remove(self.sequence, ticket);
        }
    }
}

/// See [`Log::room`](crate::Log::room).
#[derive(Debug)]
pub(crate) struct Room<'a> {
    shared: &'a Shared,
    payload_bytes: usize,
    ticket: Option<u64>,
}

impl<'a> Room<'a> {
    pub(crate) fn new(shared: &'a Shared, payload_bytes: usize) -> Self {
        Self { shared, payload_bytes, ticket: None }
    }
}

impl Future for Room<'_> {
    type Output = Result<(), Refused>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { shared, payload_bytes, ticket } = &mut *self;
        let mut buffer = shared.buffer.lock();
        match shared.admit(&mut buffer, *payload_bytes) {
            Err(Refused::Wait) => {
                buffer.room_waiters.put(0, ticket, context.waker());
                drop(buffer);
                shared.spare_work.notify_one();
                shared.rouse();
                Poll::Pending
            }
            answer => Poll::Ready(answer),
        }
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.shared.buffer.lock().room_waiters.remove(0, ticket);
        }
    }
}
