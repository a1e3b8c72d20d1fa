//! The files of a folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::handlers;

/// A file that is to become a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Where it is, for the compiler.
    pub(crate) at: PathBuf,
    /// Where it is from the package's root, for people.
    pub(crate) shown: String,
    /// Its folders and its name, without `.rs`.
    pub(crate) names: Vec<String>,
    /// The names of its handlers, or why they cannot be told.
    pub(crate) handlers: Result<Vec<&'static str>, String>,
}

/// The files below `folder`, which is called `shown`, in the order of their names.
///
/// # Errors
/// What cannot be read, or is no text.
pub(crate) fn files(folder: &Path, shown: &Path) -> Result<Vec<File>, Vec<String>> {
    let mut files = vec![];
    let mut errors = vec![];
    let mut open = vec![(folder.to_owned(), shown.to_owned(), vec![])];
    while let Some((folder, shown, names)) = open.pop() {
        let entries = match entries(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                errors.push(format!("{} cannot be read: {error}", shown.display()));
                continue;
            }
        };
        for name in entries {
            let (at, shown) = (folder.join(&name), shown.join(&name));
            let name_of = |name: &str| names.iter().cloned().chain([name.to_owned()]).collect();
            if at.is_dir() {
                open.push((at, shown, name_of(&name)));
            } else if let Some(stem) = name.strip_suffix(".rs") {
                match fs::read_to_string(&at) {
                    Ok(source) => files.push(File {
                        at,
                        shown: shown.display().to_string(),
                        names: name_of(stem),
                        handlers: handlers::of(&source),
                    }),
                    Err(error) => errors.push(format!("{} cannot be read: {error}", shown.display())),
                }
            }
        }
    }
    files.sort_by(|one, other| one.names.cmp(&other.names));
    if errors.is_empty() { Ok(files) } else { Err(errors) }
}

/// The names in a folder but for those that are no routes, as on Vercel: editors and systems have files of their own there.
fn entries(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = vec![];
    for entry in fs::read_dir(folder)? {
        // A name that is no text is none of a route's.
        let Ok(name) = entry?.file_name().into_string() else { continue };
        if !name.starts_with(['_', '.']) {
            names.push(name);
        }
    }
    Ok(names)
}
