use std::{
    fs,
    path::{Path, PathBuf},
};

/// The files that a build has read, as cargo lists them beside each executable.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Files, and folders that a build script reads. `None` if they are not known.
    read: Option<Vec<PathBuf>>,
}

impl Sources {
    /// The files of a build that failed: any file may be missing.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// Reads the lists of executables.
    pub fn of<'a>(executables: impl IntoIterator<Item = &'a PathBuf>) -> Self {
        let lists = executables.into_iter().map(|executable| fs::read_to_string(executable.with_extension("d")).ok());
        let lists: Option<Vec<_>> = lists.collect();
        Self { read: lists.map(|lists| lists.iter().flat_map(|list| parse(list)).collect()) }
    }

    /// Whether a build may read a file. Each file of Rust and of cargo counts.
    pub fn contains(&self, path: &Path) -> bool {
        let is_code = path.extension().is_some_and(|extension| extension == "rs" || extension == "toml");
        is_code || is_lock(path) || self.read.as_ref().is_none_or(|read| read.iter().any(|read| path.starts_with(read)))
    }
}

/// Whether a file is the `Cargo.lock` of a package.
pub fn is_lock(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "Cargo.lock")
}

/// The paths in a file of the format of `make`: a target, a colon, and paths with escaped spaces.
fn parse(list: &str) -> Vec<PathBuf> {
    let paths = list.lines().filter_map(|line| line.split_once(": ")).flat_map(|(_, paths)| {
        let escaped = paths.replace("\\ ", "\0");
        escaped.split_whitespace().map(|path| path.replace('\0', " ")).collect::<Vec<_>>()
    });
    paths.map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_files_of_a_build() {
        let read = parse("/a/target/debug/app: /a/build.rs /a/my\\ page.html /a/routes\n");
        let sources = Sources { read: Some(read) };
        for (path, is_read) in [
            ("/a/build.rs", true),
            ("/a/my page.html", true),
            ("/a/my", false),
            // In a folder that the build script reads.
            ("/a/routes/index.html", true),
            ("/a/new.rs", true),
            ("/a/Cargo.toml", true),
            ("/a/Cargo.lock", true),
            ("/a/app.db", false),
        ] {
            assert_eq!(sources.contains(Path::new(path)), is_read, "{path}");
        }
        assert!(Sources::unknown().contains(Path::new("/a/app.db")));
        assert!(Sources::of([&PathBuf::from("/missing/app")]).contains(Path::new("/a/app.db")));
    }
}
