//! What the compiler says of a value that is no app: that it is none, what would be one, and which feature may be off.

use std::{fs, path::Path, process::Command};

/// What the compiler says of a `main` that runs `app`, with these features of Lodger.
fn check(name: &str, features: &str, app: &str) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(project.join("src")).unwrap();
    fs::write(
        project.join("Cargo.toml"),
        format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             axum = \"0.8\"\ntokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n\
             lodger = {{ path = {:?}, features = [{features}] }}\n",
            root.join("adapters"),
        ),
    )
    .unwrap();
    // The versions that everything else is tested with, and no look for newer ones.
    fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    fs::write(
        project.join("src/main.rs"),
        format!(
            "#[tokio::main(flavor = \"current_thread\")]\n\
             async fn main() -> Result<(), lodger::Error> {{\n    lodger::run({app}).await\n}}\n"
        ),
    )
    .unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--offline", "--color", "never", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("not_an_app"))
        .current_dir(&project)
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8(output.stderr).unwrap()) }
}

fn assert_says(said: Result<(), String>, all: &[&str]) {
    let said = said.expect_err("it compiles");
    for one in all {
        assert!(said.contains(one), "{one:?} is not in what the compiler says:\n{said}");
    }
}

const APPS: &[&str] = &[
    "is not an app that Lodger can run",
    "an axum `Router` is one, as it is",
    "a tower service over `Request<lodger::Body>` is one",
    "of warp a `Filter` is one",
    "a hyper service is one",
    "each takes its feature of the crate `lodger`: `axum`, `actix-web`, `warp`, `tower`, `hyper`",
];
const OFF: &[&str] = &["the feature `axum` is off", "the feature `tower` is off", "the feature `hyper` is off"];

#[test]
fn the_compiler_says_what_an_app_would_be() {
    let router = r#"axum::Router::new().route("/", axum::routing::get(async || "hello"))"#;
    let all = r#""axum", "hyper", "tower""#;
    assert_eq!(check("router", all, router), Ok(()));
    let number = check("number", all, "42");
    assert!(OFF.iter().all(|off| !number.as_ref().unwrap_err().contains(off)), "{number:?}");
    assert_says(number, &[APPS, &["`{integer}` is not an app"]].concat());
    // The same router, and nobody turned a feature on.
    assert_says(
        check("featureless", "", router),
        &[APPS, OFF, &["the feature `actix-web` is off", "`Router<_>` is not an app"]].concat(),
    );
    // A router that misses its state.
    let stateful = "axum::Router::<u8>::new()";
    assert_says(
        check("stateless", all, stateful),
        &[APPS, &["a state that it misses is given by `.with_state(..)`"]].concat(),
    );
    // What axum's own server would have taken.
    let made = format!("{router}.into_make_service()");
    assert_says(check("made", all, &made), &[APPS, &["`into_make_service` is not needed"]].concat());
    // A service over axum's own body: what makes an app of it is named.
    let service = "axum::middleware::map_request(async |request: axum::extract::Request| request)";
    assert_says(check("layer", all, service), &["`lodger::axum::service(service)`"]);
}
