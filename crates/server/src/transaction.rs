//! A transaction on its way: the commands that touch data, and the replies of those that do not.

use selvedge_node::Queued;
use smallvec::SmallVec;

use crate::shared::Shared;
use crate::statistics::Sender;

/// Commands of a transaction that the server ran itself, as bytes of their replies between those of the others.
///
/// They run before the commands that touch data. Neither sees what the other does, so only the order of the replies shows.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    queue: Vec<Queued>,
    /// What stands in front of the reply of each command of the queue.
    heads: Vec<Vec<u8>>,
    tail: Vec<u8>,
}

impl Prepared {
    /// Adds a command that touches data.
    pub(crate) fn push(&mut self, queued: Queued) {
        self.heads.push(std::mem::take(&mut self.tail));
        self.queue.push(queued);
    }

    /// Where bytes between the replies go: the next ones.
    pub(crate) fn between(&mut self) -> &mut Vec<u8> {
        &mut self.tail
    }

    /// The commands that touch data.
    pub(crate) fn queue(&self) -> &[Queued] {
        &self.queue
    }

    /// The bytes in front of the reply of that command of the queue.
    pub(crate) fn head(&self, index: usize) -> &[u8] {
        self.heads.get(index).map_or(&[], Vec::as_slice)
    }

    /// Shows a command of the queue to those who monitor.
    pub(crate) fn show(&self, shared: &Shared, index: usize, sender: Sender<'_>) {
        if let Some(queued) = self.queue.get(index).filter(|_| shared.database.is_monitored()) {
            let args: SmallVec<[&[u8]; 8]> = queued.arguments.iter().map(Vec::as_slice).collect();
            shared.show_command(queued.command, &args, sender);
        }
    }

    /// The bytes behind the last reply.
    pub(crate) fn tail(&self) -> &[u8] {
        &self.tail
    }
}
