//! The errors of the compiler for mistakes in `main`: one error for each mistake, with a way to fix it.
//!
//! Each file in `tests/ui` is a program. Its first lines have parts of the error that it must have (`// error: ..`), or must
//! not have (`// absent: ..`). A file without such a line must compile. The messages are not compared as a whole, because each
//! version of the compiler lays them out differently.

use std::{fs, path::Path};

use lodger_tests::probe;

use crate::cargo_project::{CargoProject, Diagnostic};

const DEPENDENCIES: &str = r#"
actix-web = { version = "4", default-features = false }
axum = "0.8"
tokio = { version = "1", features = ["macros", "rt"] }
tower = "0.5"
"#;

/// Checks the programs in the folder `tests/ui/{folder}`, with these options of the dependency on Lodger.
fn check_programs(folder: &str, options: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut bins, mut programs) = (String::new(), vec![]);
    for entry in fs::read_dir(root.join("ui").join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        bins += &format!("\n[[bin]]\nname = \"{name}\"\npath = {path:?}\n");
        programs.push((name, fs::read_to_string(&path).unwrap()));
    }
    let lodger = format!("lodger = {{ path = {:?}, {options} }}", root.parent().unwrap().join("adapters"));
    let manifest = format!("autobins = false\n{bins}\n[dependencies]{DEPENDENCIES}{lodger}\n");
    let diagnostics = CargoProject::new(folder, &manifest).check();
    for (name, program) in &programs {
        // An error of another target is an error of a dependency, and so of each program.
        let is_own = |target: &str| target == name || programs.iter().all(|(other, _)| target != other);
        check_program(name, program, diagnostics.iter().filter(|diagnostic| is_own(&diagnostic.target)));
    }
}

fn check_program<'a>(name: &str, program: &str, diagnostics: impl Iterator<Item = &'a Diagnostic>) {
    let lines = |prefix: &'static str| program.lines().filter_map(move |line| line.strip_prefix(prefix));
    let errors: Vec<_> = diagnostics.filter(|diagnostic| diagnostic.is_error).collect();
    let expected = usize::from(program.starts_with("// error: "));
    assert_eq!(errors.len(), expected, "{name} has {} errors: {errors:#?}", errors.len());
    for error in errors {
        for part in lines("// error: ") {
            assert!(error.text.contains(part), "{part:?} is not in the error of {name}:\n{}", error.text);
        }
        for part in lines("// absent: ") {
            assert!(!error.text.contains(part), "{part:?} is in the error of {name}:\n{}", error.text);
        }
    }
}

#[test]
fn explains_mistakes_with_every_framework() {
    check_programs("all_frameworks", r#"features = ["actix-web", "axum", "hyper"]"#);
}

#[test]
fn explains_mistakes_with_axum_only() {
    check_programs("axum", r#"features = ["axum"]"#);
}

#[test]
fn explains_mistakes_with_actix_web_only() {
    check_programs("actix_web", r#"features = ["actix-web"]"#);
}

#[test]
fn names_the_features_if_no_framework_is_on() {
    check_programs("no_framework", "features = []");
}

#[test]
fn names_the_features_if_no_host_is_on() {
    let features = r#"default-features = false, features = ["actix-web", "axum", "hyper", "logs", "serde"]"#;
    check_programs("no_host", features);
}

#[test]
fn returns_a_small_future_that_is_send() {
    fn assert_small_and_send<F: Send>(future: F) {
        assert!(size_of_val(&future) <= 64, "{} bytes", size_of_val(&future));
    }
    assert_small_and_send(lodger::run(probe::app()));
    assert_small_and_send(lodger::run(probe::axum_07::app()));
    assert_small_and_send(lodger::run(probe::actix_web::app));
    assert_small_and_send(lodger::run(probe::warp::app()));
    assert_small_and_send(lodger::run(probe::tower::app()));
    assert_small_and_send(lodger::Lodger::new().run(probe::app()));
    assert_small_and_send(lodger::Lodger::new().run_with(async || Ok::<_, lodger::Error>(probe::app())));
}
