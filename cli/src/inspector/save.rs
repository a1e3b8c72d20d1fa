//! An invocation as a test of the package: a fixture, and a Rust test that sends the same request.

use std::{collections::BTreeMap, fs, io, path::Path};

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{api, error::ApiError};
use crate::{
    history::{BodyRecord, Detail, HeaderList, is_secret, remove_secrets},
    platform::Platform,
};

/// The body of a request to save a test.
#[derive(Debug, Deserialize)]
pub struct NewTest {
    name: String,
    #[serde(default)]
    with_secrets: bool,
}

/// The dependencies of the test.
const DEPENDENCIES: &str =
    "bytes http lodger-gateway serde_json tokio, the last one with the features `macros` and `rt-multi-thread`";

/// Writes the files of a test, and returns their names.
///
/// # Errors
/// The name is not that of a test, the invocation cannot be a test, or a file exists or cannot be written.
pub fn save(platform: &Platform, id: &str, new: &NewTest) -> Result<Value, ApiError> {
    let bad = |error: String| (StatusCode::BAD_REQUEST, error);
    let Some(folder) = &platform.folder else {
        return Err(bad("cannot save a test without a package: the command was started with a program".to_owned()));
    };
    if !is_test_name(&new.name) {
        let expected = "lower-case letters, digits and _, such as lists_items";
        return Err(bad(format!("invalid name {:?}: expected {expected}", new.name)));
    }
    let mut detail = api::record(platform, id)?.detail();
    if detail.summary.kind == "http" && (platform.routes.is_some() || platform.authorizer.is_some()) {
        return Err(bad("cannot save a test of an API with routes or an authorizer: the test has neither".to_owned()));
    }
    if let Some(request) = &mut detail.request
        && let Ok(uri) = request.target.parse()
    {
        // The test sends the request to the stage itself.
        request.target = platform.fronts.below_stage(&detail.summary.front, &uri).to_string();
    }
    let mut fixture = fixture(&detail, new.with_secrets).map_err(bad)?;
    let (variables, unsaved) = variables(platform, &detail.summary.function);
    if let Some(fixture) = fixture.as_object_mut() {
        fixture.insert("env".to_owned(), json!(variables));
    }
    let files = [
        (format!("tests/fixtures/{}.json", new.name), format!("{fixture:#}\n")),
        (format!("tests/{}.rs", new.name), test(&new.name, &detail, platform.fronts.source(&detail.summary.front))),
    ];
    write_all(folder, &files)?;
    let names: Vec<_> = files.iter().map(|(name, _)| name).collect();
    let mut hint = format!(
        "The test needs these development dependencies: {DEPENDENCIES}. Run it with cargo test --test {}.",
        new.name
    );
    if !unsaved.is_empty() {
        hint += &format!(" It does not set {}, which may be secret.", unsaved.join(", "));
    }
    Ok(json!({"files": names, "hint": hint}))
}

/// The variables that a test sets, and the names of those of files and of the command line, which may be secret. Settings of Lodger are
/// not: a response depends on them.
fn variables<'a>(platform: &'a Platform, function: &str) -> (BTreeMap<&'a str, &'a str>, Vec<&'a str>) {
    let all = platform.functions.variables(function).iter();
    let (saved, unsaved): (Vec<_>, Vec<_>) =
        all.partition(|(name, value)| name.starts_with("LODGER_") || platform.variables.get(name) == Some(value));
    let saved = saved.into_iter().map(|(name, value)| (name.as_str(), value.as_str()));
    (saved.collect(), unsaved.into_iter().map(|(name, _)| name.as_str()).collect())
}

/// Writes files that do not exist.
///
/// # Errors
/// One of them exists, or cannot be written.
fn write_all(folder: &Path, files: &[(String, String)]) -> Result<(), ApiError> {
    let failed = |name: &str, error: io::Error| {
        (StatusCode::CONFLICT, format!("cannot write {name}: {error}; choose another name"))
    };
    // No file is written if one of them exists.
    if let Some((name, _)) = files.iter().find(|(name, _)| folder.join(name).exists()) {
        return Err(failed(name, io::ErrorKind::AlreadyExists.into()));
    }
    files
        .iter()
        .try_for_each(|(name, content)| write_new(&folder.join(name), content).map_err(|error| failed(name, error)))
}

fn write_new(path: &Path, content: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::File::create_new(path)?;
    io::Write::write_all(&mut file, content.as_bytes())
}

/// The request or the event, and the response or the reply that the test expects.
fn fixture(detail: &Detail, with_secrets: bool) -> Result<Value, String> {
    let headers = |headers: &HeaderList| -> HeaderList {
        headers.iter().filter(|(name, _)| with_secrets || !is_secret(name)).cloned().collect()
    };
    if let (Some(event), "event") = (&detail.event, detail.summary.kind) {
        let reply = detail.reply.as_ref().ok_or("the invocation has no reply")?;
        if let Some(error) = &detail.summary.error {
            return Err(format!("the invocation failed, and a saved test expects a reply: {error}"));
        }
        let json = |body: &BodyRecord| {
            let mut value = serde_json::from_slice::<Value>(&body.bytes())?;
            if !with_secrets {
                remove_secrets(&mut value);
            }
            Ok::<_, serde_json::Error>(value)
        };
        return Ok(json!({
            "event": json(event).map_err(|error| format!("the event is not JSON: {error}"))?,
            "reply": json(&reply.body).map_err(|error| format!("the reply is not JSON: {error}"))?,
        }));
    }
    let (Some(request), Some(response), Some(_)) = (&detail.request, &detail.response, &detail.event) else {
        return Err("only an invocation on Lambda can be a test; send the request through a front of Lambda".to_owned());
    };
    if request.body.is_truncated() || response.body.is_truncated() {
        return Err("the bodies are larger than 1 MB".to_owned());
    }
    Ok(json!({
        "request": {"method": request.method, "target": request.target, "headers": headers(&request.headers), "body": request.body},
        "response": {"status": response.status, "headers": headers(&response.headers), "body": response.body},
    }))
}

/// Returns whether a test of the package can have the name. The function in the test has a name of its own.
fn is_test_name(name: &str) -> bool {
    let is_first = |first: char| first.is_ascii_lowercase() || first == '_';
    let is_valid = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_';
    let has_letter = name.contains(|char: char| char.is_ascii_alphanumeric());
    name.len() <= 80 && name.starts_with(is_first) && name.chars().all(is_valid) && has_letter
}

/// The source of the test.
fn test(name: &str, detail: &Detail, front: Option<String>) -> String {
    let is_event = detail.summary.kind == "event";
    let template = if is_event { include_str!("save/event.rs.txt") } else { include_str!("save/request.rs.txt") };
    let is_streamed = detail.reply.as_ref().is_some_and(|reply| reply.is_streamed);
    let streaming = if is_streamed { ".streaming()" } else { "" };
    let front = front.unwrap_or_default() + streaming;
    let title = detail.summary.name.replace(|char: char| char.is_control(), " ");
    let binary = &detail.summary.function;
    template.replace("{front}", &front).replace("{binary}", binary).replace("{name}", name).replace("{title}", &title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::ReplyRecord;

    #[test]
    fn the_event_of_a_test_has_no_secrets_unless_chosen() {
        let mut detail = Detail::default();
        detail.summary.kind = "event";
        detail.event = Some(BodyRecord::new(None, br#"{"headers": {"Cookie": "s3cret"}, "id": 1}"#));
        detail.reply = Some(ReplyRecord { body: BodyRecord::new(None, b"{}"), ..ReplyRecord::default() });
        assert_eq!(fixture(&detail, false).unwrap()["event"], json!({"headers": {"Cookie": "(removed)"}, "id": 1}));
        assert_eq!(fixture(&detail, true).unwrap()["event"]["headers"]["Cookie"], "s3cret");
    }

    #[test]
    fn accepts_names_of_tests() {
        for (name, is_valid) in [
            ("lists_items", true),
            ("_1", true),
            ("move", true),
            ("_", false),
            ("1a", false),
            ("", false),
            ("../a", false),
            ("A", false),
            ("a-b", false),
        ] {
            assert_eq!(is_test_name(name), is_valid, "{name}");
        }
    }
}
