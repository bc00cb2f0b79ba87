//! INFO, in Redis' sections and names. What is not known, or would mean something else here, is left out.

pub(crate) mod process;
mod sections;

use std::fmt::Write as _;

use selvedge_node::Args;

use crate::shared::Shared;
use sections::SECTIONS;

/// Lines of a section: field and value.
type Lines = Vec<(String, String)>;

/// A section of the page.
struct Section {
    name: &'static str,
    /// Shown when nobody asks for sections.
    is_default: bool,
    lines: fn(&Shared) -> Lines,
}

/// The sections that were asked for; the usual ones when none is named.
pub(crate) fn page(shared: &Shared, wanted: Args<'_>) -> String {
    let asks = |word: &str| wanted.iter().any(|asked| asked.eq_ignore_ascii_case(word.as_bytes()));
    let everything = asks("all") || asks("everything");
    let defaults = wanted.is_empty() || asks("default");
    let mut page = String::new();
    for section in SECTIONS {
        if everything || (defaults && section.is_default) || asks(section.name) {
            if !page.is_empty() {
                page.push_str("\r\n");
            }
            let _ = write!(page, "# {}\r\n", section.name);
            for (field, value) in (section.lines)(shared) {
                let _ = write!(page, "{field}:{value}\r\n");
            }
        }
    }
    page
}
