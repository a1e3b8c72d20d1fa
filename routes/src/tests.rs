use std::path::Path;

use crate::{Routes, collect::File, handlers, plan};

fn file(name: &str, source: &str) -> File {
    File {
        at: Path::new("/app").join(name),
        shown: name.to_owned(),
        names: name.strip_suffix(".rs").unwrap().split('/').map(str::to_owned).collect(),
        handlers: handlers::of(source),
    }
}

/// The paths of files with a handler each, or the errors.
fn paths(names: &[&str]) -> Result<Vec<String>, Vec<String>> {
    let files = names.iter().map(|name| file(name, "pub async fn get() {}")).collect();
    let routes = plan::routes(files, "")?;
    Ok(routes.into_iter().flat_map(|route| route.paths).map(|placed| placed.path).collect())
}

#[test]
fn names_become_paths() {
    let names =
        ["index.rs", "about.rs", "users/index.rs", "users/[id].rs", "users/[id]/posts/[post].rs", "v1.0/[...all].rs"];
    assert_eq!(
        paths(&names).unwrap(),
        ["/", "/about", "/users", "/users/{id}", "/users/{id}/posts/{post}", "/v1.0/{*all}"]
    );
    assert_eq!(paths(&["docs/[[...page]].rs"]).unwrap(), ["/docs", "/docs/{*page}"]);
    assert_eq!(paths(&["[[...page]].rs"]).unwrap(), ["/", "/{*page}"]);
    let mounted = plan::routes(vec![file("index.rs", "pub fn get() {}"), file("a.rs", "pub fn get() {}")], "/api/");
    let mounted: Vec<_> =
        mounted.unwrap().into_iter().flat_map(|route| route.paths).map(|placed| placed.path).collect();
    assert_eq!(mounted, ["/api", "/api/a"]);
}

#[test]
fn what_is_wrong_names_the_file() {
    for (names, error) in [
        (&["[id.rs"][..], "[id.rs: \"[id\" cannot stand in a path"),
        (&["a/[...b]/c.rs"], "a/[...b]/c.rs: nothing can follow `b`"),
        (&["index/a.rs"], "index/a.rs: a folder cannot be named `index`"),
        (&["[id]/[id].rs"], "[id]/[id].rs: there are two parameters named `id`"),
        (&["a.rs", "a/index.rs"], "a/index.rs: a.rs is for the same path"),
        (&["[a].rs", "[b].rs"], "[b].rs: its parameter `b` is `a` in [a].rs"),
        (&["[a].rs", "[b]/c.rs"], "[b]/c.rs: its parameter `b` is `a` in [a].rs"),
        (&["index.rs", "[[...all]].rs"], "[[...all]].rs: index.rs is for the same path"),
        (&["[...all].rs", "[[...all]].rs"], "[[...all]].rs: [...all].rs is for the same path"),
    ] {
        let errors = paths(names).unwrap_err();
        assert!(errors.len() == 1 && errors[0].starts_with(error), "{error}: {errors:?}");
    }
    let errors = plan::routes(vec![file("a.rs", "async fn get() {}"), file("[b.rs", "")], "api").unwrap_err();
    assert!(errors[0].contains("mounted at \"api\"") && errors[1].starts_with("a.rs: it has no handler"), "{errors:?}");
    assert_eq!(errors.len(), 3);
}

#[test]
fn a_folder_that_is_not_there_is_an_error_of_the_compiler() {
    let source = Routes::new("nowhere").source(Path::new("/nowhere/at/all"));
    assert!(source.starts_with("::core::compile_error!(\"nowhere cannot be read: "), "{source}");
}

#[test]
fn the_source_names_each_file_and_each_method() {
    let routes = plan::routes(vec![file("[id].rs", "pub fn get() {} pub fn any() {}")], "").unwrap();
    let source = crate::write::routes(&routes, Some("crate::Shop"));
    assert!(source.contains("#[path = \"/app/[id].rs\"]\n#[allow(unreachable_pub)]\nmod route_0;"), "{source}");
    assert!(source.contains("router(state: crate::Shop) -> ::axum::Router"), "{source}");
    let route = ".route(\"/{id}\", ::axum::routing::any(route_0::any).get(route_0::get))";
    assert!(source.contains(route), "{source}");
}

#[test]
fn files_that_are_no_routes_are_nobodys_concern() {
    let folder = std::env::temp_dir().join(format!("lodger-routes-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("linked")).unwrap();
    for name in ["index.rs", ".hidden.rs", "_part.rs", "notes.txt"] {
        std::fs::write(folder.join(name), "pub fn get() {}").unwrap();
    }
    #[cfg(unix)]
    {
        use std::os::unix::{ffi::OsStrExt as _, fs::symlink};
        symlink("me@host.123", folder.join(".#index.rs")).unwrap();
        symlink("nowhere", folder.join("dangling")).unwrap();
        symlink(folder.join("index.rs"), folder.join("linked/a.rs")).unwrap();
        std::fs::write(folder.join(std::ffi::OsStr::from_bytes(b"\xff.txt")), "").unwrap();
    }
    let files = crate::collect::files(&folder, Path::new("routes")).unwrap();
    let names: Vec<_> = files.iter().map(|file| file.shown.as_str()).collect();
    assert_eq!(
        names,
        if cfg!(unix) { &["routes/index.rs", "routes/linked/a.rs"][..] } else { &["routes/index.rs"][..] }
    );
    std::fs::remove_dir_all(folder).unwrap();
}
