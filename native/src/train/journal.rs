//! Lines that are only ever added to: `metrics.jsonl`, `timings.jsonl`, `evaluations.jsonl` of a run.
//!
//! A checkpoint notes how long each file was. A run that goes on from it cuts what a killed process wrote later, a torn
//! last line included, so that the file of a resumed run is that of one that was never stopped.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;

/// A file of JSON lines, open for adding to it.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines.
    end: u64,
}

impl Journal {
    /// Goes on after the first `bytes` of a file, which is what [`Self::sync`] gave; what follows them is cut off. From
    /// 0 on, the file need not be there.
    ///
    /// # Errors
    /// [`Error`] naming the file when it is shorter than that, does not end a line there, or cannot be opened.
    pub fn resume(path: &Path, bytes: u64) -> Result<Self, Error> {
        let fail = |e: std::io::Error| Error::path(path, format!("cannot be gone on with: {e}"));
        let mut file =
            OpenOptions::new().read(true).append(true).create(bytes == 0).open(path).map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        if length < bytes {
            return Err(Error::path(
                path,
                format!(
                    "has {length} bytes where the checkpoint noted {bytes}: it was cut or replaced; go on from an older \
                     checkpoint or begin anew"
                ),
            ));
        }
        if let Some(last) = bytes.checked_sub(1) {
            let mut byte = [0];
            file.seek(SeekFrom::Start(last)).and_then(|_| file.read_exact(&mut byte)).map_err(fail)?;
            if byte != *b"\n" {
                return Err(Error::path(
                    path,
                    format!(
                        "does not end a line after the {bytes} bytes that the checkpoint noted: it was changed; go on \
                         from an older checkpoint or begin anew"
                    ),
                ));
            }
        }
        file.set_len(bytes).map_err(fail)?;
        Ok(Self { path: path.to_owned(), file, end: bytes })
    }

    /// Adds one line, which is with the operating system when this returns. A line that could not be written whole, as
    /// on a full disk, is taken back as far as that is possible.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn write(&mut self, value: &Value) -> Result<(), Error> {
        let line = format!("{value}\n");
        if let Err(e) = self.file.write_all(line.as_bytes()) {
            // If this fails too, resuming cuts it.
            let _ = self.file.set_len(self.end);
            return Err(Error::path(&self.path, format!("cannot be written: {e}")));
        }
        self.end += line.len() as u64;
        Ok(())
    }

    /// Waits until all lines are on the disk; their length in bytes.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn sync(&mut self) -> Result<u64, Error> {
        self.file.sync_all().map_err(|e| Error::path(&self.path, format!("cannot be written: {e}")))?;
        Ok(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_killed_run_wrote_after_its_checkpoint_is_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("metrics.jsonl");
        let mut journal = Journal::resume(&path, 0).expect("made");
        journal.write(&json!({ "step": 0 })).expect("written");
        let noted = journal.sync().expect("synced");
        journal.write(&json!({ "step": 1 })).expect("written");
        std::fs::write(&path, std::fs::read_to_string(&path).expect("reads") + "{\"st").expect("torn");
        let mut journal = Journal::resume(&path, noted).expect("goes on");
        journal.write(&json!({ "step": 1, "again": true })).expect("written");
        let text = std::fs::read_to_string(&path).expect("reads");
        assert_eq!(text, "{\"step\":0}\n{\"again\":true,\"step\":1}\n");
        assert_eq!(journal.sync().expect("synced"), text.len() as u64);

        for (bytes, says) in [(1000, "where the checkpoint noted 1000"), (noted + 1, "does not end a line")] {
            let told = Journal::resume(&path, bytes).expect_err("refused").to_string();
            assert!(told.contains("metrics.jsonl") && told.contains(says), "{told}");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("reads"), text, "a refusal changes nothing");
        assert_eq!(Journal::resume(&path, 0).expect("anew").sync().expect("synced"), 0);
        Journal::resume(&folder.path().join("new.jsonl"), 0).expect("made where there was none");
        assert!(Journal::resume(&folder.path().join("none.jsonl"), 9).is_err());
    }
}
