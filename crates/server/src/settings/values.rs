//! The values that settings take.

/// What an acknowledged write has survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DurabilityMode {
    /// A power cut: every reply waits until the write is synced to disk. Writes that wait at the same time share a sync.
    Always,
    /// A crash of the process; a power cut can lose the last `--sync-interval-ms`.
    Interval,
    /// Nothing: the log is written behind the replies.
    None,
}

impl DurabilityMode {
    /// The word of the flag.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Interval => "interval",
            Self::None => "none",
        }
    }
}

/// Who may use DEBUG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DebugCommand {
    /// Nobody.
    No,
    /// Connections from this machine, where both doors listen on loopback addresses only.
    Local,
    /// Everybody with the token that has all rights.
    Yes,
}

impl DebugCommand {
    /// The word of the flag.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Local => "local",
            Self::Yes => "yes",
        }
    }
}

/// Reads a size in bytes: digits, with KiB, MiB or GiB behind them if wanted.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let factor: u64 = match unit.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err("a size is a number of bytes, or a number with KiB, MiB or GiB".to_owned()),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| "a size is a number of bytes, or a number with KiB, MiB or GiB".to_owned())
}
