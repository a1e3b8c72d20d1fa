//! Invocations that become tests of the package.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::{
    support::{Dev, Folder},
    watch::{MAIN, MANIFEST, command, package},
};

/// The dependencies that the command names, with the gateway of this repository.
fn add_dependencies(folder: &Folder) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let gateway = repository.join("gateway");
    let dependencies = format!(
        "\n[dev-dependencies]\nbytes = \"1\"\nhttp = \"1\"\nlodger-gateway = {{ path = {gateway:?} }}\nserde_json = \"1\"\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n[profile.dev]\ndebug = false\n"
    );
    folder.write("Cargo.toml", &(MANIFEST.to_owned() + &dependencies));
    // The versions of the repository, which are on this machine.
    fs::copy(repository.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
}

fn save(dev: &Dev, id: &Value, name: &str) -> (u16, Value) {
    dev.post(&format!("/api/invocations/{id}/save"), &json!({"name": name}))
}

/// Runs the tests of a package, of which there are two.
fn assert_both_tests_pass(folder: &Folder) {
    let mut tests = Command::new(env!("CARGO"));
    tests.args(["test", "--quiet", "--offline", "--tests"]).current_dir(folder.path()).env_remove("CARGO_TARGET_DIR");
    let output = tests.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.matches("test result: ok. 1 passed").count() == 2, "{text}");
}

#[test]
fn saves_a_request_and_an_event_as_tests_that_pass() {
    let folder = package("1");
    add_dependencies(&folder);
    let mut command = command(&folder);
    command.args(["--no-watch"]);
    let dev = Dev::start(command);
    dev.send("rest-api", "GET /items?a=1 HTTP/1.1\r\nauthorization: secret\r\nx-a: b\r\n", "");
    let request = dev.last()["id"].clone();
    let (_, begun) = dev.post("/api/replay", &json!({"event": {"data": "{\"id\":1}"}}));
    dev.ended(&begun["id"]);

    let save = |id: &Value, name: &str| save(&dev, id, name);
    let (status, saved) = save(&request, "lists_items");
    assert_eq!(saved["files"], json!(["tests/fixtures/lists_items.json", "tests/lists_items.rs"]), "{saved}");
    assert_eq!(status, 200);
    assert_eq!(save(&begun["id"], "handles_an_event").0, 200);
    let fixture = fs::read_to_string(folder.path().join("tests/fixtures/lists_items.json")).unwrap();
    assert!(fixture.contains("x-a") && !fixture.contains("secret"), "{fixture}");

    assert_both_tests_pass(&folder);

    // No file is replaced, and no name leads elsewhere.
    let (status, error) = save(&request, "lists_items");
    assert!(status == 409 && error["error"].as_str().unwrap().contains("choose another name"), "{error}");
    assert_eq!(save(&request, "../lists_items").0, 400);
}

/// A test has the stage and the media types of the front, and expects no secret. A keyword is the name of a test too.
#[test]
fn saves_the_settings_of_the_front() {
    let folder = package("1");
    add_dependencies(&folder);
    // Replies with the path, because the stage may be a part of it, and with a secret.
    let path = r#"event.split_once("\"path\":\"").map_or("", |(_, rest)| rest.split('"').next().unwrap())"#;
    let main = MAIN.replace("(id, _)", "(id, event)").replace("TEXT", path);
    folder.write("src/main.rs", &main.replace(r#"\"body\""#, r#"\"headers\":{{\"set-cookie\":\"a=1\"}},\"body\""#));
    let mut command = command(&folder);
    command.args(["--no-watch", "--stage", "prod", "--binary-media-types", "image/png,text/plain"]);
    command.args(["--env", "LODGER_A=1", "--env", "SECRET=2"]);
    let dev = Dev::start(command);
    dev.send("rest-api", "GET /prod/items HTTP/1.1\r\naccept: text/plain\r\n", "");
    let request = dev.last();
    assert_eq!(request["response"]["body"]["data"], "hello /items", "{request}");
    let save = |id: &Value, name: &str| save(&dev, id, name);
    let (status, saved) = save(&request["id"], "move");
    assert!(status == 200 && saved["hint"].as_str().unwrap().contains("does not set SECRET,"), "{saved}");

    let (_, begun) = dev.post("/api/replay", &json!({"event": {"data": "{\"id\":1}"}}));
    dev.ended(&begun["id"]);
    assert_eq!(save(&begun["id"], "body").0, 200);
    let fixture = fs::read_to_string(folder.path().join("tests/fixtures/move.json")).unwrap();
    assert!(fixture.contains("LODGER_A") && !fixture.contains("SECRET"), "{fixture}");

    assert_both_tests_pass(&folder);
}

#[test]
fn explains_why_an_invocation_cannot_be_a_test() {
    let dev = Dev::function(&[]);
    dev.get("alb", "/");
    let (status, error) = save(&dev, &dev.last()["id"], "says_hello");
    assert!(status == 400 && error["error"].as_str().unwrap().contains("without a package"), "{error}");
}
