//! Versions of keys: what a client that holds no connection can make a transaction depend on.
//!
//! `docs/rfcs/0015-versions-and-guards.md` says what they promise.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, words};
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::ReadCx;
use crate::error::CommandError;
use crate::version::Version;

const TRANSACTIONS: Command = Command::base(Group::Transactions);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "cas.guard",
        since: "Selvedge 0.1.0",
        complexity: "O(N), N the keys given",
        summary: "Lets a transaction or script run only if these keys still have these versions.",
        arity: Arity::AtLeast(3),
        keys: Keys::Range { first: 1, last: -1, step: 2 },
        uses: &[KeyUse::RO],
        args: &[Arg::block("data", &[KEY, Arg::string("version")]).multiple()],
        traits: Traits::FAST,
        run: Run::Guard(guard),
        ..TRANSACTIONS
    },
    Command {
        name: "cas.version",
        since: "Selvedge 0.1.0",
        summary: "Returns the version of a key, or of its absence, for CAS.GUARD.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY],
        traits: Traits::FAST.and(Traits::SETTLES),
        run: Run::Read(version),
        ..TRANSACTIONS
    },
];

fn guard(cx: &ReadCx<'_>, args: Args<'_>) -> Result<bool, CommandError> {
    let (pairs, rest) = Cursor::after(args, 1).rest().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(CommandError::WrongArity { command: "cas.guard" });
    }
    let versions: Option<Vec<_>> = pairs.iter().map(|[_, text]| Version::parse(text)).collect();
    let versions = versions.ok_or(CommandError::NotAVersion)?;
    Ok(pairs.iter().zip(versions).all(|([key, _], version)| cx.has_version(key, version)))
}

fn version(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    out.bulk(cx.told_version(key).to_string().as_bytes());
    Ok(())
}
