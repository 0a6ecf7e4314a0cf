//! WebDataset: tar files in which the files of an item follow each other and share the first part of their name.
//!
//! Each item is kept as a tar file of its own until its shard is written, which is these files put one behind the other.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;

use serde_json::json;

use super::place::{Place, failed};
use super::record::Record;
use crate::error::Error;

/// The zeros that end a tar file.
const END: u64 = 1024;

/// Keeps an item: `<id>.json` and `<id>.<clip>-<frame>.png`.
pub(super) fn sample(place: &Place, record: &Record, pictures: &[(String, Vec<u8>)]) -> Result<(), Error> {
    let row = json!({
        "id": record.id,
        "index": record.index,
        "task": record.task,
        "source": record.source,
        "system": record.system,
        "prompt": record.marked(),
        "prefix": record.prefix,
        "videos": record.clips.iter().map(|c| &c.files).collect::<Vec<_>>(),
        "shown_seconds": record.clips.iter().map(|c| &c.times).collect::<Vec<_>>(),
        "sampling_fps": record.sampling_fps,
        "answer": record.answer,
        "reward": record.reward,
        "ground_truth": record.truth,
        "meta": record.meta,
        "perturbation_type": record.perturbation,
        "stimulus": record.stimulus,
        "chance": record.chance,
    });
    place.file(&format!(".partial/{}", name(&record.id)), false, |to| {
        let mut tar = tar::Builder::new(to);
        append(&mut tar, &format!("{}.json", record.id), row.to_string().as_bytes())?;
        for (name, bytes) in pictures {
            append(&mut tar, &format!("{}.{name}", record.id), bytes)?;
        }
        tar.finish()
    })
}

/// One file, with nothing of the machine or the hour in its header.
fn append(tar: &mut tar::Builder<impl io::Write>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name)?;
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    tar.append(&header, bytes)
}

/// Writes a shard of the items of these ids.
pub(super) fn write(place: &Place, shard: &str, ids: &[&str]) -> Result<(), Error> {
    place.file(shard, true, |to| {
        for id in ids {
            let file = File::open(kept(place, id))?;
            let length = file.metadata()?.len().checked_sub(END);
            let length = length.ok_or_else(|| io::Error::other(format!("the kept item {id} was cut off")))?;
            io::copy(&mut file.take(length), to)?;
        }
        to.write_all(&[0; END as usize])
    })
}

/// Removes the kept items of a written shard.
pub(super) fn release(place: &Place, ids: &[&str]) -> Result<(), Error> {
    for path in ids.iter().map(|id| kept(place, id)) {
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(&path, &e)),
            _ => {}
        }
    }
    Ok(())
}

fn name(id: &str) -> String {
    format!("samples/{id}.tar")
}

/// Where an item is kept.
pub(super) fn kept(place: &Place, id: &str) -> PathBuf {
    place.out(".partial").join(name(id))
}
