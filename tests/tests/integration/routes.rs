//! The router of the handler files in `tests/routes`, which the build script of this package generates.

use std::path::Path;

use lodger_gateway::Front;
use lodger_tests::{
    client::{ClientRequest, send},
    test_host::TestHost,
};

use crate::cargo_project::CargoProject;

/// The state that a handler of `tests/routes` extracts.
#[derive(Clone)]
pub struct Seen(u32);

mod generated {
    include!(concat!(env!("OUT_DIR"), "/routes.rs"));
}

#[tokio::test]
async fn prefers_static_segments_to_dynamic_and_rest_segments() {
    let app = || generated::router(Seen(7));
    let server = TestHost::server().start(|lodger| lodger.run(app())).await;
    let api = TestHost::lambda().start(|lodger| lodger.run(app())).await;
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
        // The folder `me` has no such file.
        ("GET", "/api/users/me/posts", 400, "Invalid URL: Cannot parse `me` to a `u32`"),
        ("GET", "/api/users/7/posts/8", 200, "GET of posts/8 of user 7"),
        ("PUT", "/api/users/7/x", 200, "PUT of x of user 7"),
        // A static segment is preferred to a dynamic one, except if a rest segment follows.
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
        let sent = ClientRequest::get(path).method(method).body(if method == "POST" { "Ada" } else { "" });
        for response in [send(server.addr(), &sent).await, api.send(&Front::function_url(), &sent.request()).await] {
            assert_eq!(
                (response.status().as_u16(), &response.body()[..]),
                (status, body.as_bytes()),
                "{method} {path}"
            );
            assert_eq!(response.headers().contains_key("allow"), status == 405, "{method} {path}: {response:?}");
        }
    }
}

#[tokio::test]
async fn applies_a_layer_to_every_route() {
    let deny = async || http::StatusCode::UNAUTHORIZED;
    let app =
        || generated::router(Seen(7)).layer(axum::middleware::from_fn(move |_: axum::extract::Request, _| deny()));
    let server = TestHost::server().start(|lodger| lodger.run(app())).await;
    for path in ["/api/users", "/api/users/7", "/api/users/7/x/y", "/api/files/a/b", "/nowhere"] {
        assert_eq!(send(server.addr(), &ClientRequest::get(path)).await.status(), 401, "{path}");
    }
}

#[test]
fn reports_invalid_route_files_as_compile_errors() {
    let dependency = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("routes");
    let manifest =
        format!("[dependencies]\naxum = \"0.8\"\n[build-dependencies]\nlodger-routes = {{ path = {dependency:?} }}",);
    let project = CargoProject::new("bad_routes", &manifest);
    project.write("build.rs", "fn main() { lodger_routes::Routes::new(\"routes\").write(); }");
    project.write(
        "src/main.rs",
        "include!(concat!(env!(\"OUT_DIR\"), \"/routes.rs\"));\nfn main() { let _: axum::Router = router(); }",
    );
    let handler = "pub async fn get() {}";
    let invalid = [
        ("routes/users/[id.rs", handler, "\"[id\" cannot stand in a path as it is"),
        ("routes/users/index.rs", handler, "routes/users.rs is for the same path"),
        ("routes/nothing.rs", "fn get() {}", "it has no handler"),
        ("routes/cfg.rs", "#[cfg(unix)] pub fn get() {}", "its handler `get` is behind a `cfg`"),
    ];
    project.write("routes/users.rs", handler);
    for (file, source, _) in invalid {
        project.write(file, source);
    }
    let diagnostics = project.check();
    for (file, _, error) in invalid {
        let error = format!("{file}: {error}");
        assert!(diagnostics.iter().any(|diagnostic| diagnostic.text.contains(&error)), "{error:?}: {diagnostics:#?}");
    }
    assert_eq!(diagnostics.len(), 4, "{diagnostics:#?}");

    for file in ["users/[id.rs", "users.rs", "nothing.rs", "cfg.rs"] {
        project.remove(&format!("routes/{file}"));
    }
    assert_eq!(project.check(), []);

    // The compiler reports a file that is not valid Rust.
    project.write("routes/typing.rs", "pub async fn get() {");
    let diagnostics = project.check();
    let has_text = |text: &str| diagnostics.iter().any(|diagnostic| diagnostic.text.contains(text));
    assert!(has_text("unclosed delimiter") && has_text("typing.rs"), "{diagnostics:#?}");
}
