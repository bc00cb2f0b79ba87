//! LOLWUT: a piece of cloth, and the version.

use selvedge_wire::ReplySink;

use crate::args::{Keyword, integer};
use crate::commands::table::{Arg, Args, Arity, Command, Group, Run, Traits};
use crate::cx::ReadCx;
use crate::error::CommandError;

/// Threads of the warp and of the weft.
const WARP: u64 = 48;
const WEFT: u64 = 12;

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "lolwut",
    since: "5.0.0",
    summary: "Weaves a piece of cloth and tells the version.",
    arity: Arity::AtLeast(1),
    args: &[Arg::integer("version").after("VERSION").optional()],
    traits: Traits::FAST,
    run: Run::Read(lolwut),
    ..Command::base(Group::Server)
}];

fn lolwut(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    // Redis has a picture for each of its versions; here one serves for all, and other words are ignored as there.
    if let [_, option, version, ..] = args
        && Keyword::of(option).bytes() == b"VERSION"
    {
        integer(version)?;
    }
    let mut text = cloth(cx.random());
    text.push_str(concat!("\nSelvedge ver. ", env!("CARGO_PKG_VERSION"), "\n"));
    out.verbatim(b"txt", text.as_bytes());
    Ok(())
}

/// A twill between two selvedges: each thread of the weft passes over some threads of the warp and under others, and begins
/// a step further than the one before.
fn cloth(random: u64) -> String {
    let (over, under, step) = (1 + random % 4, 1 + (random >> 8) % 3, 1 + (random >> 16) % 3);
    let mut cloth = String::new();
    for weft in 0..WEFT {
        cloth.push_str("||");
        cloth.extend((0..WARP).map(|warp| {
            let place = (warp + weft * step) % (over + under);
            if place < over { '-' } else { '|' }
        }));
        cloth.push_str("||\n");
    }
    cloth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloth_keeps_its_width_and_its_edges() {
        for random in [0, 1, 0x0002_0103, u64::MAX] {
            let cloth = cloth(random);
            assert_eq!(cloth.lines().count() as u64, WEFT);
            for line in cloth.lines() {
                assert_eq!(line.len() as u64, WARP + 4);
                assert!(line.starts_with("||") && line.ends_with("||"));
                assert!(line.contains('-'));
            }
        }
    }
}
