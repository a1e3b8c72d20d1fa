//! A build after each change of a file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

use crate::{
    Result,
    platform::Functions,
    project::{Build, Project, Sources, is_lock},
};

/// The pause without a change that ends a series of changes: editors write several files.
const QUIET: Duration = Duration::from_millis(30);

/// The maximum duration of a series of changes. Requests wait for its end.
const MAX_SERIES: Duration = Duration::from_secs(1);

/// The changes of the files that a build reads.
#[derive(Debug)]
pub struct Changes {
    changes: mpsc::UnboundedReceiver<PathBuf>,
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
        let roots = project.watched.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            for path in event.iter().flat_map(|event| changes_of(event, &roots, &ignored)) {
                let _ = sender.send(path);
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

    /// Builds after each change of a file that the last build has read, without an end. Changes since [`watch`](Self::watch) count too.
    ///
    /// # Errors
    /// cargo cannot be started.
    pub async fn build_after_each(
        &mut self,
        build: &Build,
        functions: &Arc<Functions>,
        mut sources: Sources,
    ) -> Result<()> {
        loop {
            if !self.has_changed_during_build(&sources) && self.wait(&sources).await.is_none() {
                return Ok(());
            }
            // From now on requests wait for the new version.
            functions.begin();
            let end = Instant::now() + MAX_SERIES;
            while Instant::now() < end && matches!(timeout(QUIET, self.changes.recv()).await, Ok(Some(_))) {}
            sources = functions.build(build).await?;
        }
    }

    /// Waits for a change of a file that the last build has read. Returns `None` at the end of the changes.
    async fn wait(&mut self, sources: &Sources) -> Option<()> {
        while !sources.contains(&self.changes.recv().await?) {}
        Some(())
    }

    /// Returns whether a source file has changed since the last build began. A build may write `Cargo.lock` itself.
    fn has_changed_during_build(&mut self, sources: &Sources) -> bool {
        let mut has_changed = false;
        while let Ok(path) = self.changes.try_recv() {
            has_changed |= !is_lock(&path) && sources.contains(&path);
        }
        has_changed
    }
}

/// Returns the changed files that a build may read.
fn changes_of(event: &Event, roots: &[PathBuf], ignored: &[PathBuf]) -> Vec<PathBuf> {
    if !matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)) {
        return Vec::new();
    }
    let is_read = |path: &&PathBuf| !ignored.iter().any(|folder| is_in(path, folder)) && !is_hidden(path, roots);
    event.paths.iter().filter(is_read).cloned().collect()
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

/// Whether the file or one of its folders below a watched one begins with a dot, or is the backup of an editor.
fn is_hidden(path: &Path, roots: &[PathBuf]) -> bool {
    let is_backup = path.file_name().is_some_and(|name| name.to_string_lossy().ends_with('~'));
    let below = roots.iter().filter_map(|root| path.strip_prefix(root).ok());
    let below = below.min_by_key(|below| below.components().count()).unwrap_or(path);
    is_backup || below.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'))
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, ModifyKind};

    use super::*;

    fn changes(kind: EventKind, path: &str) -> Vec<PathBuf> {
        let event = Event::new(kind).add_path(path.into());
        changes_of(&event, &["/app".into(), "/.home/.app".into()], &["/app/target".into(), "/app/tests".into()])
    }

    #[test]
    fn finds_the_changes_that_need_a_build() {
        let modified = EventKind::Modify(ModifyKind::Any);
        for (path, is_change) in [
            ("/app/src/main.rs", true),
            ("/app/Cargo.toml", true),
            ("/app/Cargo.lock", true),
            ("/app/target/debug/app", false),
            ("/app/targetF3x9Qa/CACHEDIR.TAG", false),
            ("/app/targets/src/lib.rs", true),
            ("/app/tests/some.rs", false),
            ("/app/src/.main.rs.swp", false),
            ("/app/src/main.rs~", false),
            ("/app/.git/index", false),
            ("/app/.git/refs/heads/feature/main", false),
            // Only folders below the package count.
            ("/.home/.app/src/main.rs", true),
        ] {
            let expected = if is_change { vec![PathBuf::from(path)] } else { Vec::new() };
            assert_eq!(changes(modified, path), expected, "{path}");
            assert_eq!(is_lock(Path::new(path)), path == "/app/Cargo.lock", "{path}");
        }
        let created = changes(EventKind::Create(CreateKind::File), "/app/src/a.rs");
        assert_eq!(created, [PathBuf::from("/app/src/a.rs")]);
        assert!(changes(EventKind::Access(AccessKind::Any), "/app/src/a.rs").is_empty());
    }
}
