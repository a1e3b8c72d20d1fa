//! Lists and tables of fronts in documents and programs. A test fails for each list that lacks a front.

use std::{
    fs,
    path::{Path, PathBuf},
};

use lodger_gateway::Front;
use lodger_tests::losses::CHANGES;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

fn names() -> Vec<&'static str> {
    Front::all().iter().map(Front::name).collect()
}

/// Returns the names that are a word of the text. `http-api` is not a word of `http-api-v1`.
fn names_in(text: &str) -> Vec<&'static str> {
    let words: Vec<_> = text.split(|char: char| !char.is_ascii_alphanumeric() && char != '-').collect();
    names().into_iter().filter(|name| words.contains(name)).collect()
}

/// Returns the Markdown files of the repository.
fn markdown_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
            markdown_files(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

#[test]
fn tables_of_the_gateway_name_each_front() {
    for path in ["gateway/README.md", "gateway/src/lib.rs"] {
        let text = read(path);
        for name in names() {
            let is_in_table = text.lines().any(|line| line.contains(" | `") && line.contains(&format!("| `{name}` |")));
            assert!(is_in_table, "{path}: expected a row of the table of fronts with `{name}`");
        }
    }
}

#[test]
fn the_table_of_changes_has_a_column_for_each_front() {
    let path = "docs/src/hosts/fronts.md";
    let text = read(path);
    let columns: Vec<_> = text.lines().find(|line| line.starts_with("| change |")).unwrap().split(" | ").collect();
    for changes in CHANGES {
        let has_column = columns.iter().any(|column| column.trim_end_matches(" |") == changes.title);
        assert!(has_column, "{path}: expected a column {:?} in {columns:?}", changes.title);
    }
}

#[test]
fn the_table_of_spans_names_the_kind_of_each_front() {
    let path = "docs/src/guides/logging.md";
    let text = read(path);
    let row = text.lines().find(|line| line.starts_with("| Lambda | `request_id`")).unwrap();
    for changes in CHANGES {
        let name = changes.log_name;
        assert!(row.contains(&format!("`{name}`")), "{path}: expected `{name}` in the row of Lambda");
    }
}

#[test]
fn a_document_that_lists_fronts_names_all() {
    let mut paths = vec![];
    markdown_files(root(), &mut paths);
    assert!(paths.len() > 5, "{paths:?}");
    let mut incomplete = vec![];
    for path in paths {
        // Its table names the kinds of events, not the fronts.
        if path.ends_with("docs/src/guides/logging.md") {
            continue;
        }
        let found = names_in(&read(&path));
        // A document may name a few fronts as examples.
        if found.len() >= 5 && found != names() {
            incomplete.push(format!("{}: expected all fronts, found {found:?}", path.display()));
        }
    }
    assert!(incomplete.is_empty(), "{}", incomplete.join("\n"));
}

#[test]
fn the_oracle_of_events_has_a_model_of_each_front_of_aws() {
    let path = "tests/oracles/models.py";
    let text = read(path);
    for name in names().into_iter().filter(|name| *name != "vercel") {
        assert!(text.contains(&format!("\"{name}\": ")), "{path}: expected a model of {name}");
    }
}
