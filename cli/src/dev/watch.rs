//! A build after each change of a file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{Event, EventKind, RecursiveMode, Watcher as _};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    Result,
    platform::Versions,
    project::{Build, Project},
};

/// The pause without a change that ends a series of changes: editors write several files.
const QUIET: Duration = Duration::from_millis(30);

/// Builds after each change of the package's files, without an end.
///
/// # Errors
/// The operating system cannot watch the files, or cargo cannot be started.
pub async fn run(project: &Project, build: &Build, versions: &Arc<Versions>) -> Result<()> {
    let (sender, mut changes) = mpsc::unbounded_channel();
    let mut ignored = vec![project.target_folder.clone()];
    // No binary contains them.
    ignored.extend(["benches", "examples", "tests"].map(|folder| project.folder.join(folder)));
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| is_change(&event, &ignored)) {
            let _ = sender.send(());
        }
    })?;
    for path in &project.watched {
        let mode = if path.is_dir() { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        watcher
            .watch(path, mode)
            .map_err(|error| format!("cannot watch {}: {error}; use --no-watch", path.display()))?;
    }
    while changes.recv().await.is_some() {
        // From now on requests wait for the new version.
        versions.begin();
        while let Ok(Some(())) = timeout(QUIET, changes.recv()).await {}
        versions.build(build).await?;
    }
    Ok(())
}

/// Whether an event changes a file that a build may read.
fn is_change(event: &Event, ignored: &[PathBuf]) -> bool {
    let changes = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_));
    changes && event.paths.iter().any(|path| !ignored.iter().any(|folder| path.starts_with(folder)) && !is_hidden(path))
}

/// Whether the file or one of its folders begins with a dot, or is the backup of an editor.
fn is_hidden(path: &Path) -> bool {
    let is_backup = path.file_name().is_some_and(|name| name.to_string_lossy().ends_with('~'));
    is_backup || path.components().rev().take(3).any(|part| part.as_os_str().to_string_lossy().starts_with('.'))
}
