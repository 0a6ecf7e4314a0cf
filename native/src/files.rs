//! Writing files so that a reader sees the whole of one version or nothing.

use std::io::Write as _;
use std::path::Path;

use crate::error::Error;

/// Writes a file by way of a temporary one beside it, flushed and renamed.
///
/// # Errors
/// [`Error`] naming the path; nothing is left behind.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_by_way_of(parent(path), path, bytes)
}

/// The folder that a file is in.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file by way of a temporary one in a folder of the same file system, where a killed process may leave it.
///
/// # Errors
/// [`Error`] naming the path; nothing is left behind.
pub fn write_by_way_of(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || -> std::io::Result<()> {
        let mut builder = tempfile::Builder::new();
        // A temporary file is private by default; what it becomes is for others to read.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        std::fs::File::open(parent(path))?.sync_all()
    };
    write().map_err(|e| Error::path(path, format!("cannot be written: {e}")))
}

/// Makes a folder and checks that files can be written into it.
///
/// # Errors
/// [`Error`] naming the folder.
pub fn writable_folder(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(|e| Error::path(path, format!("cannot be made: {e}")))?;
    tempfile::tempfile_in(path).map_err(|e| Error::path(path, format!("cannot be written into: {e}")))?;
    Ok(())
}
