//! Requests per second of servers, by `benches/local.sh`.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::{
    Result,
    app::root,
    report::{print, row, write},
};

/// Runs the script, and reads its lines, such as `axum 0 57000.5`: the framework, whether it is under Lodger, and requests per second.
pub fn measure(rounds: usize) -> Result<()> {
    let mut command = Command::new(root().join("benches/local.sh"));
    let output = command.arg(rounds.to_string()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err("benches/local.sh has failed".into());
    }
    let text = String::from_utf8(output.stdout)?;
    let rows = ["axum", "actix-web", "warp"].map(|framework| {
        let values = |server: &str| {
            let lines = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
            let lines = lines.filter(|line| line.get(..2) == Some(&[framework, server]));
            lines.filter_map(|line| line.get(2)?.parse().ok()).collect()
        };
        print(row(framework, "requests per second", &[values("0"), values("1")]))
    });
    let table = json!({"name": "local", "title": "Servers", "programs": ["own server", "Lodger"], "rows": rows});
    write("local", rounds, vec![table].into())
}
