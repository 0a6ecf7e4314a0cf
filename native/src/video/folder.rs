//! A folder of pictures as a video, the way Hugging Face datasets and VideoSSR's scripts keep sampled frames.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use scrubjay_core::time::Rate;

use super::VideoError;

/// Endings of pictures.
pub(super) const PICTURES: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];

/// Frames of a second where nothing says otherwise: what Qwen's readers take for a list of pictures.
pub(super) const RATE: Rate = Rate { num: 2, den: 1 };

/// Whether a file's name is a picture's.
#[must_use]
pub fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|e| PICTURES.iter().any(|p| e.eq_ignore_ascii_case(p)))
}

/// The pictures of a folder in their order: by number where names are numbers, else by name with numbers compared as
/// numbers. Where some names are bare numbers, the others were made from them and are left out.
///
/// # Errors
/// [`VideoError`] when the folder cannot be listed or holds no pictures.
pub fn frames_of(folder: &Path) -> Result<Vec<PathBuf>, VideoError> {
    let fail = |e: std::io::Error| VideoError::Unreadable(folder.to_owned(), e.to_string());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_file() && is_picture(&path) {
            files.push(path);
        }
    }
    let bare = |p: &PathBuf| p.file_stem().and_then(OsStr::to_str).is_some_and(|s| s.parse::<u64>().is_ok());
    if files.iter().any(bare) {
        files.retain(bare);
    }
    if files.is_empty() {
        return Err(VideoError::NoVideo(folder.to_owned()));
    }
    files.sort_by_cached_key(|p| (natural(p), p.clone()));
    Ok(files)
}

/// A name as its texts and numbers in turn.
fn natural(path: &Path) -> Vec<(String, u64)> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut parts = vec![(String::new(), 0_u64)];
    let mut digits = false;
    for c in name.chars() {
        if let Some(d) = c.to_digit(10) {
            if let Some(last) = parts.last_mut() {
                last.1 = last.1.saturating_mul(10).saturating_add(u64::from(d));
            }
            digits = true;
        } else {
            if digits {
                parts.push((String::new(), 0));
                digits = false;
            }
            if let Some(last) = parts.last_mut() {
                last.0.push(c);
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers_and_derived_frames_left_out() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let list = |names: &[&str]| {
            for name in names {
                std::fs::write(folder.path().join(name), "x").expect("written");
            }
            let found = frames_of(folder.path()).expect("pictures");
            found
                .iter()
                .map(|p| p.file_name().expect("named").to_string_lossy().into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(list(&["f10.png", "f9.png", "notes.txt"]), ["f9.png", "f10.png"]);
        assert_eq!(list(&["0.jpg", "10.jpg", "2.jpg", "2_mirror.jpg"]), ["0.jpg", "2.jpg", "10.jpg"]);
    }
}
