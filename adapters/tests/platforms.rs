//! The table of platforms in the book: `docs/platforms.md` is made from `PLATFORMS` of `lodger-core`.
#![cfg(feature = "server")]

use std::{fs, path::Path};

use lodger_core::{HostingPlatform, PLATFORMS};

const INTRODUCTION: &str = "\
<!-- Made from `core/src/settings/platforms.rs`: `LODGER_TEST_UPDATE=1 cargo test -p lodger --test platforms` writes this file. -->

| platform | recognized by | signal | SIGKILL after | grace period | `PORT` means | `LODGER_PROXIES` | sources |
|---|---|---|---|---|---|---|---|
";

fn table() -> String {
    let mut page = String::from(INTRODUCTION);
    for platform in PLATFORMS {
        page += &row(platform);
    }
    page
}

fn row(platform: &HostingPlatform) -> String {
    let HostingPlatform { name, title, signal, .. } = platform;
    let variables: Vec<_> = platform.variables.iter().map(|name| format!("`{name}`")).collect();
    let kill_after = match (platform.kill_after, platform.kill_after_variable) {
        (_, Some(variable)) => format!("`{variable}` in seconds, or at once"),
        (Some(time), None) => format!("{time:?}"),
        (None, None) => "not documented".to_owned(),
    };
    let grace = match (platform.grace, platform.kill_after_variable) {
        (Some(grace), _) => format!("{grace:?}"),
        (None, Some(_)) => "up to half a second less".to_owned(),
        (None, None) => "10s".to_owned(),
    };
    let port = match *name {
        // Hosts of their own, which assign an address.
        "azure-functions" | "web-functions" => "nothing",
        _ if platform.listens_on_ipv6 => "`[::]`",
        _ => "`0.0.0.0`",
    };
    let proxies = match platform.proxies {
        Some(proxies) => format!("`{proxies}`"),
        None if *name == "web-functions" => "1 by default".to_owned(),
        None => "depends on the setup".to_owned(),
    };
    let sources = (1..).zip(platform.sources).map(|(number, source)| format!("[{number}]({source})"));
    let sources = sources.collect::<Vec<_>>().join(" ");
    let variables = variables.join(" and ");
    format!(
        "| {title} (`{name}`) | {variables} | {signal} | {kill_after} | {grace} | {port} | {proxies} | {sources} |\n"
    )
}

#[test]
fn table_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/platforms.md");
    if std::env::var_os("LODGER_TEST_UPDATE").is_some() {
        fs::write(&path, table()).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == table(), "run `LODGER_TEST_UPDATE=1 cargo test -p lodger --test platforms`, and commit {path:?}");
}
