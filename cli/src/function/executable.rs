use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A copy of an executable, which stays when the next build replaces the original. Its folder is removed on drop.
#[derive(Debug)]
pub struct ExecutableCopy {
    folder: PathBuf,
    pub path: PathBuf,
}

impl ExecutableCopy {
    /// Copies the executable of a build into a folder beside it.
    ///
    /// No hard link: some linkers write into the file of the last build.
    ///
    /// # Errors
    /// The file cannot be copied.
    pub async fn new(executable: &Path, number: u64) -> io::Result<Self> {
        let name = executable.file_name().unwrap_or_default();
        let folder = format!("{}-{number}-{}", std::process::id(), name.to_string_lossy());
        let folder = executable.with_file_name("lodger-dev").join(folder);
        tokio::fs::create_dir_all(&folder).await?;
        let copy = Self { path: folder.join(name), folder };
        tokio::fs::copy(executable, &copy.path).await?;
        Ok(copy)
    }
}

impl Drop for ExecutableCopy {
    fn drop(&mut self) {
        // Windows does not remove a program that runs: the file stays until `cargo clean`.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
