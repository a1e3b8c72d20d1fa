use std::path::Path;

use crate::{
    Routes,
    folder::{RouteFile, read_folder},
    handlers::parse_handlers,
    plan::plan,
    source::router_source,
};

fn file(name: &str, source: &str) -> RouteFile {
    RouteFile {
        path: Path::new("/app").join(name),
        display_path: name.to_owned(),
        names: name.strip_suffix(".rs").unwrap().split('/').map(str::to_owned).collect(),
        handlers: parse_handlers(source),
    }
}

/// Plans files with one handler each, and returns the paths or the errors.
fn paths(names: &[&str]) -> Result<Vec<String>, Vec<String>> {
    let files = names.iter().map(|name| file(name, "pub async fn get() {}")).collect();
    let routes = plan(files, "")?;
    Ok(routes.into_iter().flat_map(|route| route.paths).map(|path| path.path).collect())
}

#[test]
fn makes_paths_of_names() {
    let names =
        ["index.rs", "about.rs", "users/index.rs", "users/[id].rs", "users/[id]/posts/[post].rs", "v1.0/[...all].rs"];
    assert_eq!(
        paths(&names).unwrap(),
        ["/", "/about", "/users", "/users/{id}", "/users/{id}/posts/{post}", "/v1.0/{*all}"]
    );
    assert_eq!(paths(&["docs/[[...page]].rs"]).unwrap(), ["/docs", "/docs/{*page}"]);
    assert_eq!(paths(&["[[...page]].rs"]).unwrap(), ["/", "/{*page}"]);
    let mounted = plan(vec![file("index.rs", "pub fn get() {}"), file("a.rs", "pub fn get() {}")], "/api/");
    let mounted: Vec<_> = mounted.unwrap().into_iter().flat_map(|route| route.paths).map(|path| path.path).collect();
    assert_eq!(mounted, ["/api", "/api/a"]);
}

#[test]
fn errors_name_the_file() {
    for (names, error) in [
        (&["[id.rs"][..], "[id.rs: invalid name \"[id\""),
        (&["a/[...b]/c.rs"], "a/[...b]/c.rs: the folder of `b` cannot have routes"),
        (&["index/a.rs"], "index/a.rs: a folder cannot have the name `index`"),
        (&["[id]/[id].rs"], "[id]/[id].rs: duplicate parameter `id`"),
        (&["a.rs", "a/index.rs"], "a/index.rs: same path as a.rs"),
        (&["[a].rs", "[b].rs"], "[b].rs: the parameter `b` has the name `a` in [a].rs"),
        (&["[a].rs", "[b]/c.rs"], "[b]/c.rs: the parameter `b` has the name `a` in [a].rs"),
        (&["index.rs", "[[...all]].rs"], "[[...all]].rs: same path as index.rs"),
        (&["[...all].rs", "[[...all]].rs"], "[[...all]].rs: same path as [...all].rs"),
    ] {
        let errors = paths(names).unwrap_err();
        assert!(errors.len() == 1 && errors[0].starts_with(error), "{error}: {errors:?}");
    }
    let errors = plan(vec![file("a.rs", "async fn get() {}"), file("[b.rs", "")], "api").unwrap_err();
    assert!(
        errors[0].contains("invalid mount path \"api\"") && errors[1].starts_with("a.rs: no handler found"),
        "{errors:?}"
    );
    assert_eq!(errors.len(), 3);
}

#[test]
fn a_missing_folder_is_a_compile_error() {
    let source = Routes::new("nowhere").source(Path::new("/nowhere/at/all"));
    assert!(source.starts_with("::core::compile_error!(\"cannot read nowhere: "), "{source}");
}

#[test]
fn the_source_has_each_file_and_each_method() {
    let routes = plan(vec![file("[id].rs", "pub fn get() {} pub fn any() {}")], "").unwrap();
    let source = router_source(&routes, Some("crate::Shop"));
    assert!(source.contains("#[path = \"/app/[id].rs\"]\n#[allow(unreachable_pub)]\nmod route_0;"), "{source}");
    assert!(source.contains("router(state: crate::Shop) -> ::axum::Router"), "{source}");
    let route = ".route(\"/{id}\", ::axum::routing::any(route_0::any).get(route_0::get))";
    assert!(source.contains(route), "{source}");
}

#[test]
fn ignores_files_that_are_not_routes() {
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
    let files = read_folder(&folder, Path::new("routes")).unwrap();
    let names: Vec<_> = files.iter().map(|file| file.display_path.as_str()).collect();
    assert_eq!(
        names,
        if cfg!(unix) { &["routes/index.rs", "routes/linked/a.rs"][..] } else { &["routes/index.rs"][..] }
    );
    std::fs::remove_dir_all(folder).unwrap();
}
