//! Edits of a package, with real builds. The function is a program without dependencies, which builds in a second.

use std::process::Command;

use crate::support::{Dev, Folder, cargo_lodger};

pub const MANIFEST: &str = "\
[package]
name = \"watched\"
version = \"1.2.3\"
edition = \"2024\"

[package.metadata.lodger]
front = \"alb\"

[package.metadata.lodger.env]
GREETING = \"hello\"

[workspace]
";

/// A runtime in a few lines: it replies to each event with a text.
pub const MAIN: &str = r#"
use std::{env, io::{BufRead, BufReader, Read, Write}, net::TcpStream};

fn request(head: &str, body: &str) -> (String, String) {
    let address = env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut socket = TcpStream::connect(&address).unwrap();
    let length = body.len();
    write!(socket, "{head} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let (mut reader, mut id, mut body) = (BufReader::new(socket), String::new(), String::new());
    for line in reader.by_ref().lines() {
        let line = line.unwrap().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("lambda-runtime-aws-request-id: ") {
            id = value.to_owned();
        }
        if line.is_empty() {
            break;
        }
    }
    reader.read_to_string(&mut body).unwrap();
    (id, body)
}

fn main() {
    loop {
        let (id, _) = request("GET /2018-06-01/runtime/invocation/next", "");
        let text = TEXT;
        let greeting = env::var("GREETING").unwrap();
        let reply = format!("{{\"statusCode\":200,\"body\":\"{greeting} {text}\"}}");
        request(&format!("POST /2018-06-01/runtime/invocation/{id}/response"), &reply);
    }
}
"#;

pub fn package(text: &str) -> Folder {
    let folder = Folder::new("watch");
    folder.write("Cargo.toml", MANIFEST);
    write_main(&folder, text);
    folder
}

fn write_main(folder: &Folder, text: &str) {
    folder.write("src/main.rs", &MAIN.replace("TEXT", text));
}

pub fn command(folder: &Folder) -> Command {
    let mut command = cargo_lodger();
    command.args(["dev", "--listen", "127.0.0.1:0"]).current_dir(folder.path());
    command
}

#[test]
fn serves_the_new_code_after_an_edit_and_the_old_code_after_an_error() {
    let folder = package("1");
    let dev = Dev::start(command(&folder));
    assert_eq!(dev.get("", "/"), (200, "hello 1".to_owned()));
    assert_eq!(dev.last()["front"], "alb");

    // No binary contains a test.
    folder.write("tests/some.rs", "");
    write_main(&folder, "2");
    dev.wait_for_line("Running build 2");
    assert_eq!(dev.get("", "/"), (200, "hello 2".to_owned()));
    assert_eq!(dev.last()["build"], 2);

    write_main(&folder, "missing");
    dev.wait_for_line("the last version still serves");
    assert_eq!(dev.get("", "/"), (200, "hello 2".to_owned()));
    let build = &dev.api("/api/state")["build"];
    let output = build["output"].as_str().unwrap();
    assert!(build["state"] == "failed" && output.contains("cannot find value `missing`"), "{build}");

    write_main(&folder, "4");
    dev.wait_for_line("Running build 4");
    assert_eq!(dev.get("", "/"), (200, "hello 4".to_owned()));
}

#[test]
fn builds_again_after_a_change_during_the_first_build() {
    let folder = package("1");
    let writer = std::thread::spawn({
        let main = folder.path().join("src/main.rs");
        // The build has begun when the target folder exists, and takes longer than this write.
        let target = folder.path().join("target/debug");
        move || {
            crate::support::wait_for("the build", || target.exists().then_some(()));
            std::fs::write(main, MAIN.replace("TEXT", "2")).unwrap();
        }
    });
    let dev = Dev::start(command(&folder));
    writer.join().unwrap();
    crate::support::wait_for("the new code", || (dev.get("", "/").1 == "hello 2").then_some(()));
}

#[test]
fn holds_requests_during_a_build() {
    let folder = package("1");
    let dev = Dev::start(command(&folder));
    write_main(&folder, "2");
    crate::support::wait_for("the build", || (dev.api("/api/state")["build"]["number"] == 2).then_some(()));
    assert_eq!(dev.get("", "/"), (200, "hello 2".to_owned()));
}

#[test]
fn keeps_the_old_version_if_the_new_one_does_not_start() {
    let folder = package("1");
    let dev = Dev::start(command(&folder));
    write_main(&folder, "{ panic!(\"at the start\"); 2 }");
    // The process starts, and panics at its first invocation only.
    dev.wait_for_line("Running build 2");
    assert_eq!(dev.get("", "/").0, 502);
    folder.write("src/main.rs", "fn main() { std::process::exit(9) }");
    dev.wait_for_line("exit status: 9");
    assert!(dev.has_line("the last version still serves"));
}

/// The build has replaced the executable of the last version.
#[test]
fn starts_processes_of_the_last_version_if_the_new_one_does_not_start() {
    let folder = package("1");
    let text = r#"if event.contains("/exit") { std::process::exit(7) } else { 1 }"#;
    folder.write("src/main.rs", &MAIN.replace("(id, _)", "(id, event)").replace("TEXT", text));
    let dev = Dev::start(command(&folder));
    folder.write("src/main.rs", "fn main() { std::process::exit(9) }");
    dev.wait_for_line("the last version still serves");
    assert_eq!(dev.get("", "/exit").0, 502);
    assert_eq!(dev.get("", "/"), (200, "hello 1".to_owned()));
}

#[test]
fn ignores_files_that_no_build_reads() {
    let folder = package("1");
    folder.write("src/page.html", "1");
    write_main(&folder, r#"include_str!("page.html")"#);
    let dev = Dev::start(command(&folder));
    let number = || dev.api("/api/state")["build"]["number"].clone();
    folder.write("app.db", "data");
    folder.write(".git/refs/heads/feature/main", "commit");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(number(), 1);
    folder.write("src/page.html", "2");
    dev.wait_for_line("Running build 2");
    assert_eq!(dev.get("", "/"), (200, "hello 2".to_owned()));
}

#[test]
fn explains_packages_without_a_function() {
    let folder = Folder::new("explain");
    let error = |arguments: &[&str]| {
        let output = command(&folder).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(error(&[]).contains("cannot read the package"), "{}", error(&[]));
    folder.write("Cargo.toml", MANIFEST);
    folder.write("src/lib.rs", "");
    assert!(error(&[]).contains("it has no binary; add src/main.rs"), "{}", error(&[]));
    folder.write("src/bin/one.rs", "fn main() {}");
    folder.write("src/bin/two.rs", "fn main() {}");
    assert!(error(&[]).contains("it has one, two; select one with --bin"), "{}", error(&[]));
    assert!(error(&["--bin", "three"]).contains("cannot find the binary \"three\""));
    assert!(error(&["--package", "three"]).contains("cannot find the package \"three\""));
    folder.write("Cargo.toml", &MANIFEST.replace("front = \"alb\"", "frontend = \"alb\""));
    assert!(error(&[]).contains("unknown field `frontend`"), "{}", error(&[]));
}
