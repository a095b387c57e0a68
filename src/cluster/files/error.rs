//! Why manifests could not be read.

use thiserror::Error;

/// Why manifests could not be read. Each names the file and, where there is one, the place.
#[derive(Debug, Error)]
pub enum FileError {
    /// A file or directory that cannot be opened.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// Which.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Not YAML or JSON.
    #[error("{file}:{line}:{column}: {detail}")]
    Syntax {
        /// File.
        file: String,
        /// Line, from 1.
        line: u64,
        /// Column, from 1.
        column: u64,
        /// What is wrong, and what may help.
        detail: String,
        /// The offending lines, drawn for a terminal.
        snippet: String,
    },
    /// Not text at all.
    #[error("{file}: not a text file (byte {at} is not UTF-8): manifests are YAML or JSON")]
    Binary {
        /// File.
        file: String,
        /// Offset of the first offending byte.
        at: usize,
    },
    /// A kustomization that cannot be built, by the directory.
    #[error("cannot build {directory}: {detail}")]
    Unbuildable {
        /// Which.
        directory: String,
        /// Why.
        detail: String,
        /// Whether Kustomize itself may do better.
        beyond: bool,
    },
    /// Nothing to look at.
    #[error("{detail}")]
    Empty {
        /// Where was looked, and for what.
        detail: String,
    },
}

impl FileError {
    /// The file, as far as there is one.
    pub fn file(&self) -> &str {
        match self {
            Self::Unreadable { file, .. } | Self::Syntax { file, .. } | Self::Binary { file, .. } => file,
            Self::Unbuildable { directory, .. } => directory,
            Self::Empty { .. } => "",
        }
    }

    /// What is wrong, without the place.
    pub fn what(&self) -> String {
        match self {
            Self::Syntax { detail, .. } => detail.clone(),
            Self::Binary { at, .. } => format!("not a text file (byte {at} is not UTF-8): manifests are YAML or JSON"),
            _ => self.to_string(),
        }
    }

    /// The line, 1 where none is known.
    pub fn line(&self) -> u32 {
        match self {
            Self::Syntax { line, .. } => u32::try_from(*line).unwrap_or(u32::MAX),
            _ => 1,
        }
    }
}
