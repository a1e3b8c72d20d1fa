//! A folder of handler files as one router: `tests/routes`, which the build script of this package has collected.

use std::{fs, path::Path, process::Command};

use lodger_gateway::Front;
use lodger_tests::{
    ask::{Sent, ask},
    host::{Server, on_lambda},
};

/// The state that a handler of `tests/routes` extracts.
#[derive(Clone)]
pub struct Seen(u32);

mod generated {
    include!(concat!(env!("OUT_DIR"), "/routes.rs"));
}

#[tokio::test]
async fn static_goes_before_dynamic_and_that_before_the_rest() {
    let app = || generated::router(Seen(7));
    let server = Server::start(|lodger| lodger.run(app())).await;
    let api = on_lambda(|lodger| lodger.run(app())).await;
    for (method, path, status, body) in [
        ("GET", "/api", 200, "index"),
        ("GET", "/api/users", 200, "users, seen 7"),
        ("POST", "/api/users", 200, "a new user: Ada"),
        ("PUT", "/api/users", 405, ""),
        ("GET", "/api/users/me", 200, "me"),
        ("GET", "/api/users/me2", 200, "user me2"),
        ("GET", "/api/users/7%2F8", 200, "user 7/8"),
        ("DELETE", "/api/users/7", 200, "DELETE of user 7"),
        ("DELETE", "/api/users/me", 405, ""),
        ("GET", "/api/users/7/posts", 200, "posts of 7"),
        // Though there is a folder `me`, it has no such file.
        ("GET", "/api/users/me/posts", 400, "Invalid URL: Cannot parse `me` to a `u32`"),
        ("GET", "/api/users/7/posts/8", 200, "GET of posts/8 of user 7"),
        ("PUT", "/api/users/7/x", 200, "PUT of x of user 7"),
        // What is static goes before what is dynamic, but takes no rest: nothing does that begins with it.
        ("GET", "/api/users/me/x", 200, "GET of x of user me"),
        ("GET", "/api/users/", 404, ""),
        ("GET", "/api/docs/intro/more", 200, "page intro/more"),
        ("GET", "/api/docs", 200, "all pages"),
        ("GET", "/api/docs/intro", 200, "the introduction"),
        ("GET", "/api/docs/a/b", 200, "page a/b"),
        ("GET", "/api/files/a", 200, "file a"),
        ("GET", "/api/files", 404, ""),
        ("GET", "/api/_parts/words", 404, ""),
        ("GET", "/", 404, ""),
    ] {
        let sent = Sent::get(path).method(method).body(if method == "POST" { "Ada" } else { "" });
        for answer in [ask(server.addr, &sent).await, api.send(&Front::function_url(), &sent.request()).await] {
            assert_eq!((answer.status().as_u16(), &answer.body()[..]), (status, body.as_bytes()), "{method} {path}");
            assert_eq!(answer.headers().contains_key("allow"), status == 405, "{method} {path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_layer_covers_all_of_them() {
    let denies = async || http::StatusCode::UNAUTHORIZED;
    let app =
        || generated::router(Seen(7)).layer(axum::middleware::from_fn(move |_: axum::extract::Request, _| denies()));
    let server = Server::start(|lodger| lodger.run(app())).await;
    for path in ["/api/users", "/api/users/7", "/api/users/7/x/y", "/api/files/a/b", "/nowhere"] {
        assert_eq!(ask(server.addr, &Sent::get(path)).await.status(), 401, "{path}");
    }
}

#[test]
fn what_is_wrong_is_an_error_of_the_compiler_that_names_the_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad_routes");
    let _ = fs::remove_dir_all(&project);
    fs::create_dir_all(project.join("src")).unwrap();
    fs::create_dir_all(project.join("routes/users")).unwrap();
    let manifest = format!(
        "[package]\nname = \"bad_routes\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\naxum = \"0.8\"\n\n\
         [build-dependencies]\nlodger-routes = {{ path = {:?} }}\n",
        root.join("routes"),
    );
    for (file, source) in [
        ("Cargo.toml", manifest.as_str()),
        ("build.rs", "fn main() { lodger_routes::Routes::new(\"routes\").write(); }"),
        (
            "src/main.rs",
            "include!(concat!(env!(\"OUT_DIR\"), \"/routes.rs\"));\nfn main() { let _: axum::Router = router(); }",
        ),
        ("routes/users/[id.rs", "pub async fn get() {}"),
        ("routes/users/index.rs", "pub async fn get() {}"),
        ("routes/users.rs", "pub async fn get() {}"),
        ("routes/nothing.rs", "fn get() {}"),
        ("routes/cfg.rs", "#[cfg(unix)] pub fn get() {}"),
    ] {
        fs::write(project.join(file), source).unwrap();
    }
    fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let check = || {
        let output = Command::new(env!("CARGO"))
            .args(["check", "--quiet", "--offline", "--color", "never", "--target-dir"])
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("not_an_app"))
            .current_dir(&project)
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let (_, said) = check();
    for error in [
        "routes/users/[id.rs: invalid name \\\"[id\\\": expected ",
        "routes/users/index.rs: same path as routes/users.rs",
        "routes/nothing.rs: no handler found",
        "routes/cfg.rs: the handler `get` has a `cfg` attribute",
    ] {
        let error = error.replace("\\\"", "\"");
        assert!(said.contains(&error), "{error:?} is not in what the compiler says:\n{said}");
    }
    assert_eq!(said.matches("\nerror").count(), 4, "three, and that there are some:\n{said}");
    // And Cargo sees that they are mended.
    for file in ["users/[id.rs", "users.rs", "nothing.rs", "cfg.rs"] {
        fs::remove_file(project.join("routes").join(file)).unwrap();
    }
    assert_eq!(check(), (true, String::new()));
    // What is no Rust the compiler says.
    fs::write(project.join("routes/typing.rs"), "pub async fn get() {").unwrap();
    let (is_good, said) = check();
    assert!(!is_good && said.contains("unclosed delimiter") && said.contains("typing.rs"), "{said}");
}
