//! Requests that are refused before a command is looked up.

/// A request that is refused. The text is what goes into `{"error": ...}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// The body is no JSON array.
    #[error("ERR failed to parse command")]
    Command,
    /// The body is an empty array.
    #[error("ERR empty command")]
    EmptyCommand,
    /// The body is no array of arrays.
    #[error("ERR failed to parse pipeline request")]
    Pipeline,
    /// The body is an empty array.
    #[error("ERR empty pipeline request")]
    EmptyPipeline,
    /// One of the arrays is empty.
    #[error("ERR empty pipeline command")]
    EmptyPipelineCommand,
    /// An argument is an array or an object.
    #[error("ERR unsupported arg type: \"{0}\": json.Delim")]
    Nested(char),
    /// An argument is null.
    #[error("ERR unsupported arg type: null")]
    Null,
    /// The arguments are larger than a command may be.
    #[error("ERR max request size exceeded. Limit: {limit} bytes, Actual: {actual} bytes")]
    TooLarge {
        /// Bytes allowed.
        limit: usize,
        /// Bytes sent.
        actual: usize,
    },
    /// More arguments than a command, or a whole pipeline, may hold.
    #[error("LIMIT max arguments exceeded. Limit: {limit} arguments")]
    TooManyArguments {
        /// Arguments allowed.
        limit: usize,
    },
    /// More commands than a pipeline may hold.
    #[error("LIMIT max pipeline size exceeded. Limit: {limit} commands")]
    TooManyCommands {
        /// Commands allowed.
        limit: usize,
    },
}

impl RestError {
    /// The status code of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::TooLarge { .. } | Self::TooManyArguments { .. } | Self::TooManyCommands { .. } => 413,
            Self::Command
            | Self::EmptyCommand
            | Self::Pipeline
            | Self::EmptyPipeline
            | Self::EmptyPipelineCommand
            | Self::Nested(_)
            | Self::Null => 400,
        }
    }
}
