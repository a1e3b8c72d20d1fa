//! Real payloads: what becomes of each, against the table in `payloads.txt`.
//!
//! They are not part of the project. `LODGER_TEST_EVENTS` names a folder of folders with them, as collections of the
//! events of public projects have them; without it there is nothing to be tested here, and the test says so. A file that
//! is not in the table has to be served or refused like any other. `LODGER_TEST_WRITE=1` writes the table anew, to be
//! read before it is committed.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use bytes::Bytes;
use http::Request;
use lodger::Lodger;
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{host::on_lambda, losses::decoded, probe};
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("LODGER_TEST_EVENTS").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: LODGER_TEST_EVENTS names no folder of payloads");
    }
    folder
}

/// Each payload by its folder and name.
fn payloads(folder: &PathBuf) -> BTreeMap<String, Vec<u8>> {
    let mut payloads = BTreeMap::new();
    for source in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let source = source.unwrap().path();
        for file in fs::read_dir(&source).into_iter().flatten() {
            let file = file.unwrap().path();
            // Not an event: it has a test of its own.
            let is_event = !file.ends_with("live/ingress-paths.json");
            if is_event && file.extension().is_some_and(|extension| extension == "json") {
                let name =
                    [&source, &file].map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).join("/");
                payloads.insert(name, fs::read(&file).unwrap());
            }
        }
    }
    payloads
}

/// What the app saw of it, or why it did not.
async fn outcome(api: &RuntimeApi, event: &[u8]) -> String {
    match api.invoke(event.to_vec()).await.unwrap() {
        Err(error) => {
            let body: Value = serde_json::from_slice(&error.body).unwrap();
            let message = body["errorMessage"].as_str().unwrap();
            format!("refused: {}", message.split([',', ';']).next().unwrap())
        }
        Ok(reply) => {
            let reply: Value = serde_json::from_slice(&reply).unwrap();
            let body = reply["body"].as_str().unwrap_or_default();
            let seen: Value = match reply["statusCode"].as_u64() {
                // Of an event that is not HTTP the reply is the app's answer itself.
                None => reply,
                Some(200) => serde_json::from_str(body).unwrap(),
                Some(status) => return format!("{status}: {body}"),
            };
            let part = |name: &str| seen[name].as_str().unwrap_or_else(|| panic!("{seen}")).to_owned();
            format!("served: {} {} to {}", part("method"), part("uri"), part("client"))
        }
    }
}

#[tokio::test]
async fn each_payload_is_served_or_refused_for_a_reason() {
    let Some(folder) = folder() else { return };
    let plain = on_lambda(|lodger| lodger.run(probe::app())).await;
    let routes = |lodger: Lodger| lodger.events_path("/events").websocket_path("/ws").run(probe::app());
    let with_routes = on_lambda(routes).await;

    let mut table = String::new();
    for (name, event) in payloads(&folder) {
        writeln!(table, "{name}\n    {}", outcome(&plain, &event).await).unwrap();
        let served = outcome(&with_routes, &event).await;
        if !table.ends_with(&format!("{served}\n")) {
            writeln!(table, "    with routes for events {served}").unwrap();
        }
    }
    assert_eq!((plain.protocol_errors(), with_routes.protocol_errors()), (vec![], vec![]));

    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/payloads.txt");
    if std::env::var_os("LODGER_TEST_WRITE").is_some() {
        fs::write(file, &table).unwrap();
    }
    let known = entries(include_str!("../../payloads.txt"));
    let now = entries(&table);
    // A folder with some of them has all.
    let missing: Vec<_> = known.keys().filter(|name| !now.contains_key(*name)).collect();
    assert!(missing.is_empty() || missing.len() == known.len(), "{missing:?}");
    assert!(!now.is_empty(), "{} has no payloads", folder.display());
    let mut differ = vec![];
    for (name, becomes) in now {
        match known.get(name) {
            Some(expected) if *expected == becomes => {}
            Some(expected) => differ.push(format!("{name}\nis expected to be{expected}\nand is{becomes}")),
            None => eprintln!("not in the table: {name}{becomes}"),
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// Each file's lines of a table.
fn entries(table: &str) -> BTreeMap<&str, String> {
    let mut entries: BTreeMap<&str, String> = BTreeMap::new();
    let mut name = "";
    for line in table.lines() {
        match line.strip_prefix("    ") {
            Some(becomes) => entries.entry(name).or_default().push_str(&format!("\n    {becomes}")),
            None => name = line,
        }
    }
    entries
}

#[tokio::test]
async fn what_an_http_api_makes_of_a_path_was_captured() {
    let Some(folder) = folder() else { return };
    let Ok(captured) = fs::read(folder.join("live/ingress-paths.json")) else {
        eprintln!("skipped: the folder has no live/ingress-paths.json");
        return;
    };
    let captured: Vec<Value> = serde_json::from_slice(&captured).unwrap();
    assert!(captured.len() >= 10, "{captured:?}");
    let api = on_lambda(|lodger| lodger.run(probe::app())).await;
    for path in captured {
        let request = Request::get(path["sentPath"].as_str().unwrap()).body(Bytes::new()).unwrap();
        let event = Front::http_api().event(&request);
        let Some(made) = path["httpAPIPath"].as_str() else {
            assert_eq!(path["httpAPIRejected"], true);
            assert_eq!(event.unwrap_err().status(), 400, "{path}");
            continue;
        };
        // The gateway makes of it what AWS made of it, and the app sees a path that decodes to that, once.
        let event = event.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&event).unwrap()["rawPath"], made);
        let response = Front::http_api().response(&api.invoke(event).await.unwrap());
        let seen: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(decoded(seen["uri"].as_str().unwrap().as_bytes()).unwrap(), made.as_bytes(), "{path}");
    }
}
