//! JSON bodies: a command, or an array of commands.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::limits::{ARGUMENTS_MAX, PIPELINE_ARGUMENTS_MAX, PIPELINE_COMMANDS_MAX};
use crate::rest::argument::read_argument;
use crate::rest::{Arguments, RestError};

/// What one command gave: its arguments, or why it is refused although the body is JSON.
type Command<'a> = Result<Arguments<'a>, RestError>;

/// Reads the body of `/`: one array of strings, numbers and booleans. Numbers keep their text.
///
/// # Errors
/// [`RestError`] with the text of the service.
pub fn parse_command(body: &[u8], command_bytes_max: usize) -> Result<Arguments<'_>, RestError> {
    let mut arguments_left = ARGUMENTS_MAX;
    let seed = CommandSeed { bytes_max: command_bytes_max, arguments_left: &mut arguments_left };
    let arguments = read(body, seed).ok_or(RestError::Command)??;
    if arguments.is_empty() { Err(RestError::EmptyCommand) } else { Ok(arguments) }
}

/// Reads the body of `/pipeline` and `/multi-exec`. A command that cannot be read is an error of its own; `bytes_max`
/// holds for each command.
///
/// # Errors
/// [`RestError`] if the body as a whole is no pipeline.
pub fn parse_pipeline(body: &[u8], command_bytes_max: usize) -> Result<Vec<Command<'_>>, RestError> {
    let mut arguments_left = PIPELINE_ARGUMENTS_MAX;
    let seed = PipelineSeed { bytes_max: command_bytes_max, arguments_left: &mut arguments_left };
    let commands = read(body, seed).ok_or(RestError::Pipeline)??;
    if commands.is_empty() { Err(RestError::EmptyPipeline) } else { Ok(commands) }
}

/// The one JSON value that the body is. `None` if it is not UTF-8, not JSON, or not of the shape.
///
/// Nothing recurses: both levels of arrays are read by a loop each, and serde_json skips over what is deeper with a
/// stack of its own on the heap.
fn read<'a, S: DeserializeSeed<'a>>(body: &'a [u8], seed: S) -> Option<S::Value> {
    let mut deserializer = serde_json::Deserializer::from_str(std::str::from_utf8(body).ok()?);
    let value = seed.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(value)
}

/// Reads one command.
struct CommandSeed<'r> {
    bytes_max: usize,
    arguments_left: &'r mut usize,
}

impl<'de> DeserializeSeed<'de> for CommandSeed<'_> {
    type Value = Command<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for CommandSeed<'_> {
    type Value = Command<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array of arguments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let arguments_max = ARGUMENTS_MAX.min(*self.arguments_left);
        let mut arguments = Arguments::new();
        let mut actual = 0;
        let mut refused = None;
        // A refused command is read to its end: the rest of the body may be no JSON, which weighs more, the commands
        // behind it count, and its size is part of the text.
        while let Some(item) = items.next_element::<&'de RawValue>()? {
            match read_argument(item) {
                Ok(Some(argument)) => {
                    actual += argument.len();
                    if refused.is_some() || actual > self.bytes_max {
                        continue;
                    }
                    if arguments.len() == arguments_max {
                        let limit = if arguments_max == ARGUMENTS_MAX {
                            ARGUMENTS_MAX
                        } else {
                            PIPELINE_ARGUMENTS_MAX
                        };
                        refused = Some(RestError::TooManyArguments { limit });
                        continue;
                    }
                    arguments.push(argument);
                }
                Ok(None) => return Err(A::Error::custom("a string that cannot be read")),
                Err(error) => {
                    refused.get_or_insert(error);
                }
            }
        }
        if refused.is_none() && actual > self.bytes_max {
            refused = Some(RestError::TooLarge { limit: self.bytes_max, actual });
        }
        *self.arguments_left -= arguments.len();
        Ok(refused.map_or(Ok(arguments), Err))
    }
}

/// Reads an array of commands.
struct PipelineSeed<'r> {
    bytes_max: usize,
    arguments_left: &'r mut usize,
}

impl<'de> DeserializeSeed<'de> for PipelineSeed<'_> {
    type Value = Result<Vec<Command<'de>>, RestError>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for PipelineSeed<'_> {
    type Value = Result<Vec<Command<'de>>, RestError>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array of commands")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let Self { bytes_max, arguments_left } = self;
        let mut commands = Vec::new();
        while commands.len() < PIPELINE_COMMANDS_MAX {
            let seed = CommandSeed { bytes_max, arguments_left: &mut *arguments_left };
            let Some(command) = items.next_element_seed(seed)? else { return Ok(Ok(commands)) };
            commands.push(match command {
                Ok(arguments) if arguments.is_empty() => Err(RestError::EmptyPipelineCommand),
                command => command,
            });
        }
        let mut more = false;
        while items.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        Ok(if more { Err(RestError::TooManyCommands { limit: PIPELINE_COMMANDS_MAX }) } else { Ok(commands) })
    }
}

#[cfg(test)]
mod tests;
