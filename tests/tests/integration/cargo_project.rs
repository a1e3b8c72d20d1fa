//! Packages that the compiler checks for a test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// A package in the target folder.
pub struct CargoProject {
    folder: PathBuf,
}

/// An error or a warning of the compiler.
#[derive(Debug, PartialEq)]
pub struct Diagnostic {
    /// The binary, or the library, with the mistake.
    pub target: String,
    pub is_error: bool,
    pub text: String,
}

impl CargoProject {
    /// Creates a package with `manifest` below the line of its name.
    pub fn new(name: &str, manifest: &str) -> Self {
        let project = Self { folder: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name) };
        let _ = fs::remove_dir_all(&project.folder);
        // With the profile of the dependencies of the workspace, Cargo reuses those that it has checked for the workspace.
        let end = "[profile.dev]\ndebug = false\n[workspace]\n";
        project.write("Cargo.toml", &format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{manifest}\n{end}"));
        // The versions that all other tests use.
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        fs::copy(lock, project.folder.join("Cargo.lock")).unwrap();
        project
    }

    /// Writes a file of the package.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Removes a file of the package.
    pub fn remove(&self, file: &str) {
        fs::remove_file(self.folder.join(file)).unwrap();
    }

    /// Checks all targets of the package. Returns the diagnostics.
    ///
    /// The target folder is that of the workspace, so that all projects share its dependencies. Cargo does not lock this folder while
    /// it runs tests.
    pub fn check(&self) -> Vec<Diagnostic> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["check", "--keep-going", "--offline", "--message-format", "json", "--target-dir"])
            .arg(target)
            .current_dir(&self.folder)
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap();
        let messages = String::from_utf8(output.stdout).unwrap();
        let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found: Vec<_> = messages.filter_map(|message| diagnostic(&message)).collect();
        let has_errors = found.iter().any(|diagnostic| diagnostic.is_error);
        assert_eq!(output.status.success(), !has_errors, "{}", String::from_utf8_lossy(&output.stderr));
        found
    }
}

/// Reads a message of cargo. `None` if it is not a diagnostic with a place in the code.
fn diagnostic(message: &Value) -> Option<Diagnostic> {
    let diagnostic = message.get("message").filter(|_| message["reason"] == "compiler-message")?;
    diagnostic["spans"].as_array().filter(|spans| !spans.is_empty())?;
    Some(Diagnostic {
        target: message["target"]["name"].as_str()?.to_owned(),
        is_error: diagnostic["level"] == "error",
        text: diagnostic["rendered"].as_str()?.to_owned(),
    })
}
