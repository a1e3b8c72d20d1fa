//! The compiler's messages for mistakes in `main`: one error for one mistake, and the way to mend it.

use std::{fs, path::Path, process::Command};

/// The compiler's messages for a `main` that runs `app`, with these options of the dependency on `lodger`.
fn check(name: &str, options: &str, app: &str) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(project.join("src")).unwrap();
    fs::write(
        project.join("Cargo.toml"),
        format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             actix-web = {{ version = \"4\", default-features = false }}\naxum = \"0.8\"\ntower = \"0.5\"\n\
             tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n\
             lodger = {{ path = {:?}, {options} }}\n",
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

/// Asserts that the messages are one error, besides "could not compile", and that it has all of `parts`.
#[track_caller]
fn assert_one_error(messages: Result<(), String>, parts: &[&str]) {
    let messages = messages.expect_err("it compiles");
    let errors = messages.lines().filter(|line| line.starts_with("error")).count();
    assert_eq!(errors - 1, 1, "{messages}");
    for part in parts {
        assert!(messages.contains(part), "{part:?} is not in the messages:\n{messages}");
    }
}

const ROUTER: &str = r#"axum::Router::new().route("/", axum::routing::get(async || "hello"))"#;
const ALL: &str = r#"features = ["actix-web", "axum", "hyper"]"#;
const AXUM: &str = r#"features = ["axum"]"#;
const ACTIX_WEB: &str = r#"features = ["actix-web"]"#;
const FRAMEWORKS: &str = "Lodger runs apps of axum 0.8 and 0.7, actix-web 4, warp 0.4, tower 0.5 and hyper 1; for another \
                          framework, see `lodger::adapter`";

#[test]
fn a_mistake_is_one_error_that_says_how_to_mend_it() {
    assert_eq!(check("router", ALL, ROUTER), Ok(()));
    let number = check("number", ALL, "42");
    for is_on in ["axum", "actix-web", "tower", "hyper"] {
        assert!(!number.as_ref().unwrap_err().contains(&format!("the feature `{is_on}` is off")), "{number:?}");
    }
    assert_one_error(number, &["`{integer}` is not an app that Lodger can run", FRAMEWORKS]);

    let state = "if its state is missing, call `.with_state(..)`";
    let stateless = "axum::Router::<u8>::new()";
    assert_one_error(check("stateless", ALL, stateless), &["`Router<u8>` is not an app that Lodger can run", state]);
    // With one framework's feature the compiler might name the bounds of that framework instead.
    assert_one_error(check("stateless_alone", AXUM, stateless), &["`Router<u8>` is not an app", state]);
    assert_one_error(
        check("made", AXUM, &format!("{ROUTER}.into_make_service()")),
        &["`IntoMakeService<Router>` is not an app", "pass the `Router` itself, without `.into_make_service()`"],
    );
    let layered = "tower::Layer::layer(&axum::middleware::from_fn(async |request, next: axum::middleware::Next| \
                   next.run(request).await), axum::Router::new())";
    assert_one_error(check("layered", AXUM, layered), &["is not an app", "in `lodger::axum::service(..)`"]);
}

#[test]
fn a_feature_that_is_off_is_named() {
    assert_one_error(
        check("featureless", "features = []", ROUTER),
        &[
            "`Router<_>` is not an app that Lodger can run: no feature of a framework is on",
            "the feature `axum` is off: axum 0.8 needs it",
            "the feature `axum-07` is off: axum 0.7 needs it",
            "the feature `actix-web` is off: actix-web 4 needs it",
            "the feature `warp` is off: warp 0.4 needs it",
            "the feature `tower` is off: tower 0.5 needs it",
            "the feature `hyper` is off: hyper 1 needs it",
            FRAMEWORKS,
        ],
    );
    assert_one_error(
        check("other_feature", ACTIX_WEB, ROUTER),
        &["`Router<_>` is not an app that Lodger can run", "the feature `axum` is off: axum 0.8 needs it"],
    );
}

#[test]
fn a_closure_that_is_not_send_is_named() {
    let app = "{ let count = std::rc::Rc::new(1); move || actix_web::App::new().app_data(count.clone()) }";
    let not_send =
        ["`Rc<i32>` cannot be sent between threads safely", "required because it's used within this closure"];
    assert_one_error(check("not_send", ALL, app), &not_send);
    assert_one_error(check("not_send_alone", ACTIX_WEB, app), &not_send);
    // An `App` rather than a closure that returns one.
    let app = "actix_web::App::new()";
    assert_one_error(check("no_closure", ACTIX_WEB, app), &["is not an app", "pass a closure that returns an `App`"]);
}

#[test]
fn no_host_is_one_error() {
    let options = r#"default-features = false, features = ["actix-web", "axum", "hyper", "logs", "serde"]"#;
    assert_one_error(
        check("hostless", options, ROUTER),
        &["turn on a feature of `lodger`, `server`, `lambda` or `vercel`, or leave out `default-features = false`"],
    );
}

/// Both are so for every framework.
#[test]
fn the_future_of_run_is_small_and_can_be_spawned() {
    fn assert_small_and_send<F: Send>(future: F) {
        assert!(size_of_val(&future) <= 64, "{} bytes", size_of_val(&future));
    }
    use lodger_tests::probe;
    assert_small_and_send(lodger::run(probe::app()));
    assert_small_and_send(lodger::run(probe::axum_07::app()));
    assert_small_and_send(lodger::run(probe::actix_web::app));
    assert_small_and_send(lodger::run(probe::warp::app()));
    assert_small_and_send(lodger::run(probe::tower::app()));
    assert_small_and_send(lodger::Lodger::new().run(probe::app()));
    assert_small_and_send(lodger::Lodger::new().run_with(async || Ok::<_, lodger::Error>(probe::app())));
}
