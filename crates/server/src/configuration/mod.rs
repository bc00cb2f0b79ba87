//! CONFIG: parameters in Redis' names.
//!
//! Three kinds: what shows a setting of ours and cannot be changed; what changes how this process works; and what is
//! accepted and shown because clients and test suites set it, although nothing here depends on it. A value that promises
//! more than is kept is refused.

mod parameters;
mod value;

use std::borrow::Cow;

use parking_lot::Mutex;
use selvedge_node::{Args, glob_matches};

use crate::shared::Shared;
use parameters::{PARAMETERS, Parameter, Source};

/// The values of parameters that can be changed, by their place in the list of all.
#[derive(Debug)]
pub(crate) struct Configuration {
    values: Mutex<Vec<String>>,
}

impl Default for Configuration {
    fn default() -> Self {
        let values = PARAMETERS.iter().map(|parameter| match parameter.source {
            Source::Kept { default, .. } => default.to_owned(),
            Source::Setting { .. } | Source::Promise { .. } | Source::Live { .. } => String::new(),
        });
        Self { values: Mutex::new(values.collect()) }
    }
}

/// Makes the defaults count.
pub(crate) fn apply_defaults(shared: &Shared) {
    for parameter in PARAMETERS {
        if let Source::Kept { default, apply, .. } = &parameter.source {
            apply(shared, default);
        }
    }
}

/// Names and values of the parameters that match.
///
/// A name without wildcards is given back as it was asked for, as Redis does.
pub(crate) fn get(shared: &Shared, patterns: Args<'_>) -> Vec<(String, String)> {
    let kept = shared.configuration.values.lock().clone();
    let mut found: Vec<(String, usize)> = Vec::new();
    for pattern in patterns {
        let is_pattern = pattern.iter().any(|byte| b"*?[\\".contains(byte));
        let lower = pattern.to_ascii_lowercase();
        for (index, parameter) in PARAMETERS.iter().enumerate() {
            for name in parameter.names.iter().filter(|name| glob_matches(&lower, name.as_bytes())) {
                let shown = if is_pattern { Cow::Borrowed(*name) } else { String::from_utf8_lossy(pattern) };
                if !found.iter().any(|(known, _)| known.eq_ignore_ascii_case(&shown)) {
                    found.push((shown.into_owned(), index));
                }
            }
        }
    }
    let value = |index: usize| match PARAMETERS.get(index).map(|parameter| &parameter.source) {
        Some(Source::Setting { show, .. } | Source::Promise { show, .. } | Source::Live { show, .. }) => {
            show(shared)
        }
        _ => kept.get(index).cloned().unwrap_or_default(),
    };
    found.into_iter().map(|(name, index)| (name, value(index))).collect()
}

/// A value that a parameter is to take.
struct Wanted<'a> {
    index: usize,
    parameter: &'static Parameter,
    /// As it was sent: errors repeat it.
    name: &'a [u8],
    value: &'a [u8],
}

/// Changes parameters, all of them or none. The text of the first refusal.
pub(crate) fn set(shared: &Shared, pairs: Args<'_>) -> Result<(), String> {
    let mut checked = Vec::new();
    for wanted in find(pairs)? {
        let refused = |reason: &str| refused(wanted.name, reason);
        match &wanted.parameter.source {
            Source::Setting { refusal, .. } => return Err(refused(refusal)),
            Source::Promise { kind, allow, .. } => {
                let text = kind.read(wanted.value).map_err(|reason| refused(&reason))?;
                allow(shared, &text).map_err(refused)?;
            }
            Source::Live { kind, apply, .. } => {
                kind.read(wanted.value).map_err(|reason| refused(&reason))?;
                checked.push((wanted.index, String::from_utf8_lossy(wanted.value).into_owned(), apply));
            }
            Source::Kept { kind, apply, .. } => {
                let text = kind.read(wanted.value).map_err(|reason| refused(&reason))?;
                checked.push((wanted.index, text, apply));
            }
        }
    }
    let mut values = shared.configuration.values.lock();
    for (index, text, apply) in checked {
        apply(shared, &text);
        if let Some(value) = values.get_mut(index) {
            *value = text;
        }
    }
    Ok(())
}

/// The parameters that are meant, each once, and none that cannot be changed. Values are looked at after all names.
fn find<'a>(pairs: &[&'a [u8]]) -> Result<Vec<Wanted<'a>>, String> {
    if !pairs.len().is_multiple_of(2) {
        return Err("ERR syntax error".to_owned());
    }
    let mut found: Vec<Wanted<'a>> = Vec::new();
    for pair in pairs.chunks_exact(2) {
        let [name, value] = *pair else { continue };
        let known = PARAMETERS.iter().enumerate().find(|(_, parameter)| parameter.has_name(name));
        let Some((index, parameter)) = known else {
            return Err(format!(
                "ERR Unknown option or number of arguments for CONFIG SET - '{}'",
                String::from_utf8_lossy(name)
            ));
        };
        if let Source::Setting { refusal, .. } = parameter.source {
            return Err(refused(name, refusal));
        }
        if found.iter().any(|other| other.index == index) {
            return Err(refused(name, "duplicate parameter"));
        }
        found.push(Wanted { index, parameter, name, value });
    }
    Ok(found)
}

fn refused(name: &[u8], reason: &str) -> String {
    let name = String::from_utf8_lossy(name);
    format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_once_and_defaults_are_values_of_their_kind() {
        let mut names: Vec<&str> = PARAMETERS.iter().flat_map(|parameter| parameter.names).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for parameter in PARAMETERS {
            if let Source::Kept { kind, default, .. } = &parameter.source {
                assert_eq!(kind.read(default.as_bytes()).as_deref(), Ok(*default), "{:?}", parameter.names);
            }
        }
    }
}
