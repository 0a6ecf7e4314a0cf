//! The program's errors: what went wrong in one sentence, and the exit code it means.

use std::fmt;
use std::path::Path;

/// An error that ends the command.
#[derive(Debug)]
pub struct Error {
    message: String,
    usage: bool,
}

impl Error {
    /// The work could not be done: exit code 1.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), usage: false }
    }

    /// What was asked for makes no sense: exit code 2.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), usage: true }
    }

    /// A file or folder that cannot be used as meant.
    #[must_use]
    pub fn path(path: &Path, what: impl fmt::Display) -> Self {
        Self::failed(format!("{}: {what}", path.display()))
    }

    /// 1 for failed work, 2 for wrong usage.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.usage { 2 } else { 1 }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
