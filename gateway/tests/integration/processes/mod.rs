//! Functions with external extensions, and the freeze, with real processes.

mod extensions;
mod freeze;
mod program;

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

/// A folder of extensions. The drop removes it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// Creates a folder with extensions of these names and behaviors.
    pub(crate) fn new(extensions: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("lodger-extensions-{}-{number}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let program = std::env::current_exe().unwrap();
        for (name, behavior) in extensions {
            let script = format!(
                "#!/bin/sh\nNAME=$(basename \"$0\") BEHAVIOR={behavior} \\\nexec '{}' --exact {} --ignored --nocapture\n",
                program.display(),
                program::TEST
            );
            write_executable(&folder.join(name), &script);
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Writes a file in another process: this one has children that inherit its open files, and Linux does not run a program that is
/// open for writing.
fn write_executable(path: &std::path::Path, text: &str) {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", r#"printf %s "$TEXT" > "$FILE" && chmod +x "$FILE""#]).env("TEXT", text).env("FILE", path);
    assert!(command.status().unwrap().success());
}

/// A function that writes a line every 20 ms. The test itself polls the Runtime API.
fn counting() -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "while :; do echo tick; sleep 0.02; done"]).stdout(Stdio::piped());
    command
}
