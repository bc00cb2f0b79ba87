//! Executing what a REST request holds.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use selvedge_node::{Blocked, Caller, CommandError, Connection as Word, Queued, Run, Sequence, check_place};
use selvedge_wire::json::{self, Encoding};
use selvedge_wire::resp::RespSink;
use selvedge_wire::rest::{Arguments, RestError};
use selvedge_wire::{Protocol, ReplySink, Value};
use smallvec::SmallVec;

use tokio::time::timeout;

use crate::commands;
use crate::resp::Running;
use crate::rest::answer::{self, Answer, JSON, status_of};
use crate::shared::Shared;
use crate::statistics::Measured;
use crate::transaction::Prepared;
use crate::turn::{Ended, Turn, admit};

/// How replies are written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Json(Encoding),
    Resp2,
}

impl Form {
    fn content_type(self) -> &'static str {
        match self {
            Self::Json(_) => JSON,
            Self::Resp2 => "application/octet-stream",
        }
    }

    fn element(self) -> Element {
        match self {
            Self::Json(encoding) => Element::Json(json::Element::new(encoding)),
            Self::Resp2 => Element::Resp2,
        }
    }

    fn write(self, out: &mut Vec<u8>, run: &mut dyn FnMut(&mut dyn ReplySink)) {
        self.element().write(out, run);
    }

    fn write_error(self, out: &mut Vec<u8>, text: &str) {
        self.write(out, &mut |sink| sink.error(text));
    }
}

/// A reply that may come in parts.
#[derive(Debug)]
enum Element {
    Json(json::Element),
    Resp2,
}

impl Element {
    fn write(&mut self, out: &mut Vec<u8>, run: &mut dyn FnMut(&mut dyn ReplySink)) {
        match self {
            Self::Json(element) => {
                element.write(out, run);
            }
            Self::Resp2 => run(&mut RespSink::new(out, Protocol::Resp2)),
        }
    }
}

/// One command.
pub(super) async fn command(
    shared: &Shared,
    caller: Caller,
    form: Form,
    arguments: &Arguments<'_>,
) -> Answer {
    let mut turn = Turn::begin(Vec::new());
    let error = run(shared, caller, form, arguments, &mut turn).await;
    let committed = turn.commit(shared, |out, text| form.write_error(out, text)).await;
    let status = match (&committed, error) {
        (Err(unknown), _) => status_of(&unknown.to_string()),
        (Ok(()), Some(text)) => status_of(&text),
        (Ok(()), None) => StatusCode::OK,
    };
    finish(shared, status, form, turn)
}

/// Commands in order, each with its own outcome.
pub(super) async fn pipeline(
    shared: &Shared,
    caller: Caller,
    form: Form,
    commands: &[Result<Arguments<'_>, RestError>],
) -> Answer {
    let mut turn = Turn::begin(Vec::new());
    let is_json = matches!(form, Form::Json(_));
    for (index, command) in commands.iter().enumerate() {
        if is_json {
            turn.out.push(if index == 0 { b'[' } else { b',' });
        }
        match command {
            Ok(arguments) => {
                run(shared, caller, form, arguments, &mut turn).await;
            }
            Err(error) => form.write_error(&mut turn.out, &error.to_string()),
        }
    }
    if is_json {
        turn.out.push(b']');
    }
    // Replies that can never leave were replaced one by one.
    let _ = turn.commit(shared, |out, text| form.write_error(out, text)).await;
    finish(shared, StatusCode::OK, form, turn)
}

/// All commands as one, or none of them. Always answers in JSON.
pub(super) async fn transaction(
    shared: &Shared,
    caller: Caller,
    form: Form,
    commands: &[Result<Arguments<'_>, RestError>],
) -> Answer {
    let encoding = match form {
        Form::Json(encoding) => encoding,
        Form::Resp2 => Encoding::Plain,
    };
    let mut turn = Turn::begin(Vec::new());
    let prepared = match prepare(shared, caller, encoding, commands, &mut turn).await {
        Ok(prepared) => prepared,
        Err(text) => {
            let text = format!("EXECABORT Transaction discarded because of: {text}");
            return answer::error(shared, StatusCode::BAD_REQUEST, &text);
        }
    };
    let ended = turn
        .execute_transaction(shared, &Arc::new(prepared), None, &sender, |out, _, run| {
            let mut text = None;
            json::write_element(out, encoding, |sink| {
                let mut watch = ErrorWatch { sink, text: None, is_inside: false };
                run(&mut watch);
                text = watch.text;
            });
            text
        })
        .await;
    if let Ended::Outdated { sequence, guard } = ended {
        write_outdated(shared, guard.unwrap_or_default(), sequence, &mut turn);
    }
    let committed = turn.commit(shared, json::write_error).await;
    let status = match (ended, committed) {
        (Ended::Undone(error), _) => {
            json::write_error(&mut turn.out, &error);
            status_of(&error)
        }
        (_, Err(unknown)) => status_of(&unknown.to_string()),
        // A transaction never waits.
        (Ended::Replied | Ended::Blocked(_) | Ended::Outdated { .. }, Ok(())) => StatusCode::OK,
    };
    finish(shared, status, Form::Json(encoding), turn)
}

/// The answer of a transaction that a guard kept from running: it ends with that guard, behind those that hold.
fn write_outdated(shared: &Shared, guard: usize, sequence: Sequence, turn: &mut Turn) {
    let start = turn.out.len();
    turn.out.push(b'[');
    for index in 0..=guard {
        if index > 0 {
            turn.out.push(b',');
        }
        json::write_element(&mut turn.out, Encoding::Plain, |sink| sink.integer(i64::from(index < guard)));
    }
    turn.out.push(b']');
    turn.replied(shared, start, sequence);
}

/// Checks all commands first, then runs those that touch no data. The text of the first refusal.
async fn prepare(
    shared: &Shared,
    caller: Caller,
    encoding: Encoding,
    commands: &[Result<Arguments<'_>, RestError>],
    turn: &mut Turn,
) -> Result<Prepared, String> {
    let mut admitted = Vec::with_capacity(commands.len());
    for command in commands {
        let arguments = command.as_ref().map_err(ToString::to_string)?;
        let args: SmallVec<[&[u8]; 16]> = arguments.iter().map(Cow::as_ref).collect();
        let command = admit(shared, caller, &args).map_err(|error| refusal(&error, &args))?;
        if matches!(command.run, Run::Connection(word) if !is_over_rest(word)) {
            return Err(not_over_rest(command.name));
        }
        let ends = admitted.first().zip(admitted.last()).map(|((first, _), (last, _))| (*first, *last));
        check_place(ends, command).map_err(|error| error.to_string())?;
        admitted.push((command, args));
    }
    let writes = || admitted.iter().any(|(command, args)| shared.database.is_held_with_writes(command, args));
    shared.wait_for_the_end_of_a_pause(writes).await;
    let mut prepared = Prepared::default();
    for (index, (command, args)) in admitted.into_iter().enumerate() {
        prepared.between().push(if index == 0 { b'[' } else { b',' });
        match command.run {
            Run::Connection(word) => {
                let mut error = None;
                json::write_element(prepared.between(), encoding, |sink| {
                    error = own(shared, word, &args, sink);
                });
                let took = turn.meter.lap();
                Measured { command, args: &args, took, error: error.as_deref() }.note(shared, &sender);
                shared.show_command(command, &args, &sender);
            }
            Run::Read(_)
            | Run::Guard(_)
            | Run::Write(_)
            | Run::Blocking(_)
            | Run::BlockingRead(_)
            | Run::Script(_)
            | Run::Container => {
                let arguments = args.iter().map(|arg| arg.to_vec()).collect();
                prepared.push(Queued { command, arguments });
            }
        }
    }
    prepared.between().push(b']');
    Ok(prepared)
}

/// Runs one command; its element goes to the end of the output. The error's text if it is one.
async fn run(
    shared: &Shared,
    caller: Caller,
    form: Form,
    arguments: &Arguments<'_>,
    turn: &mut Turn,
) -> Option<String> {
    let args: SmallVec<[&[u8]; 16]> = arguments.iter().map(Cow::as_ref).collect();
    let command = match admit(shared, caller, &args) {
        Ok(command) => command,
        Err(error) => {
            let text = refusal(&error, &args);
            form.write_error(&mut turn.out, &text);
            return Some(text);
        }
    };
    if matches!(command.run, Run::Connection(word) if !is_over_rest(word)) {
        let text = not_over_rest(command.name);
        form.write_error(&mut turn.out, &text);
        return Some(text);
    }
    shared.wait_for_the_end_of_a_pause(|| shared.database.is_held_with_writes(command, &args)).await;
    let begun = turn.meter.since();
    // A program is shown before its commands, everything else when it is done.
    let is_program = command.runs_program();
    if is_program {
        shared.show_command(command, &args, &sender);
    }
    let mut error = None;
    let mut waits = None;
    if let Run::Connection(word) = command.run {
        form.write(&mut turn.out, &mut |sink| error = own(shared, word, &args, sink));
    } else {
        let mut element = form.element();
        let ended = turn
            .execute(shared, command, &args, |out, run| {
                element.write(out, &mut |sink| {
                    let mut watch = ErrorWatch { sink, text: None, is_inside: false };
                    run(&mut watch);
                    error = watch.text;
                });
            })
            .await;
        match ended {
            Ended::Replied | Ended::Outdated { .. } => {}
            Ended::Undone(text) => {
                form.write_error(&mut turn.out, &text);
                error = Some(text);
            }
            Ended::Blocked(blocked) => waits = Some(blocked),
        }
    }
    let took = turn.meter.lap_from(begun);
    Measured { command, args: &args, took, error: error.as_deref() }.note(shared, &sender);
    if !is_program {
        shared.show_command(command, &args, &sender);
    }
    match waits {
        Some(blocked) => wait(shared, form, blocked, turn).await,
        None => error,
    }
}

/// Waits for the reply of a blocked command, at most as long as a request may. The error's text if it is one.
async fn wait(shared: &Shared, form: Form, mut blocked: Blocked, turn: &mut Turn) -> Option<String> {
    // Replies in front of it are kept back anyway; their writes must not be.
    let _ = turn.commit(shared, |out, text| form.write_error(out, text)).await;
    let _paused = Running::pause(shared);
    let most_ms = shared.settings.rest_blocking_ms_max;
    let patience = Duration::from_millis(blocked.patience.timeout_ms.map_or(most_ms, |ms| ms.min(most_ms)));
    let woken = match timeout(patience, blocked.woken()).await {
        Ok(woken) => woken,
        Err(_) => blocked.give_up(),
    };
    let text = match woken.as_ref().map(|woken| &woken.reply) {
        Some(Value::Error(text)) => Some(text.clone()),
        _ => None,
    };
    turn.woken(shared, woken, |out, run| form.write(out, run));
    // Nobody worked on the command meanwhile.
    turn.meter.lap();
    text
}

/// Commands about the connection have no connection here, but for those that are harmless or only tell.
fn is_over_rest(word: Word) -> bool {
    matches!(word, Word::ClientSetinfo | Word::Select) || commands::is_about_process(word)
}

/// Runs one of them. The text of its error.
fn own(shared: &Shared, word: Word, args: &[&[u8]], sink: &mut dyn ReplySink) -> Option<String> {
    let mut watch = ErrorWatch { sink, text: None, is_inside: false };
    match word {
        Word::ClientSetinfo => watch.status("OK"),
        Word::Select if args.get(1).is_some_and(|index| *index == b"0") => watch.status("OK"),
        Word::Select => watch.error("ERR DB index is out of range"),
        _ => commands::answer(shared, word, args, &mut watch),
    }
    watch.text
}

/// A command that came over REST has no address of its own: a proxy may have sent it, for anybody.
fn sender() -> (String, String) {
    Default::default()
}

/// The text of a refused command line.
fn refusal(error: &CommandError, args: &[&[u8]]) -> String {
    match (error, args.first()) {
        (CommandError::UnknownCommand { .. }, Some(name)) if is_stateful(name) => {
            not_over_rest(&String::from_utf8_lossy(name))
        }
        _ => error.to_string(),
    }
}

/// The text of the service for commands that need a connection.
pub(super) fn not_over_rest(name: &str) -> String {
    let name = name.split('|').next().unwrap_or(name).to_uppercase();
    format!("ERR Command \"{name}\" is not allowed in REST or it has a special context path")
}

/// Commands that need a connection and that the table does not have yet.
fn is_stateful(word: &[u8]) -> bool {
    ["subscribe", "unsubscribe", "psubscribe", "punsubscribe", "monitor"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
}

fn finish(shared: &Shared, status: StatusCode, form: Form, turn: Turn) -> Answer {
    crate::metrics::add(&shared.metrics.sent_bytes, turn.out.len() as u64);
    answer::with_sequence(shared, status, form.content_type(), turn.out, turn.sequence.max(1))
}

/// Passes a reply on and keeps the text of an error at its top, which decides the status code.
struct ErrorWatch<'a> {
    sink: &'a mut dyn ReplySink,
    text: Option<String>,
    /// The reply has begun: an error is one of its elements.
    is_inside: bool,
}

macro_rules! pass {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {
        $(fn $name(&mut self, $($argument: $kind),*) {
            self.is_inside = true;
            self.sink.$name($($argument),*);
        })*
    };
}

impl ReplySink for ErrorWatch<'_> {
    fn protocol(&self) -> Protocol {
        self.sink.protocol()
    }
    fn error(&mut self, text: &str) {
        if !std::mem::replace(&mut self.is_inside, true) {
            self.text = Some(text.to_owned());
        }
        self.sink.error(text);
    }
    fn bulk_chunks(&mut self, len: usize, chunks: &mut dyn Iterator<Item = &[u8]>) {
        self.is_inside = true;
        self.sink.bulk_chunks(len, chunks);
    }
    pass! {
        status(text: &str);
        integer(value: i64);
        bulk(bytes: &[u8]);
        null();
        null_array();
        array(len: usize);
        map(pairs: usize);
        set(len: usize);
        push(len: usize);
        double(value: f64);
        boolean(value: bool);
        big_number(digits: &str);
        verbatim(format: &[u8; 3], text: &[u8]);
    }
}
