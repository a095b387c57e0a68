//! One error type at the top, one place that prints it, one place that chooses the exit code.

use std::fmt;
use std::process::ExitCode;

/// What the process tells its caller. One that is interrupted elsewhere than in a plan ends by the signal, which shells show as 130 too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; for `check`, nothing at or above `--fail-on`.
    Ok = 0,
    /// Findings at or above `--fail-on`.
    Findings = 1,
    /// Wrong usage or unreadable input.
    Usage = 2,
    /// Not enough could be read to judge.
    Unreadable = 3,
    /// A bug.
    Internal = 4,
    /// The result could not be written, for instance because a disk is full.
    Unwritable = 5,
    /// A plan that was interrupted and stopped between two steps; it can be resumed or undone.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Something that ends a command, with what to do about it.
#[derive(Debug)]
pub struct CliError {
    /// The exit code it leads to.
    pub exit: Exit,
    /// What failed, on one line.
    pub message: String,
    /// Lines worth showing below it: a snippet of the file, the server's words.
    pub detail: String,
    /// What to do.
    pub hints: Vec<String>,
}

impl CliError {
    /// The user asked for something that cannot be.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The cluster could not be read well enough.
    pub fn unreadable(message: impl fmt::Display) -> Self {
        Self::new(Exit::Unreadable, message)
    }

    /// A bug.
    pub fn internal(message: impl fmt::Display) -> Self {
        Self::new(Exit::Internal, message).hint("this is a bug: please report it with the command line and, if you can, a snapshot")
    }

    /// A plan that is not carried out, or was taken back.
    pub fn refused(message: impl fmt::Display) -> Self {
        Self::new(Exit::Findings, message)
    }

    fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self { exit, message: message.to_string(), detail: String::new(), hints: Vec::new() }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds lines below the message.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

impl From<std::io::Error> for CliError {
    /// Only writing results can end here: reading has errors of its own.
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::new(Exit::Ok, ""),
            _ => Self::new(Exit::Unwritable, format!("cannot write the result: {error}")),
        }
    }
}

impl From<crate::cluster::live::ConnectError> for CliError {
    fn from(error: crate::cluster::live::ConnectError) -> Self {
        error.hints().into_iter().fold(Self::unreadable(&error), Self::hint)
    }
}

impl From<crate::cluster::live::ReadError> for CliError {
    fn from(error: crate::cluster::live::ReadError) -> Self {
        error.hints().into_iter().fold(Self::unreadable(&error), Self::hint)
    }
}

impl From<crate::cluster::files::FileError> for CliError {
    fn from(error: crate::cluster::files::FileError) -> Self {
        use crate::cluster::files::FileError;
        let detail = match &error {
            FileError::Syntax { snippet, .. } => snippet.clone(),
            _ => String::new(),
        };
        let hint = match &error {
            FileError::Unbuildable { directory, beyond: true, .. } => {
                Some(format!("`kubectl kustomize {directory} | kubectl mesh check -f -` has Kustomize itself build it"))
            }
            _ => None,
        };
        hint.into_iter().fold(Self::usage(error).detail(detail), Self::hint)
    }
}
