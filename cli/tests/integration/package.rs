//! `cargo lodger package`.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use memchr::memmem;
use serde_json::{Value, json};

use crate::{
    support::{Dev, Folder, cargo_lodger, function},
    watch,
};

/// A binary for the other architecture.
pub fn for_another_machine(folder: &Folder) -> PathBuf {
    let mut bytes = fs::read(function()).unwrap();
    let number = u16::from_le_bytes([bytes[18], bytes[19]]);
    let other: u16 = if number == 62 { 183 } else { 62 };
    bytes[18..20].copy_from_slice(&other.to_le_bytes());
    write_binary(folder, "other", &bytes)
}

/// A binary that needs a glibc of the future.
pub fn for_a_newer_glibc(folder: &Folder) -> PathBuf {
    let mut bytes = fs::read(function()).unwrap();
    let places: Vec<_> = memmem::find_iter(&bytes, b"GLIBC_2.34\0").collect();
    assert!(!places.is_empty(), "the function of the tests does not need glibc 2.34");
    for at in places {
        bytes[at..at + 10].copy_from_slice(b"GLIBC_2.99");
    }
    write_binary(folder, "newer", &bytes)
}

/// A binary that another program than that of glibc loads.
fn for_another_interpreter(folder: &Folder) -> PathBuf {
    let mut bytes = fs::read(function()).unwrap();
    let at = memmem::find(&bytes, b"/ld-linux-").unwrap();
    bytes[at..at + 10].copy_from_slice(b"/ld-other-");
    write_binary(folder, "interpreter", &bytes)
}

/// A binary that needs a glibc of the future, without section headers.
fn without_sections(folder: &Folder) -> PathBuf {
    let mut bytes = fs::read(for_a_newer_glibc(folder)).unwrap();
    bytes[40..48].fill(0);
    bytes[60..64].fill(0);
    write_binary(folder, "sectionless", &bytes)
}

/// A library of the compiler.
fn library() -> PathBuf {
    let output = Command::new("rustc").args(["--print", "target-libdir"]).output().unwrap();
    let folder = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|file| file.extension().is_some_and(|extension| extension == "so")).unwrap()
}

fn write_binary(folder: &Folder, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// Unpacks a zip file into a folder.
fn unzip(file: &Path, folder: &Path) {
    let output = Command::new("unzip").arg("-o").arg(file).arg("-d").arg(folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn package(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = cargo_lodger();
    command.arg("package").args(arguments).current_dir(folder.path());
    command
}

fn of_binary(folder: &Folder, binary: &Path, arguments: &[&str]) -> Output {
    package(folder, arguments).arg("--binary").arg(binary).output().unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_bootstrap_of_a_zip_file_serves_requests() {
    let folder = Folder::new("package");
    let output = of_binary(&folder, &function(), &["--lambda"]);
    let text = error(&output);
    assert!(output.status.success() && text.contains("bootstrap.zip: ") && text.contains("of 250.0 MB"), "{text}");
    let zip = folder.path().join("bootstrap.zip");
    let first = fs::read(&zip).unwrap();
    assert!(of_binary(&folder, &function(), &["--lambda", "--output", "again/app.zip"]).status.success());
    assert!(first == fs::read(folder.path().join("again/app.zip")).unwrap(), "the bytes differ");

    unzip(&zip, folder.path());
    let bootstrap = folder.path().join("bootstrap");
    assert_eq!(fs::metadata(&bootstrap).unwrap().permissions().mode() & 0o777, 0o755);
    assert!(fs::read(&bootstrap).unwrap() == fs::read(function()).unwrap(), "the binary differs");
    let mut command = cargo_lodger();
    command.args(["dev", "--listen", "127.0.0.1:0", "--"]).arg(&bootstrap);
    let dev = Dev::start(command);
    assert_eq!(dev.get("rest-api", "/"), (200, "hello".to_owned()));
}

#[test]
fn builds_the_binary_of_the_manifest_into_the_folder_of_cargo_lambda() {
    let folder = watch::package("1");
    let manifest = watch::MANIFEST.replace("front = \"alb\"", "bin = \"watched\"\nfeatures = [\"on\"]");
    folder.write("Cargo.toml", &format!("{manifest}\n[features]\non = []\n"));
    let main = "#[cfg(not(feature = \"on\"))]\ncompile_error!(\"the feature is off\");\nfn main() {}\n";
    folder.write("src/main.rs", main);
    folder.write("src/bin/other.rs", "fn main() {}\n");
    let output = package(&folder, &["--lambda", "--profile", "dev"]).output().unwrap();
    assert!(output.status.success(), "{}", error(&output));
    unzip(&folder.path().join("target/lambda/watched/bootstrap.zip"), folder.path());
    assert!(Command::new(folder.path().join("bootstrap")).status().unwrap().success());
}

#[test]
fn writes_the_output_for_vercel() {
    let folder = Folder::new("vercel");
    folder.write("vercel.json", r#"{"crons": [{"path": "/nightly", "schedule": "0 3 * * *"}], "rewrites": []}"#);
    folder.write("public/robots.txt", "User-agent: *\n");
    folder.write("public/images/a.svg", "<svg/>");
    // A file of an earlier build disappears.
    folder.write(".vercel/output/config.json", r#"{"version": 3}"#);
    folder.write(".vercel/output/functions/old.func/executable", "");
    folder.write(".vercel/project.json", "{}");
    let output = of_binary(&folder, &function(), &["--vercel"]);
    assert!(output.status.success(), "{}", error(&output));

    let mut files = Vec::new();
    list(&folder.path().join(".vercel"), &mut files);
    let names: Vec<_> = files.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
    let expected = [
        ".vercel/output/config.json",
        ".vercel/output/functions/index.func/.vc-config.json",
        ".vercel/output/functions/index.func/executable",
        ".vercel/output/static/images/a.svg",
        ".vercel/output/static/robots.txt",
        ".vercel/project.json",
    ];
    assert_eq!(names, expected);
    let read = |name: &str| -> Value { serde_json::from_slice(&fs::read(folder.path().join(name)).unwrap()).unwrap() };
    let crons = json!([{"path": "/nightly", "schedule": "0 3 * * *"}]);
    let routes = json!([{"handle": "filesystem"}, {"src": "/(.*)", "dest": "/index"}]);
    assert_eq!(read(expected[0]), json!({"version": 3, "routes": routes, "crons": crons}));
    let architecture = if cfg!(target_arch = "x86_64") { "x86_64" } else { "arm64" };
    let config = json!({
        "handler": "executable", "runtime": "executable", "runtimeLanguage": "rust", "architecture": architecture,
        "environment": {}, "supportsResponseStreaming": true,
    });
    assert_eq!(read(expected[1]), config);
    let executable = folder.path().join(expected[2]);
    assert_eq!(fs::metadata(&executable).unwrap().permissions().mode() & 0o777, 0o755);
    assert!(fs::read(executable).unwrap() == fs::read(function()).unwrap(), "the binary differs");
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() { list(&entry, files) } else { files.push(entry) }
    }
}

#[test]
fn refuses_a_binary_that_the_host_cannot_start() {
    let folder = Folder::new("refused");
    let (other, newer) = (for_another_machine(&folder), for_a_newer_glibc(&folder));
    let own = if cfg!(target_arch = "x86_64") { "x86_64" } else { "arm64" };
    for host in ["--lambda", "--vercel"] {
        let output = of_binary(&folder, &newer, &[host]);
        let text = error(&output);
        assert!(output.status.code() == Some(1) && text.contains("it needs glibc 2.99, and "), "{text}");
        assert!(text.contains("cargo install cargo-zigbuild") && text.contains("-unknown-linux-musl"), "{text}");
        let output = of_binary(&folder, &other, &[host, "--arch", own]);
        let text = error(&output);
        assert!(
            output.status.code() == Some(1) && text.contains(&format!("and the function for {own}; build with")),
            "{text}"
        );
    }
    for (file, cause) in [
        (for_another_interpreter(&folder), "/ld-other-"),
        (without_sections(&folder), "it needs glibc 2.99"),
        (library(), "the file is an object file or a library"),
    ] {
        let output = of_binary(&folder, &file, &["--lambda"]);
        assert!(output.status.code() == Some(1) && error(&output).contains(cause), "{}", error(&output));
    }
    for (content, cause) in
        [("#!/bin/sh\n", "not a Linux binary (ELF)"), ("\x7fELF\x02\x01\x01", "ELF header is damaged")]
    {
        folder.write("script", content);
        let text = error(&of_binary(&folder, &folder.path().join("script"), &["--lambda"]));
        assert!(text.contains("cannot package ") && text.contains(cause), "{text}");
    }
    let text = error(&of_binary(&folder, Path::new("missing"), &["--lambda"]));
    assert!(text.contains("cannot read missing: No such file"), "{text}");
    assert!(!folder.path().join("bootstrap.zip").exists() && !folder.path().join(".vercel").exists());
}

#[test]
fn deletes_no_other_folder_and_takes_one_host() {
    let folder = Folder::new("folder");
    folder.write("notes/a.txt", "");
    let text = error(&of_binary(&folder, &function(), &["--vercel", "--output", "notes"]));
    assert!(text.contains("cannot replace notes") && text.contains("choose another folder with --output"), "{text}");
    assert!(folder.path().join("notes/a.txt").exists());
    folder.write("vercel.json", "{");
    let text = error(&of_binary(&folder, &function(), &["--vercel"]));
    assert!(text.contains("cannot read the cron jobs of vercel.json"), "{text}");
    for arguments in [&["--lambda", "--vercel"][..], &[], &["--lambda", "--bin", "app"]] {
        assert_eq!(of_binary(&folder, &function(), arguments).status.code(), Some(2), "{arguments:?}");
    }
}
