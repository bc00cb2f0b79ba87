//! Finds a command by its name: an open-addressing table made at compile time.

use crate::commands::table::{COUNT, Command, FAMILIES};

/// Slots of the index. A power of two, and at least three times the commands there are, so that a probe is short.
const SLOTS: usize = 1024;
/// Longer words name no command; looked at before they are hashed.
const NAME_BYTES_MAX: usize = 32;
const EMPTY: u16 = u16::MAX;

const _: () = assert!(SLOTS.is_power_of_two() && COUNT * 3 <= SLOTS, "raise SLOTS");

/// The records in the table's order, numbered.
pub(super) static ALL: [Command; COUNT] = collect();
/// The records of the subcommands, numbered on behind those of the commands.
pub(super) static SUBCOMMANDS: [Command; count_subcommands()] = collect_subcommands();
/// Positions in [`ALL`] by hash.
static INDEX: [u16; SLOTS] = build();

/// Finds a command, whatever the case of `name`. No allocation; usually one comparison.
pub(super) fn find(name: &[u8]) -> Option<&'static Command> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let mut slot = hash(name) & (SLOTS - 1);
    loop {
        let position = *INDEX.get(slot)?;
        // An empty slot holds a position beyond the last, so this also ends the search.
        let command = ALL.get(usize::from(position))?;
        if command.name.as_bytes().eq_ignore_ascii_case(name) {
            return Some(command);
        }
        slot = (slot + 1) & (SLOTS - 1);
    }
}

/// FNV-1a over the lower-case letters.
const fn hash(name: &[u8]) -> usize {
    let mut sum: u32 = 0x811c_9dc5;
    let mut rest = name;
    while let [byte, after @ ..] = rest {
        sum = (sum ^ byte.to_ascii_lowercase() as u32).wrapping_mul(0x0100_0193);
        rest = after;
    }
    (sum ^ (sum >> 15)) as usize
}

pub(super) const fn count() -> usize {
    let mut total = 0;
    let mut families = FAMILIES;
    while let [family, rest @ ..] = families {
        total += family.len();
        families = rest;
    }
    total
}

pub(super) const fn count_subcommands() -> usize {
    let mut total = 0;
    let mut families = FAMILIES;
    while let [family, rest @ ..] = families {
        let mut commands = *family;
        while let [command, more @ ..] = commands {
            total += command.subcommands.len();
            commands = more;
        }
        families = rest;
    }
    total
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where an index out of bounds is a build error"
)]
#[expect(clippy::cast_possible_truncation, reason = "there are fewer commands than slots")]
const fn collect() -> [Command; COUNT] {
    let mut all = [FAMILIES[0][0]; COUNT];
    let mut filled = 0;
    let mut subcommands: &'static [Command] = &SUBCOMMANDS;
    let mut families = FAMILIES;
    while let [family, rest @ ..] = families {
        let mut commands = *family;
        while let [command, more @ ..] = commands {
            all[filled] = *command;
            all[filled].number = filled as u16;
            (all[filled].subcommands, subcommands) = subcommands.split_at(command.subcommands.len());
            filled += 1;
            commands = more;
        }
        families = rest;
    }
    all
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where an index out of bounds is a build error"
)]
#[expect(clippy::cast_possible_truncation, reason = "there are fewer commands than 65,536")]
const fn collect_subcommands() -> [Command; count_subcommands()] {
    let mut all = [FAMILIES[0][0]; count_subcommands()];
    let mut filled = 0;
    let mut families = FAMILIES;
    while let [family, rest @ ..] = families {
        let mut commands = *family;
        while let [command, more @ ..] = commands {
            let mut subcommands = command.subcommands;
            while let [subcommand, others @ ..] = subcommands {
                all[filled] = *subcommand;
                all[filled].number = (COUNT + filled) as u16;
                filled += 1;
                subcommands = others;
            }
            commands = more;
        }
        families = rest;
    }
    all
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where an index out of bounds is a build error"
)]
#[expect(clippy::cast_possible_truncation, reason = "positions stay below SLOTS")]
const fn build() -> [u16; SLOTS] {
    let all = &ALL;
    let mut index = [EMPTY; SLOTS];
    let mut position = 0;
    while position < COUNT {
        let mut slot = hash(all[position].name.as_bytes()) & (SLOTS - 1);
        while index[slot] != EMPTY {
            slot = (slot + 1) & (SLOTS - 1);
        }
        index[slot] = position as u16;
        position += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::table;

    #[test]
    fn every_command_is_found_in_any_case() {
        for command in &ALL {
            assert!(std::ptr::eq(find(command.name.as_bytes()).unwrap(), command), "{}", command.name);
            assert!(
                std::ptr::eq(find(command.name.to_uppercase().as_bytes()).unwrap(), command),
                "{}",
                command.name
            );
        }
        assert!(
            find(b"").is_none()
                && find(b"gett").is_none()
                && find(&[b'g'; 100]).is_none()
                && find(b"\xff").is_none()
        );
    }

    #[test]
    fn numbers_are_places() {
        let mut count = 0;
        for (number, command) in table::all_numbered().enumerate() {
            assert_eq!(usize::from(command.number), number, "{}", command.name);
            let found = table::find(command.name.as_bytes()).unwrap();
            assert!(std::ptr::eq(found, command), "{}", command.name);
            assert!(std::ptr::eq(table::numbered(command.number).unwrap(), command));
            count += 1;
        }
        assert_eq!(count, table::COUNT_ALL);
        assert!(table::numbered(u16::MAX).is_none());
    }
}
