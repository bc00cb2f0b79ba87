//! Futures that need no runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use crate::Sequence;
use crate::error::{CommitError, Refused};
use crate::writer::Shared;

/// See [`Log::commit`](crate::Log::commit).
#[derive(Debug)]
pub(crate) struct Commit<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) sequence: Sequence,
}

impl Future for Commit<'_> {
    type Output = Result<(), CommitError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let committed = || self.shared.committed.load(Ordering::Acquire) >= self.sequence;
        if committed() {
            return Poll::Ready(Ok(()));
        }
        let mut buffer = self.shared.buffer.lock();
        // Published before the lock was had: nobody would wake this one.
        if committed() {
            return Poll::Ready(Ok(()));
        }
        if let Some(reason) = &buffer.failure {
            return Poll::Ready(Err(CommitError(reason.clone())));
        }
        buffer.waiters.push((self.sequence, context.waker().clone()));
        drop(buffer);
        self.shared.work.notify_one();
        Poll::Pending
    }
}

/// See [`Log::room`](crate::Log::room).
#[derive(Debug)]
pub(crate) struct Room<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) payload_bytes: usize,
}

impl Future for Room<'_> {
    type Output = Result<(), Refused>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut buffer = self.shared.buffer.lock();
        match buffer.admit(self.payload_bytes) {
            Err(Refused::Wait) => {
                buffer.room_waiters.push(context.waker().clone());
                drop(buffer);
                self.shared.spare_work.notify_one();
                self.shared.work.notify_one();
                Poll::Pending
            }
            answer => Poll::Ready(answer),
        }
    }
}
