//! Command lines from the grammar of the command table, so that a new command is covered without a word here.

use selvedge_engine::table::{Arg, ArgKind, Command};

use super::pools;
use super::random::Random;
use super::rules;

/// The words of a command line.
pub(super) type Line = Vec<Vec<u8>>;

/// Chances in a hundred.
const OPTION_IS_THERE: usize = 35;
const LINE_IS_SPOILT: usize = 10;
const NAME_IN_UPPER_CASE: usize = 20;
/// A step of a walk that is longer than any collection.
const WALK_COUNT: &[u8] = b"10000";
/// How many lines of a session come from the generator.
const SESSION_LINES: usize = 250;

/// Makes command lines.
#[derive(Debug)]
pub(super) struct Generator {
    random: Random,
    commands: Vec<(&'static Command, usize)>,
    weight: usize,
}

/// A line that is being made.
#[derive(Debug, Default)]
struct Draft {
    words: Line,
    /// Where a count of what follows stands, until it is known.
    count_at: Option<usize>,
    /// How many keys or fields were counted.
    counted: Option<usize>,
}

impl Generator {
    /// The lines that belong to a seed.
    pub(super) fn new(seed: u64) -> Self {
        let commands = rules::commands();
        let weight = commands.iter().map(|(_, weight)| weight).sum();
        Self { random: Random::new(seed), commands, weight }
    }

    /// A session: lines from the generator, and then those that look at all there is.
    pub(super) fn session(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        for _ in 0..SESSION_LINES {
            let mut line = self.line();
            if rules::is_by_member(&line) {
                lines.push(self.with_one_score(&mut line));
            }
            let by_chance = line.first().is_some_and(|name| {
                rules::BY_CHANCE.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
            });
            let key = line.get(1).cloned().filter(|_| by_chance);
            lines.push(line);
            lines.extend(key.map(|key| vec![b"DEL".to_vec(), key]));
        }
        lines.extend(look());
        lines
    }

    /// How many of a session's lines are the generator's own.
    pub(super) fn lines_per_session() -> usize {
        SESSION_LINES
    }

    fn line(&mut self) -> Line {
        let Some(command) = self.command() else { return Vec::new() };
        let mut draft = Draft::default();
        let name = match self.random.percent(NAME_IN_UPPER_CASE) {
            true => command.name.to_ascii_uppercase(),
            false => command.name.to_owned(),
        };
        draft.words.push(name.into_bytes());
        for arg in command.args {
            self.arg(command, arg, &mut draft);
        }
        if rules::WALKS.contains(&command.name) && !has_word(&draft.words, "COUNT") {
            draft.words.extend([b"COUNT".to_vec(), WALK_COUNT.to_vec()]);
        }
        if !is_comparable(command, &draft.words) {
            draft.words.retain(|word| !word.eq_ignore_ascii_case(b"ALPHA"));
            draft.words.extend(command.name.starts_with("zrange").then(|| b"BYSCORE".to_vec()));
        }
        // A timeout in another place could wait for ever.
        if !rules::is_blocking(command) && self.random.percent(LINE_IS_SPOILT) {
            let mut spoilt = draft.words.clone();
            self.spoil(&mut spoilt);
            if is_comparable(command, &spoilt) {
                return spoilt;
            }
        }
        draft.words
    }

    /// Turns a line that asks for a range of members to a key with one score, and gives the line that fills it.
    fn with_one_score(&mut self, line: &mut Line) -> Line {
        let key = self.random.pick(rules::ONE_SCORE_KEYS).copied().unwrap_or_default();
        let is_store = line.first().is_some_and(|name| name.eq_ignore_ascii_case(b"zrangestore"));
        if let Some(word) = line.get_mut(if is_store { 2 } else { 1 }) {
            *word = key.as_bytes().to_vec();
        }
        pools::one_score(&mut self.random, key.as_bytes())
    }

    fn command(&mut self) -> Option<&'static Command> {
        let mut rest = self.random.below(self.weight);
        for (command, weight) in &self.commands {
            match rest.checked_sub(*weight) {
                Some(less) => rest = less,
                None => return Some(command),
            }
        }
        None
    }

    fn arg(&mut self, command: &Command, arg: &Arg, draft: &mut Draft) {
        if arg.optional && (!self.random.percent(OPTION_IS_THERE) || is_left_out(command, arg)) {
            return;
        }
        let times = match (arg.multiple, draft.count_at, draft.counted) {
            (false, ..) => 1,
            // Weights are as many as there are keys.
            (true, None, Some(counted)) if arg.token.is_some() => counted,
            (true, ..) => 1 + self.random.below(3),
        };
        if let Some(count) = draft.count_at.take_if(|_| arg.multiple).and_then(|at| draft.words.get_mut(at)) {
            draft.counted = Some(times);
            if !self.random.percent(4) {
                *count = times.to_string().into_bytes();
            }
        }
        for i in 0..times {
            // WEIGHTS stands once in front of all, GET of SORT and of BITFIELD_RO before each.
            let repeats = matches!(arg.kind, ArgKind::Pattern | ArgKind::Block);
            if let Some(token) = arg.token.filter(|_| i == 0 || repeats) {
                draft.words.push(self.token(token));
            }
            self.value(command, arg, draft);
        }
    }

    fn value(&mut self, command: &Command, arg: &Arg, draft: &mut Draft) {
        match arg.kind {
            ArgKind::PureToken => {}
            ArgKind::OneOf => {
                let choices: Vec<&Arg> =
                    arg.args.iter().filter(|choice| !is_left_out(command, choice)).collect();
                if let Some(chosen) = self.random.pick(&choices) {
                    self.arg(command, &Arg { optional: false, ..**chosen }, draft);
                }
            }
            ArgKind::Block => arg.args.iter().for_each(|inner| self.arg(command, inner, draft)),
            ArgKind::Key => draft.words.push(pools::key(&mut self.random, command.group)),
            _ => {
                if matches!(arg.name, "numkeys" | "numfields") {
                    draft.count_at = Some(draft.words.len());
                }
                draft.words.push(pools::word(&mut self.random, arg));
            }
        }
    }

    fn token(&mut self, token: &str) -> Vec<u8> {
        match self.random.percent(10) {
            true => token.to_ascii_lowercase().into_bytes(),
            false => token.as_bytes().to_vec(),
        }
    }

    /// Makes a line that is probably wrong out of one that is probably right. Its name stays.
    fn spoil(&mut self, words: &mut Line) {
        let place = 1 + self.random.below(words.len());
        let stray = pools::stray(&mut self.random);
        match self.random.below(5) {
            0 if words.len() > 1 => {
                words.pop();
            }
            1 if place < words.len() => {
                words.remove(place);
            }
            2 => words.insert(place.min(words.len()), stray),
            3 => words.push(stray),
            _ => {
                if let Some(word) = words.get_mut(place) {
                    *word = stray;
                }
            }
        }
    }
}

/// Whether both servers must answer the same.
fn is_comparable(command: &Command, words: &Line) -> bool {
    match command.name {
        "sort" | "sort_ro" => {
            // By a pattern that names one key for all, a set is not sorted; and among elements whose words are the same
            // any may come first.
            let by = words.iter().rposition(|word| word.eq_ignore_ascii_case(b"BY"));
            let pattern = by.and_then(|at| words.get(at + 1));
            pattern.is_none_or(|pattern| pattern.contains(&b'*') && !has_word(words, "ALPHA"))
        }
        // We take a LIMIT of ranks, as Upstash does.
        "zrange" | "zrangestore" => {
            !has_word(words, "LIMIT") || has_word(words, "BYSCORE") || has_word(words, "BYLEX")
        }
        name => !rules::WALKS.contains(&name) || is_whole_walk(words),
    }
}

/// Whether it goes from end to end in one step: where else a step begins or ends is each server's own affair.
fn is_whole_walk(words: &Line) -> bool {
    let at = if words.first().is_some_and(|name| name.eq_ignore_ascii_case(b"scan")) { 1 } else { 2 };
    let starts_inside =
        words.get(at).is_some_and(|cursor| cursor != b"0" && cursor.iter().any(u8::is_ascii_digit));
    let count = words.iter().rposition(|word| word.eq_ignore_ascii_case(b"COUNT"));
    !starts_inside && count.and_then(|at| words.get(at + 1)).is_some_and(|count| count == WALK_COUNT)
}

fn is_left_out(command: &Command, arg: &Arg) -> bool {
    rules::OPTIONS_LEFT_OUT.iter().any(|(name, option, _)| *name == command.name && *option == arg.name)
}

fn has_word(words: &Line, wanted: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// Lines that show all there is.
fn look() -> Vec<Line> {
    let line = |text: String| text.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Line>();
    let mut lines = vec![line("DISCARD".to_owned()), line("KEYS *".to_owned())];
    for key in pools::all_keys() {
        for text in ["TYPE {}", "PEXPIRETIME {}", "GET {}", "LRANGE {} 0 -1", "HGETALL {}", "SMEMBERS {}"] {
            lines.push(line(text.replace("{}", key)));
        }
        for (name, text) in [("zrange", "ZRANGE {} 0 -1 WITHSCORES"), ("xrange", "XRANGE {} - +")] {
            if selvedge_engine::table::find(name.as_bytes()).is_some() {
                lines.push(line(text.replace("{}", key)));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_lines() {
        assert_eq!(Generator::new(7).session(), Generator::new(7).session());
        assert_ne!(Generator::new(7).session(), Generator::new(8).session());
    }

    #[test]
    fn most_lines_are_ones_that_the_table_admits() {
        let mut generator = Generator::new(1);
        let lines: Vec<Line> = (0..2000).map(|_| generator.line()).collect();
        let admitted = lines.iter().filter(|line| {
            let words: Vec<&[u8]> = line.iter().map(Vec::as_slice).collect();
            selvedge_engine::table::lookup(&words).is_ok()
        });
        assert!(admitted.count() > 1800);
    }
}
