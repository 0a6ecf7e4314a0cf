//! What researchers hold, read as it is: the public annotation files of moment retrieval, action detection and video
//! questions.
//!
//! They differ in container, units and names, and agree in what they say: of a video, a query and the spans that answer
//! it, or a question with its options. Each format has a file here that turns its rows into [`Annotation`]s. A row that
//! cannot be used is dropped, with its place and cause, and does not stop the rest; a file that is none of these, or is
//! cut off, is an error.

mod activitynet;
mod charades;
mod detect;
mod files;
mod given;
mod items;
mod museg;
mod nextgqa;
mod qvhighlights;
mod rows;
mod tacos;
mod tasks;
mod thumos;
pub mod verl;
mod verl_frames;
mod verl_item;
mod video_r1;
mod walk;

use std::path::Path;

use clap::ValueEnum;
use serde::Serialize;

use crate::error::Error;

pub use files::{Files, Found, find};
pub use given::{Annotated, Gathered, gather, synthesize};
pub use items::{Items, Usable, lines, named_files};
pub use tasks::tasks;

/// The formats, by the data set that made each known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Lines `AO8RW 0.0 6.9##a person is putting a book on a shelf.`
    CharadesSta,
    /// ActivityNet Captions: an object of videos with `duration`, `timestamps` and `sentences`.
    Activitynet,
    /// QVHighlights' lines with `qid`, `query`, `vid`, `duration` and `relevant_windows`.
    Qvhighlights,
    /// TACoS: an object of videos with `timestamps` in frames, `fps` and `sentences`; or a list of
    /// `[video, duration, [start, end], sentence]`.
    Tacos,
    /// THUMOS: lines `video_validation_0000051  67.5 75.9` in a file named after its class, or a `database` as
    /// ActivityNet's detection files have it.
    Thumos,
    /// NExT-GQA's table of questions, with its `gsub_….json` beside it where there is one; NExT-QA's tables too.
    NextGqa,
    /// Video-R1's rows with `problem`, `options`, `solution` and `path`; VideoReasoner's, which have `times` besides.
    VideoR1,
    /// MUSEG's lines with `problem`, `solution` and `video`, or its evaluation's `question` and `groundtruth`.
    Museg,
    /// VideoSSR's and other rows for verl, in Parquet: finished items, read by [`verl`].
    Verl,
}

impl Format {
    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CharadesSta => "charades-sta",
            Self::Activitynet => "activitynet",
            Self::Qvhighlights => "qvhighlights",
            Self::Tacos => "tacos",
            Self::Thumos => "thumos",
            Self::NextGqa => "next-gqa",
            Self::VideoR1 => "video-r1",
            Self::Museg => "museg",
            Self::Verl => "verl",
        }
    }

    fn known() -> String {
        Self::value_variants().iter().map(|f| f.name()).collect::<Vec<_>>().join(", ")
    }
}

/// What is asked of a video, and the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// When something happens.
    Segments {
        /// What happens, or what is looked for.
        query: String,
        /// Every time it does: start and end in milliseconds of the video's own time, each lasting, sorted, each once.
        spans: Vec<[u32; 2]>,
    },
    /// A multiple-choice question.
    Choice {
        /// The question.
        question: String,
        /// Two to five options, without their letters.
        options: Vec<String>,
        /// The right one, from 0.
        answer: u8,
        /// Where in the video the answer is to be seen, as in [`Ask::Segments`]; empty where the file does not say.
        evidence: Vec<[u32; 2]>,
    },
}

/// One annotation.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// The name of the row in its file, or one made of the video's name and a number.
    pub id: String,
    /// The video as the file names it.
    pub video: String,
    /// What is asked.
    pub ask: Ask,
    /// `train`, `val`, `test` and the like, where the file says so.
    pub split: Option<String>,
    /// Length of the video in seconds, where the file says so.
    pub duration_s: Option<f64>,
    /// Where it stands: file and line, or file and place in it.
    pub at: String,
}

/// A row that was not used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Where it stands: file and line, or file and place in it.
    pub at: String,
    /// One word.
    pub cause: &'static str,
    /// One sentence.
    pub detail: String,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// Its format.
    pub format: Format,
    /// What it says, in its order.
    pub annotations: Vec<Annotation>,
    /// The rows that could not be used.
    pub dropped: Vec<Dropped>,
}

/// Reads an annotation file; its format is recognized from its content if none is given.
///
/// # Errors
/// [`Error`] when the file cannot be read, is of no known kind, is cut off, or holds not one usable row.
pub fn read(path: &Path, format: Option<Format>) -> Result<Read, Error> {
    let bytes = std::fs::read(path).map_err(|e| Error::path(path, format!("cannot be read: {e}")))?;
    // Some of these files were written on Windows.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let format = match format {
        Some(format) => format,
        None => detect::format(bytes, path)?,
    };
    let mut rows = rows::Rows::new(path, format);
    match format {
        Format::CharadesSta => charades::read(bytes, &mut rows),
        Format::Activitynet => activitynet::read(bytes, &mut rows)?,
        Format::Qvhighlights => qvhighlights::read(bytes, &mut rows)?,
        Format::Tacos => tacos::read(bytes, &mut rows)?,
        Format::Thumos => thumos::read(bytes, &mut rows)?,
        Format::NextGqa => nextgqa::read(bytes, &mut rows)?,
        Format::VideoR1 => video_r1::read(bytes, &mut rows)?,
        Format::Museg => museg::read(bytes, &mut rows)?,
        Format::Verl => {
            return Err(Error::path(
                path,
                "holds finished items for verl, frames and all; there is nothing to make of them, but \
                 'scrubjay score --items' scores answers to them",
            ));
        }
    }
    let read = rows.done();
    if !read.dropped.is_empty() && read.dropped.iter().all(|d| d.cause == thumos::AMBIGUOUS) {
        // A file of its own among those of the classes, named with them by a glob.
        return Ok(read);
    }
    match (read.annotations.is_empty(), read.dropped.first()) {
        (true, Some(first)) => Err(Error::failed(format!(
            "{}: none of its {} rows can be used as {}: {}: {}",
            path.display(),
            read.dropped.len(),
            format.name(),
            first.at,
            first.detail
        ))),
        (true, None) => Err(Error::path(path, "there is no annotation in it")),
        (false, _) => Ok(read),
    }
}
