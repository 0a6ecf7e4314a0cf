//! A run's numbers as TensorBoard reads them: `RUN/tensorboard/events.out.tfevents.*`.
//!
//! The format is two small things, written here: records with masked CRC-32C (TensorFlow's `tsl/lib/io/record_writer.h`)
//! and messages of `event.proto` and `summary.proto`. A resumed run begins another file, whose session log tells readers
//! to forget the steps that are walked again. These files carry wall-clock time, so they differ from run to run.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::error::Error;
use crate::files::writable_folder;

/// The folder within a run's.
pub const FOLDER: &str = "tensorboard";

/// How the names of event files begin.
const PREFIX: &str = "events.out.tfevents.";

/// An event file, open for adding to it.
#[derive(Debug)]
pub struct Events {
    path: PathBuf,
    file: File,
}

impl Events {
    /// Begins a file in the folder of a run. `resumed` is the first step that is walked (again), where the run was begun
    /// before: readers drop that step and all later ones of earlier files. Steps here count over all phases of the run.
    ///
    /// # Errors
    /// [`Error`] naming the folder or the file.
    pub fn open(run: &Path, resumed: Option<u64>) -> Result<Self, Error> {
        let folder = run.join(FOLDER);
        writable_folder(&folder)?;
        // Readers take files in the order of their names, so a later one must be greater whatever the clock says.
        let (mut seconds, mut number) = (now() as u64, 0);
        for (s, n) in places(&folder)? {
            if (s, n) >= (seconds, number) {
                (seconds, number) = (s, n + 1);
            }
        }
        let path = folder.join(format!("{PREFIX}{seconds:010}.{number:04}.scrubjay"));
        let file = OpenOptions::new().append(true).create_new(true).open(&path);
        let file = file.map_err(|e| Error::path(&path, format!("cannot be made: {e}")))?;
        let mut events = Self { path, file };
        events.event(0, &text_field(3, "brain.Event:2"))?;
        if let Some(step) = resumed {
            const START: u64 = 1;
            events.event(step, &bytes_field(7, &varint_field(1, START)))?;
        }
        Ok(events)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds numbers of a step, by tag. A number that is none is kept, so that it is seen.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn scalars<T: AsRef<str>>(&mut self, step: u64, values: &[(T, f64)]) -> Result<(), Error> {
        let mut summary = Vec::new();
        for (tag, value) in values {
            let value = [text_field(1, tag.as_ref()), float_field(2, *value as f32)].concat();
            summary.extend(bytes_field(1, &value));
        }
        if summary.is_empty() {
            return Ok(());
        }
        self.event(step, &bytes_field(5, &summary))
    }

    /// Adds a text (Markdown, as TensorBoard shows it).
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn text(&mut self, step: u64, tag: &str, text: &str) -> Result<(), Error> {
        const STRING: u64 = 7;
        let plugin = bytes_field(1, &text_field(1, "text"));
        // A single string: no dimensions.
        let tensor = [varint_field(1, STRING), bytes_field(2, &[]), text_field(8, text)].concat();
        let value = [text_field(1, tag), bytes_field(8, &tensor), bytes_field(9, &plugin)].concat();
        self.event(step, &bytes_field(5, &bytes_field(1, &value)))
    }

    /// Adds every number of a line of `metrics.jsonl`, under `<phase>/<name>` and `<phase>/<name>/<part>`. `step` counts
    /// over all phases.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn line(&mut self, step: u64, line: &Value) -> Result<(), Error> {
        let phase = line.get("phase").and_then(Value::as_str).unwrap_or("run");
        let mut values = Vec::new();
        for (name, value) in line.as_object().into_iter().flatten().filter(|(n, _)| *n != "step") {
            match value {
                Value::Object(parts) => {
                    let part = |(p, v): (&String, &Value)| Some((format!("{phase}/{name}/{p}"), v.as_f64()?));
                    values.extend(parts.iter().filter_map(part));
                }
                _ => values.extend(value.as_f64().map(|v| (format!("{phase}/{name}"), v))),
            }
        }
        self.scalars(step, &values)
    }

    /// Waits until all events are on the disk.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.file.sync_all().map_err(|e| Error::path(&self.path, format!("cannot be written: {e}")))
    }

    fn event(&mut self, step: u64, what: &[u8]) -> Result<(), Error> {
        let event = [double_field(1, now()), varint_field(2, step), what.to_vec()].concat();
        self.file
            .write_all(&record(&event))
            .map_err(|e| Error::path(&self.path, format!("cannot be written: {e}")))
    }
}

/// Seconds since 1970; 0 before.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// Seconds and numbers in the names of the event files of a folder.
fn places(folder: &Path) -> Result<Vec<(u64, u64)>, Error> {
    let fail = |e: std::io::Error| Error::path(folder, format!("cannot be read: {e}"));
    let mut places = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        let Some(rest) = name.to_str().and_then(|n| n.strip_prefix(PREFIX)) else { continue };
        let mut parts = rest.split('.').map(|p| p.parse::<u64>());
        if let (Some(Ok(seconds)), Some(Ok(number))) = (parts.next(), parts.next())
            // Beyond these a name would no longer sort by its numbers.
            && seconds < 10_000_000_000
            && number < 9_999
        {
            places.push((seconds, number));
        }
    }
    places.sort_unstable();
    Ok(places)
}

/// A record: its length, the masked checksum of that, its bytes, their masked checksum.
fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    let mut out = Vec::with_capacity(bytes.len() + 16);
    out.extend(length);
    out.extend(masked(&length).to_le_bytes());
    out.extend(bytes);
    out.extend(masked(bytes).to_le_bytes());
    out
}

/// A checksum of bytes that may hold checksums themselves.
fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli, reflected), bit by bit: events are few and short.
fn crc32c(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let bit = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| bit(crc)))
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn varint_field(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

fn double_field(number: u64, value: f64) -> Vec<u8> {
    [varint(number << 3 | 1), value.to_le_bytes().to_vec()].concat()
}

fn float_field(number: u64, value: f32) -> Vec<u8> {
    [varint(number << 3 | 5), value.to_le_bytes().to_vec()].concat()
}

fn bytes_field(number: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn text_field(number: u64, text: &str) -> Vec<u8> {
    bytes_field(number, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A field as the wire has it.
    #[derive(Debug, PartialEq)]
    enum Field<'a> {
        Number(u64),
        Bytes(&'a [u8]),
    }

    fn number(at: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (first, rest) = at.split_first().expect("a byte");
            *at = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                break;
            }
        }
        value
    }

    fn take<'a>(at: &mut &'a [u8], n: usize) -> &'a [u8] {
        let (taken, rest) = at.split_at(n);
        *at = rest;
        taken
    }

    fn fields(mut at: &[u8]) -> Vec<(u64, Field<'_>)> {
        let mut out = Vec::new();
        while !at.is_empty() {
            let key = number(&mut at);
            let field = match key & 7 {
                0 => Field::Number(number(&mut at)),
                1 => Field::Bytes(take(&mut at, 8)),
                2 => {
                    let n = number(&mut at) as usize;
                    Field::Bytes(take(&mut at, n))
                }
                5 => Field::Bytes(take(&mut at, 4)),
                other => panic!("wire type {other}"),
            };
            out.push((key >> 3, field));
        }
        out
    }

    fn of<'a>(fields: &'a [(u64, Field<'a>)], number: u64) -> &'a [u8] {
        match fields.iter().find(|f| f.0 == number) {
            Some((_, Field::Bytes(bytes))) => bytes,
            other => panic!("field {number}: {other:?}"),
        }
    }

    fn records(mut at: &[u8]) -> Vec<&[u8]> {
        let mut out = Vec::new();
        let word = |b: &[u8]| u32::from_le_bytes(b.try_into().expect("four"));
        while !at.is_empty() {
            let length = take(&mut at, 8);
            assert_eq!(word(take(&mut at, 4)), masked(length));
            let n = u64::from_le_bytes(length.try_into().expect("eight")) as usize;
            let bytes = take(&mut at, n);
            assert_eq!(word(take(&mut at, 4)), masked(bytes));
            out.push(bytes);
        }
        out
    }

    #[test]
    fn checksums_are_those_of_the_standard() {
        // RFC 3720, B.4, and the mask of TensorFlow's crc32c.h.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        let up: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&up), 0x46dd_794e);
        assert_eq!(masked(b"123456789"), 0xe306_9283_u32.rotate_left(17).wrapping_add(0xa282_ead8));
    }

    #[test]
    fn numbers_are_framed_and_a_resumed_run_drops_what_it_walks_again() {
        let run = tempfile::tempdir().expect("a folder");
        let line = json!({ "phase": "grpo", "step": 7, "loss": -0.5, "note": "x", "kl": null,
                           "reward_by_task": { "jigsaw": 0.25 } });
        let mut first = Events::open(run.path(), None).expect("opened");
        first.line(300, &line).expect("written");
        let mut second = Events::open(run.path(), Some(128)).expect("opened");
        second.text(128, "config", "seed = 1").expect("written");
        second.sync().expect("synced");
        assert!(second.path() > first.path(), "in the order of their names");

        let bytes = std::fs::read(first.path()).expect("reads");
        let all = records(&bytes);
        assert_eq!(all.len(), 2);
        assert_eq!(of(&fields(all[0]), 3), b"brain.Event:2");
        let event = fields(all[1]);
        assert!(event.contains(&(2, Field::Number(300))));
        let summary = fields(of(&event, 5));
        let value = |i: usize| match &summary[i] {
            (1, Field::Bytes(bytes)) => fields(bytes),
            other => panic!("{other:?}"),
        };
        let (loss, reward) = (value(0), value(1));
        assert_eq!((of(&loss, 1), of(&loss, 2)), (&b"grpo/loss"[..], &(-0.5_f32).to_le_bytes()[..]));
        assert_eq!(of(&reward, 1), b"grpo/reward_by_task/jigsaw");
        assert_eq!(summary.len(), 2, "what is no number is left out");

        let bytes = std::fs::read(second.path()).expect("reads");
        let start = fields(records(&bytes)[1]);
        assert!(start.contains(&(2, Field::Number(128))));
        assert_eq!(fields(of(&start, 7)), [(1, Field::Number(1))]);
    }
}
