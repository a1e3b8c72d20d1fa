//! A build after each change of a file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    Result,
    platform::Functions,
    project::{Build, Project},
};

/// The pause without a change that ends a series of changes: editors write several files.
const QUIET: Duration = Duration::from_millis(30);

/// A change of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Source,
    /// A change of `Cargo.lock`, which a build may write itself.
    Lock,
}

/// The changes of the files that a build reads.
#[derive(Debug)]
pub struct Changes {
    changes: mpsc::UnboundedReceiver<Change>,
    _watcher: RecommendedWatcher,
}

impl Changes {
    /// Watches the files of a package and of its local dependencies from now on.
    ///
    /// # Errors
    /// The operating system cannot watch the files.
    pub fn watch(project: &Project) -> Result<Self> {
        let (sender, changes) = mpsc::unbounded_channel();
        let mut ignored = vec![project.target_folder.clone()];
        // No binary contains them.
        ignored.extend(["benches", "examples", "tests"].map(|folder| project.folder.join(folder)));
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            for change in event.iter().flat_map(|event| changes_of(event, &ignored)) {
                let _ = sender.send(change);
            }
        })?;
        for path in project.watched.iter().filter(|path| path.exists()) {
            let mode = if path.is_dir() { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            watcher
                .watch(path, mode)
                .map_err(|error| format!("cannot watch {}: {error}; use --no-watch", path.display()))?;
        }
        Ok(Self { changes, _watcher: watcher })
    }

    /// Builds after each change, without an end. Changes since [`watch`](Self::watch) count too.
    ///
    /// # Errors
    /// cargo cannot be started.
    pub async fn build_after_each(&mut self, build: &Build, functions: &Arc<Functions>) -> Result<()> {
        loop {
            if !self.has_changed_during_build() && self.changes.recv().await.is_none() {
                return Ok(());
            }
            // From now on requests wait for the new version.
            functions.begin();
            while let Ok(Some(_)) = timeout(QUIET, self.changes.recv()).await {}
            functions.build(build).await?;
        }
    }

    /// Returns whether a source file has changed since the last build began.
    fn has_changed_during_build(&mut self) -> bool {
        let mut has_changed = false;
        while let Ok(change) = self.changes.try_recv() {
            has_changed |= change == Change::Source;
        }
        has_changed
    }
}

/// Returns the changes of files that a build may read.
fn changes_of(event: &Event, ignored: &[PathBuf]) -> Vec<Change> {
    if !matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)) {
        return Vec::new();
    }
    let is_read = |path: &&PathBuf| !ignored.iter().any(|folder| is_in(path, folder)) && !is_hidden(path);
    let is_lock = |path: &PathBuf| path.file_name().is_some_and(|name| name == "Cargo.lock");
    let read = event.paths.iter().filter(is_read);
    read.map(|path| if is_lock(path) { Change::Lock } else { Change::Source }).collect()
}

/// Whether a path is in a folder, or in one with six more characters: cargo creates the target folder under such a name.
fn is_in(path: &Path, folder: &Path) -> bool {
    let first = |parent: &Path| path.strip_prefix(parent).ok()?.iter().next()?.to_str();
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name().and_then(|name| name.to_str())) else {
        return path.starts_with(folder);
    };
    let Some(added) = first(parent).and_then(|first| first.strip_prefix(name)) else { return false };
    added.is_empty() || added.len() == 6 && added.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether the file or one of its folders begins with a dot, or is the backup of an editor.
fn is_hidden(path: &Path) -> bool {
    let is_backup = path.file_name().is_some_and(|name| name.to_string_lossy().ends_with('~'));
    is_backup || path.components().rev().take(3).any(|part| part.as_os_str().to_string_lossy().starts_with('.'))
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, ModifyKind};

    use super::*;

    fn changes(kind: EventKind, path: &str) -> Vec<Change> {
        let event = Event::new(kind).add_path(path.into());
        changes_of(&event, &["/app/target".into(), "/app/tests".into()])
    }

    #[test]
    fn finds_the_changes_that_need_a_build() {
        let modified = EventKind::Modify(ModifyKind::Any);
        for (path, expected) in [
            ("/app/src/main.rs", &[Change::Source][..]),
            ("/app/Cargo.toml", &[Change::Source]),
            ("/app/Cargo.lock", &[Change::Lock]),
            ("/app/target/debug/app", &[]),
            ("/app/targetF3x9Qa/CACHEDIR.TAG", &[]),
            ("/app/targets/src/lib.rs", &[Change::Source]),
            ("/app/tests/some.rs", &[]),
            ("/app/src/.main.rs.swp", &[]),
            ("/app/src/main.rs~", &[]),
            ("/app/.git/index", &[]),
        ] {
            assert_eq!(changes(modified, path), expected, "{path}");
        }
        assert_eq!(changes(EventKind::Create(CreateKind::File), "/app/src/a.rs"), [Change::Source]);
        assert_eq!(changes(EventKind::Access(AccessKind::Any), "/app/src/a.rs"), []);
    }
}
