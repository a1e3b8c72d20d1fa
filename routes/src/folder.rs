//! The files of a folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::handlers::parse_handlers;

/// A file that becomes a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteFile {
    /// The path for the compiler.
    pub(crate) path: PathBuf,
    /// The path from the root of the package, for messages.
    pub(crate) display_path: String,
    /// The names of its folders and its own name without `.rs`.
    pub(crate) names: Vec<String>,
    /// The names of its handlers, or an error.
    pub(crate) handlers: Result<Vec<&'static str>, String>,
}

/// Reads the files below `folder`, in the order of their names. `display_path` is the path of the folder in messages.
///
/// # Errors
/// A message for each folder and file that cannot be read.
pub(crate) fn read_folder(folder: &Path, display_path: &Path) -> Result<Vec<RouteFile>, Vec<String>> {
    let mut files = vec![];
    let mut errors = vec![];
    let mut open = vec![(folder.to_owned(), display_path.to_owned(), vec![])];
    while let Some((folder, display_path, names)) = open.pop() {
        let entries = match read_entries(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                errors.push(cannot_read(&display_path, &error));
                continue;
            }
        };
        for name in entries {
            let (path, display_path) = (folder.join(&name), display_path.join(&name));
            let with_name = |name: &str| names.iter().cloned().chain([name.to_owned()]).collect();
            if path.is_dir() {
                open.push((path, display_path, with_name(&name)));
            } else if let Some(stem) = name.strip_suffix(".rs") {
                match fs::read_to_string(&path) {
                    Ok(source) => files.push(RouteFile {
                        path,
                        display_path: display_path.display().to_string(),
                        names: with_name(stem),
                        handlers: parse_handlers(&source),
                    }),
                    Err(error) => errors.push(cannot_read(&display_path, &error)),
                }
            }
        }
    }
    files.sort_by(|one, other| one.names.cmp(&other.names));
    if errors.is_empty() { Ok(files) } else { Err(errors) }
}

fn cannot_read(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}

/// Returns the names in a folder, except those that begin with `_` or `.`.
///
/// Editors and operating systems create such files. Vercel ignores them too.
fn read_entries(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = vec![];
    for entry in fs::read_dir(folder)? {
        // The name of a route is UTF-8.
        let Ok(name) = entry?.file_name().into_string() else { continue };
        if !name.starts_with(['_', '.']) {
            names.push(name);
        }
    }
    Ok(names)
}
