//! A root folder for the emulator, with the paths of Lambda: `/var/task/bootstrap` and `/opt/extensions`.
//!
//! The emulator cannot be configured to use other paths. A changed root needs no mounts, so that the tests run in a container
//! without privileges too.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering::SeqCst},
};

use super::{Emulator, install};

/// The path of the function in the root folder.
const FUNCTION: &str = "/var/task/bootstrap";

/// A root folder with a function and its extensions. Dropping it removes the folder.
pub struct Root {
    folder: PathBuf,
    /// The program and the arguments that change the root.
    chroot: &'static [&'static str],
}

impl Root {
    /// Creates a root folder. Each extension has a file name and the path of its program. Returns `None` if the user has no
    /// permission to change the root.
    pub fn new(function: &str, extensions: &[(&str, &str)]) -> Option<Self> {
        // Root may change the root, even in a container. Other users need a user namespace, which some systems forbid.
        let commands: [&[&str]; 2] = [&["chroot"], &["unshare", "--user", "--map-root-user", "chroot"]];
        let chroot = commands.into_iter().find(|chroot| is_successful(chroot));
        if chroot.is_none() {
            install::skip("cannot change the root folder of a process; run the tests as root");
        }
        Some(Self::create(chroot?, function, extensions))
    }

    /// Creates a root folder for an emulator of Managed Instances, which runs each program as another user. Returns `None` if
    /// the user is not root.
    pub fn managed_instances(function: &str, extensions: &[(&str, &str)]) -> Option<Self> {
        const CHROOT: &[&str] = &["chroot"];
        if !is_successful(CHROOT) {
            install::skip(
                "the emulator of Managed Instances changes its root folder and its user; run the tests as root",
            );
            return None;
        }
        Some(Self::create(CHROOT, function, extensions))
    }

    fn create(chroot: &'static [&'static str], function: &str, extensions: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("root-{}-{}", process::id(), NEXT.fetch_add(1, SeqCst));
        let root = Self { folder: Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), chroot };
        root.add_program(function, FUNCTION);
        for (name, program) in extensions {
            root.add_program(program, &format!("/opt/extensions/{name}"));
        }
        // The emulator reads it as the standard input of each program. A user namespace cannot have the device.
        root.add("/dev/null", |path| fs::write(path, "").unwrap());
        root.add("/tmp", |path| fs::create_dir(path).unwrap());
        fs::set_permissions(root.path("/tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
        root
    }

    /// Starts an emulator in the root folder. Returns `None` without an installed emulator.
    pub async fn emulator(&self, vars: &[(&str, &str)]) -> Option<Emulator> {
        let command = |emulator: &Path| {
            self.add("/emulator", |path| link(emulator, path));
            let mut command = tokio::process::Command::new(self.chroot[0]);
            command.args(&self.chroot[1..]).arg(&self.folder).arg("/emulator");
            command
        };
        Emulator::start_command(command, FUNCTION, vars).await
    }

    /// The path outside of the root folder of a path inside.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path.trim_start_matches('/'))
    }

    /// Adds a program with the libraries that it loads.
    fn add_program(&self, program: &str, path: &str) {
        self.add(path, |path| link(Path::new(program), path));
        let output = Command::new("ldd").arg(program).output().expect("ldd is missing");
        let output = String::from_utf8(output.stdout).unwrap();
        for library in output.split_whitespace().filter(|word| word.starts_with('/')) {
            if !self.path(library).exists() {
                self.add(library, |path| link(Path::new(library), path));
            }
        }
    }

    fn add(&self, path: &str, create: impl Fn(&Path)) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        create(&path);
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Whether the command can change the root.
fn is_successful(chroot: &[&str]) -> bool {
    let output = Command::new(chroot[0]).args(&chroot[1..]).args(["/", "true"]).output();
    output.is_ok_and(|output| output.status.success())
}

/// Links a file, or copies it if the folder is on another file system.
fn link(from: &Path, to: &Path) {
    // A library is often a symbolic link, which would be invalid in the root folder.
    let from = from.canonicalize().unwrap();
    if fs::hard_link(&from, to).is_err() {
        fs::copy(&from, to).unwrap();
    }
}
