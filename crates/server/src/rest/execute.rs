//! Executing what a REST request holds.

use std::borrow::Cow;

use hyper::StatusCode;
use selvedge_node::{Caller, CommandError, Connection as Word, Queued, Run};
use selvedge_wire::json::{self, Encoding};
use selvedge_wire::resp::RespSink;
use selvedge_wire::rest::{Arguments, RestError};
use selvedge_wire::{Protocol, ReplySink};
use smallvec::SmallVec;

use crate::info;
use crate::rest::answer::{self, Answer, JSON, status_of};
use crate::shared::Shared;
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

    fn write(self, out: &mut Vec<u8>, run: &mut dyn FnMut(&mut dyn ReplySink)) {
        match self {
            Self::Json(encoding) => {
                json::write_element(out, encoding, run);
            }
            Self::Resp2 => run(&mut RespSink::new(out, Protocol::Resp2)),
        }
    }

    fn write_error(self, out: &mut Vec<u8>, text: &str) {
        self.write(out, &mut |sink| sink.error(text));
    }
}

/// One command.
pub(super) async fn command(
    shared: &Shared,
    caller: Caller,
    form: Form,
    arguments: &Arguments<'_>,
) -> Answer {
    let mut turn = Turn::default();
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
    let mut turn = Turn::default();
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
    let mut queue = Vec::with_capacity(commands.len());
    for command in commands {
        let queued = match command {
            Err(error) => Err(error.to_string()),
            Ok(arguments) => {
                let args: SmallVec<[&[u8]; 16]> = arguments.iter().map(Cow::as_ref).collect();
                match admit(shared, caller, &args) {
                    Ok(command) if matches!(command.run, Run::Read(_) | Run::Write(_)) => {
                        Ok(Queued { command, arguments: arguments.iter().map(|arg| arg.to_vec()).collect() })
                    }
                    Ok(command) => Err(not_over_rest(command.name)),
                    Err(error) => Err(error.to_string()),
                }
            }
        };
        match queued {
            Ok(queued) => queue.push(queued),
            Err(text) => {
                let text = format!("EXECABORT Transaction discarded because of: {text}");
                return answer::error(shared, StatusCode::BAD_REQUEST, &text);
            }
        }
    }
    let mut turn = Turn::default();
    let ended = turn
        .execute_transaction(shared, &queue, |out, run| {
            let mut values = selvedge_wire::ValueSink::new(Protocol::Resp2);
            run(&mut values);
            write_elements(out, encoding, values);
        })
        .await;
    let committed = turn.commit(shared, json::write_error).await;
    let status = match (ended, committed) {
        (Ended::Undone(error), _) => {
            json::write_error(&mut turn.out, &error);
            status_of(&error)
        }
        (_, Err(unknown)) => status_of(&unknown.to_string()),
        (Ended::Replied { is_error: true }, Ok(())) => StatusCode::SERVICE_UNAVAILABLE,
        (Ended::Replied { is_error: false }, Ok(())) => StatusCode::OK,
    };
    finish(shared, status, Form::Json(encoding), turn)
}

/// A transaction's replies as an array of elements; a refusal of the whole as one error.
fn write_elements(out: &mut Vec<u8>, encoding: Encoding, values: selvedge_wire::ValueSink) {
    for value in values.into_values() {
        match value {
            selvedge_wire::Value::Array(replies) => {
                for (index, reply) in replies.iter().enumerate() {
                    out.push(if index == 0 { b'[' } else { b',' });
                    json::write_element(out, encoding, |sink| reply.write(sink));
                }
                out.push(b']');
            }
            other => {
                json::write_element(out, encoding, |sink| other.write(sink));
            }
        }
    }
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
            let text = match error {
                CommandError::UnknownCommand { .. } if args.first().is_some_and(|word| is_stateful(word)) => {
                    not_over_rest(&String::from_utf8_lossy(args.first().copied().unwrap_or_default()))
                }
                error => error.to_string(),
            };
            form.write_error(&mut turn.out, &text);
            return Some(text);
        }
    };
    if let Run::Connection(word) = command.run {
        return connection_command(shared, form, word, command.name, &args, turn);
    }
    let mut text = None;
    let ended = turn
        .execute(shared, command, &args, |out, run| {
            form.write(out, &mut |sink| {
                let mut watch = ErrorWatch { sink, text: None };
                run(&mut watch);
                text = watch.text;
            });
        })
        .await;
    if let Ended::Undone(error) = ended {
        form.write_error(&mut turn.out, &error);
        return Some(error);
    }
    text
}

/// Commands about the connection have no connection here, but for those that are harmless or only tell.
fn connection_command(
    shared: &Shared,
    form: Form,
    word: Word,
    name: &str,
    args: &[&[u8]],
    turn: &mut Turn,
) -> Option<String> {
    let mut text = None;
    form.write(&mut turn.out, &mut |sink| match word {
        Word::ClientSetinfo => sink.status("OK"),
        Word::Info => sink.bulk(info::page(shared, args.get(1..).unwrap_or_default()).as_bytes()),
        Word::Select if args.get(1).is_some_and(|index| *index == b"0") => sink.status("OK"),
        Word::Select => {
            sink.error("ERR DB index is out of range");
            text = Some("ERR".to_owned());
        }
        Word::ConfigGet => crate::connection::config_get(shared, args, sink),
        _ => {
            sink.error(&not_over_rest(name));
            text = Some("ERR".to_owned());
        }
    });
    text
}

/// The text of the service for commands that need a connection.
pub(super) fn not_over_rest(name: &str) -> String {
    let name = name.split('|').next().unwrap_or(name).to_uppercase();
    format!("ERR Command \"{name}\" is not allowed in REST or it has a special context path")
}

/// Commands that need a connection and that the table does not have yet.
fn is_stateful(word: &[u8]) -> bool {
    ["watch", "unwatch", "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "monitor"]
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
}

macro_rules! pass {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {
        $(fn $name(&mut self, $($argument: $kind),*) {
            self.sink.$name($($argument),*);
        })*
    };
}

impl ReplySink for ErrorWatch<'_> {
    fn protocol(&self) -> Protocol {
        self.sink.protocol()
    }
    fn error(&mut self, text: &str) {
        self.text = Some(text.to_owned());
        self.sink.error(text);
    }
    fn bulk_chunks(&mut self, len: usize, chunks: &mut dyn Iterator<Item = &[u8]>) {
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
