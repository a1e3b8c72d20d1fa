//! The documentation page of the settings: `docs/settings.md` is made from the table in `lodger-core`.

use std::{fs, path::Path};

use lodger_core::{VARIABLES, Variable};

const INTRODUCTION: &str = "\
# Settings

<!-- Made from `core/src/settings/variables.rs`: `LODGER_TEST_UPDATE=1 cargo test -p lodger --test settings` writes this file. -->

Every setting has a default. Code changes it with a method of `Lodger`, and a variable of the environment overrides code: a
deployed program can be reconfigured without a build. One method overrides variables: `Lodger::listener` replaces every address.
An empty variable counts as unset. Lodger logs a warning for an unknown variable that begins with `LODGER_`.
";

const ONLY_METHODS: &str = "
## Methods without a variable

| method | hosts | effect |
|---|---|---|
| `Lodger::listener` | server | Listens on a socket of the program. |
| `Lodger::unix_socket` | server | Listens on a Unix socket, like `LODGER_ADDR=unix:/run/app.sock`. |
| `Lodger::on_listening` | all except Lambda | Calls a function with the address that the server listens on. |
| `Lodger::shutdown` | all | Shuts down when a future completes. Lodger does not listen for signals then. |
| `Lodger::shutdown_or_signal` | all | Shuts down when a future completes, or at a signal. |
| `Lodger::on` | Lambda | Handles the events of a type, such as the messages of a queue. |
| `Lodger::on_source` | Lambda | Handles the events of a source. |
| `Lodger::on_detail_type` | Lambda | Handles the events of EventBridge with a source and a detail type. |
| `Lodger::on_any` | Lambda | Handles the events that no other handler takes. |
| `Lodger::before_freeze` | Lambda, Vercel | Runs a hook each time before the host may freeze the process. |
| `Lodger::before_snapshot` | Lambda with SnapStart | Runs a hook before Lambda takes the snapshot. |
| `Lodger::after_restore` | Lambda with SnapStart | Runs a hook in each instance that Lambda restores from the snapshot. |
| `Lodger::run_with` | all | Builds the app in a closure, and reports an error of the closure to the host. |
";

fn page() -> String {
    let (of_hosts, of_lodger): (Vec<_>, Vec<_>) = VARIABLES.iter().partition(|variable| {
        ["AWS_", "AzureWebJobs", "FUNCTIONS_", "LISTEN_", "VERCEL_"]
            .iter()
            .any(|prefix| variable.name.starts_with(prefix))
    });
    let mut page = String::from(INTRODUCTION);
    table(&mut page, "Variables that you set", &of_lodger);
    table(&mut page, "Variables that a host sets", &of_hosts);
    page += ONLY_METHODS;
    page
}

fn table(page: &mut String, title: &str, variables: &[&Variable]) {
    let head = "| variable | method | value | default | effect |\n|---|---|---|---|---|";
    *page += &format!("\n## {title}\n\n{head}\n");
    for Variable { name, method, value, default, effect, .. } in variables {
        let method = method.map(|method| format!("`Lodger::{method}`")).unwrap_or_default();
        *page += &format!("| `{name}` | {method} | {value} | {default} | {effect} |\n");
    }
}

#[test]
fn page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md");
    if std::env::var_os("LODGER_TEST_UPDATE").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    assert!(found == page(), "run `LODGER_TEST_UPDATE=1 cargo test -p lodger --test settings`, and commit {path:?}");
}

#[test]
fn lists_every_method_of_lodger() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![src.join("lodger.rs")];
    files.extend(fs::read_dir(src.join("lodger")).unwrap().map(|file| file.unwrap().path()));
    let code: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let names = code.split("    pub fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
    let mut methods: Vec<_> = names.filter(|name| !["new", "run"].contains(name)).collect();
    let page = page();
    let mut listed: Vec<_> = page.split("| `Lodger::").skip(1).filter_map(|rest| rest.split('`').next()).collect();
    methods.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, methods);
}

#[test]
fn every_cell_is_one_line_of_a_table() {
    for Variable { name, value, default, effect, .. } in VARIABLES {
        for cell in [value, default, effect] {
            assert!(!cell.is_empty() && !cell.contains(['|', '\n']), "{name}: {cell:?}");
        }
        assert!(effect.ends_with('.'), "{name}: {effect:?}");
    }
}
