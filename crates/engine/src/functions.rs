//! Libraries of functions: data of the database, like entries, but found by name and locked on their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::keyspace::Sequence;
use crate::scripting::ScriptFlags;
use crate::varint;

/// A library as FUNCTION LOAD took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Its name: letters, digits and underscores.
    pub name: String,
    /// Its whole text, first line included.
    pub code: Box<[u8]>,
    /// What it registers, in order.
    pub functions: Vec<FunctionRecord>,
}

/// What is known of a function without running its library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionRecord {
    /// Its name, which no other library's function has.
    pub name: String,
    /// What it does, if its library says.
    pub description: Option<String>,
    /// What it declares.
    pub flags: ScriptFlags,
}

impl Library {
    /// The records of its functions, as they stand in a mutation.
    pub(crate) fn encoded_functions(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let put = |out: &mut Vec<u8>, text: &str| {
            varint::put(out, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        };
        for function in &self.functions {
            put(&mut out, &function.name);
            out.push(function.flags.to_byte());
            out.push(u8::from(function.description.is_some()));
            if let Some(description) = &function.description {
                put(&mut out, description);
            }
        }
        out
    }

    /// A library out of the parts of a mutation.
    pub(crate) fn decoded(name: &[u8], code: &[u8], functions: Functions<'_>) -> Self {
        let name = String::from_utf8_lossy(name).into_owned();
        Self { name, code: code.into(), functions: functions.records().collect() }
    }
}

/// The records of a library's functions as they stand in a mutation: name, flags, and a description or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Functions<'a>(&'a [u8]);

impl<'a> Functions<'a> {
    /// Records that are whole. None if they are not.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        while !rest.is_empty() {
            take_record(&mut rest)?;
        }
        Some(Self(bytes))
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    fn records(self) -> impl Iterator<Item = FunctionRecord> + 'a {
        let mut rest = self.0;
        std::iter::from_fn(move || take_record(&mut rest))
    }
}

fn take_record(rest: &mut &[u8]) -> Option<FunctionRecord> {
    let name = take_text(rest)?;
    let flags = ScriptFlags::from_byte(take_byte(rest)?)?;
    let description = match take_byte(rest)? {
        0 => None,
        1 => Some(take_text(rest)?),
        _ => return None,
    };
    Some(FunctionRecord { name, description, flags })
}

fn take_byte(rest: &mut &[u8]) -> Option<u8> {
    let (byte, after) = rest.split_first()?;
    *rest = after;
    Some(*byte)
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let (len, len_bytes) = varint::read(rest)?;
    let text_and_after = rest.get(len_bytes..)?;
    let (text, after) = text_and_after.split_at_checked(usize::try_from(len).ok()?)?;
    *rest = after;
    String::from_utf8(text.to_vec()).ok()
}

/// All libraries of a database. Cloning it costs a pointer.
#[derive(Debug, Clone, Default)]
pub struct Libraries {
    by_name: Arc<BTreeMap<String, Arc<Library>>>,
    version: Sequence,
}

impl Libraries {
    /// The sequence of the last change.
    #[must_use]
    pub fn version(&self) -> Sequence {
        self.version
    }

    /// The library of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Library>> {
        self.by_name.get(name)
    }

    /// The function of that name, in any case, with its library.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<(&Arc<Library>, &FunctionRecord)> {
        self.by_name.values().find_map(|library| {
            library
                .functions
                .iter()
                .find(|function| function.name.eq_ignore_ascii_case(name))
                .map(|function| (library, function))
        })
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Library>> + Clone {
        self.by_name.values()
    }

    /// Puts a library in the place of the one of its name.
    pub(crate) fn put(&mut self, library: Library, sequence: Sequence) {
        Arc::make_mut(&mut self.by_name).insert(library.name.clone(), Arc::new(library));
        self.version = sequence;
    }

    /// Removes a library.
    pub(crate) fn remove(&mut self, name: &str, sequence: Sequence) {
        Arc::make_mut(&mut self.by_name).remove(name);
        self.version = sequence;
    }
}
