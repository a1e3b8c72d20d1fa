//! The layers of the workspace: no import circles, and no import against the plan.
//!
//! The plan is `adapters -> core -> runtime-api`, and inside the core from the hosts to the folders that all hosts share.

mod imports;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use imports::{File, Sources, read_imports, read_sources};

/// The libraries of the workspace, and the libraries that each may depend on. A new library fails a test until it is here.
const CRATES: &[(&str, &[&str])] = &[
    ("runtime-api", &[]),
    ("core", &["lodger-runtime-api"]),
    ("adapters", &["lodger-core", "lodger-runtime-api"]),
    ("extension", &["lodger-runtime-api"]),
    ("gateway", &[]),
    ("routes", &[]),
    ("cli", &["lodger-gateway"]),
];

/// The folders of the core, and the folders that each must not import. `*` stands for all others.
const CORE: &[(&str, &[&str])] = &[
    ("util", &["*"]),
    ("json", &["server", "vercel", "web_functions", "azure_functions", "lambda"]),
    ("lifecycle", &["server", "vercel", "web_functions", "azure_functions", "lambda"]),
    ("log", &["server", "vercel", "web_functions", "azure_functions", "lambda"]),
    ("path", &["server", "vercel", "web_functions", "azure_functions", "lambda"]),
    ("request", &["server", "vercel", "web_functions", "azure_functions", "lambda"]),
    ("settings", &["server", "vercel", "web_functions", "azure_functions", "lambda"]),
    ("server", &["vercel", "web_functions", "azure_functions", "lambda"]),
];

/// Imports of the core against [`CORE`] that are allowed: the file, the file that it imports, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// The crates of web frameworks. In the core only the extractors in `request::extract` use them.
const FRAMEWORKS: &[&str] = &["actix_http", "actix_web", "axum", "axum_07", "axum_core", "axum_core_04", "warp"];

/// The most files that may import each other: a parent and its children, or files of one folder.
const MAX_CIRCLE: usize = 3;

fn crate_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(name)
}

fn top(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

fn parent(module: &str) -> &str {
    module.rsplit_once("::").map_or("", |(parent, _)| parent)
}

/// The files that a file imports, directly or through others.
fn reachable<'a>(files: &'a BTreeMap<String, File>, module: &'a String) -> BTreeSet<&'a String> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![module]);
    while let Some(module) = next.pop() {
        let imports = files.get(module).into_iter().flat_map(|file| file.imports.keys());
        next.extend(imports.filter(|module| seen.insert(*module)));
    }
    seen
}

/// The circles that are too large or cross folders, each as a list of its imports.
fn circles(files: &BTreeMap<String, File>) -> Vec<String> {
    let reach: BTreeMap<_, _> = files.keys().map(|module| (module, reachable(files, module))).collect();
    let circle = |module: &String| -> BTreeSet<_> {
        reach[module]
            .iter()
            .copied()
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(module)))
            .collect()
    };
    let circles: BTreeSet<_> = files.keys().map(circle).filter(|circle| circle.len() > 1).collect();
    let is_folder = |module: &str| files.keys().any(|other| parent(other) == module && other != module);
    let is_allowed = |circle: &BTreeSet<&String>| {
        let of_parent = circle.iter().any(|top| circle.iter().all(|one| one == top || parent(one) == top.as_str()));
        let of_folder = circle.iter().map(|one| parent(one)).collect::<BTreeSet<_>>().len() == 1
            && !circle.iter().any(|one| is_folder(one));
        circle.len() <= MAX_CIRCLE && (of_parent || of_folder)
    };
    let describe = |circle: &BTreeSet<&String>| {
        let mut text = format!("a circle of {} files", circle.len());
        for module in circle {
            for (target, names) in files[*module].imports.iter().filter(|(target, _)| circle.contains(target)) {
                text += &format!("\n  {module} -> {target}: {names:?}");
            }
        }
        text
    };
    circles.iter().filter(|circle| !is_allowed(circle)).map(describe).collect()
}

/// The imports of the core against [`CORE`] and [`FRAMEWORKS`].
fn imports_against_the_plan(files: &BTreeMap<String, File>) -> Vec<String> {
    let is_folder = |module: &str| files.keys().any(|other| top(other) == module && other != module);
    let mut found = Vec::new();
    for (module, file) in files {
        let forbidden =
            CORE.iter().find(|(folder, _)| *folder == top(module)).map_or(&[][..], |(_, forbidden)| forbidden);
        for (target, names) in &file.imports {
            let folder = top(target);
            let is_forbidden =
                forbidden.contains(&folder) || forbidden == ["*"] && folder != top(module) && is_folder(folder);
            if is_forbidden && !EXCEPTIONS.iter().any(|(from, to, _)| from == module && to == target) {
                found.push(format!("{module} -> {target}: {names:?}"));
            }
        }
        for framework in file.externals.iter().filter(|name| FRAMEWORKS.contains(&name.as_str())) {
            if !module.starts_with("request::extract") {
                found.push(format!("{module} -> the framework {framework}"));
            }
        }
    }
    found
}

#[test]
fn files_of_a_crate_have_no_circles() {
    let mut found = Vec::new();
    for (name, _) in CRATES {
        let src = crate_folder(name).join("src");
        found.extend(circles(&read_imports(&read_sources(&src))).iter().map(|circle| format!("{name}: {circle}")));
    }
    assert!(found.is_empty(), "import circles:\n{}", found.join("\n"));
}

#[test]
fn folders_of_the_core_import_downwards() {
    let found = imports_against_the_plan(&read_imports(&read_sources(&crate_folder("core").join("src"))));
    assert!(found.is_empty(), "imports against the plan:\n{}", found.join("\n"));
}

/// The members of the workspace that are libraries of the project: those in folders of the root, without the book, tests and
/// benchmarks.
fn libraries() -> BTreeSet<String> {
    let manifest = fs::read_to_string(crate_folder("Cargo.toml")).unwrap();
    let members = manifest.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    let names = members.split(',').map(|member| member.trim().trim_matches('"'));
    names
        .filter(|name| !name.contains('/') && !["benches", "docs", "soak", "tests"].contains(name))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_library_has_a_layer() {
    let known: BTreeSet<_> = CRATES.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(libraries(), known);
}

#[test]
fn crates_depend_downwards() {
    for (name, allowed) in CRATES {
        let manifest = fs::read_to_string(crate_folder(name).join("Cargo.toml")).unwrap();
        let sections = manifest.split("\n[").filter(|section| section.starts_with("dependencies]"));
        for line in sections.flat_map(str::lines).filter(|line| line.starts_with("lodger")) {
            let dependency = line.split(['.', ' ', '=']).next().unwrap();
            assert!(allowed.contains(&dependency), "{name} must not depend on {dependency}");
        }
    }
}

fn files(sources: &[(&str, &str)]) -> BTreeMap<String, File> {
    let sources: Sources = sources.iter().map(|(module, text)| (module.to_string(), text.to_string())).collect();
    read_imports(&sources)
}

#[test]
fn finds_a_circle_across_folders() {
    let found = circles(&files(&[
        ("", "mod a; mod b; pub use a::x::X;"),
        ("a", "pub mod x; pub mod y;"),
        ("a::x", "use crate::b::{self, z::Z as Other}; pub struct X(Other);"),
        ("a::y", "// use crate::a::x::X;\nconst TEXT: &str = \"crate::b::z::Z\";"),
        ("b", "pub mod z;"),
        ("b::z", "pub struct Z; impl Z { fn x() -> crate::X { loop {} } }"),
    ]));
    assert_eq!(found, ["a circle of 2 files\n  a::x -> b::z: {\"Z\"}\n  b::z -> a::x: {\"X\"}"]);
}

#[test]
fn allows_small_circles_in_one_folder() {
    let chain = |targets: [&str; 4]| {
        let text = targets.map(|target| format!("use super::{target}::F;"));
        circles(&files(&[("a", ""), ("a::p", &text[0]), ("a::q", &text[1]), ("a::r", &text[2]), ("a::s", &text[3])]))
    };
    assert_eq!(chain(["q", "r", "p", "p"]), [""; 0]);
    assert_eq!(chain(["q", "r", "s", "p"]).len(), 1);
    assert_eq!(circles(&files(&[("a", "mod b; use b::B; pub fn f() {}"), ("a::b", "use super::f;")])), [""; 0]);
}

#[test]
fn ignores_tests_and_re_exports() {
    let found = circles(&files(&[
        ("a", "#[cfg(test)] mod tests { use crate::b::B; } #[cfg(test)] use crate::b::B; pub struct A;"),
        ("b", "use crate::a::A; pub struct B;"),
        ("c", "pub(crate) use crate::d::D; pub struct C;"),
        ("d", "use crate::c::C; pub struct D;"),
    ]));
    assert_eq!(found, [""; 0]);
}

#[test]
fn finds_imports_against_the_plan() {
    let found = imports_against_the_plan(&files(&[
        ("util", "mod timer; use crate::log;"),
        ("util::timer", "fn f() { log::warn!(\"\"); crate::log::warn(); }"),
        ("log", "mod sink;"),
        ("log::sink", "use crate::vercel::{ipc::Ipc}; use axum::Router;"),
        ("vercel", "mod ipc; use crate::server::Server;"),
        ("vercel::ipc", ""),
        ("server", "mod tasks;"),
        ("server::tasks", ""),
        ("request::extract", "use axum::extract::FromRequestParts;"),
    ]));
    let expected =
        ["log::sink -> vercel::ipc: {\"Ipc\"}", "log::sink -> the framework axum", "util::timer -> log: {\"warn\"}"];
    assert_eq!(found, expected);
}
