//! Programs side by side. Each round starts each of them anew, in a changing order.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    Result,
    app::{App, Protocol, apps::*},
    callgrind,
    process::pin,
    report::{Rounds, print, row, write},
    scenario::Scenario,
    session::Session,
};

/// Programs that do the same, and the scenarios for them. The first program is the one to compare with.
struct Group {
    name: &'static str,
    title: &'static str,
    protocol: Protocol,
    apps: &'static [App],
    /// The name of a scenario and that in the table.
    scenarios: &'static [(&'static str, &'static str)],
}

const LAMBDA: &[Group] = &[
    Group {
        name: "axum",
        title: "axum on Lambda",
        protocol: Protocol::Lambda,
        apps: &[LAMBDA_HTTP_AXUM, LODGER_AXUM, LODGER_AXUM_LAMBDA, FLOOR],
        scenarios: &[
            ("hello", "hello"),
            ("text", "4 KB text"),
            ("json", "4 KB JSON"),
            ("binary", "1 MB binary response"),
            ("body", "4 MB body"),
            ("rest", "hello, REST API"),
            ("alb", "hello, ALB"),
        ],
    },
    Group {
        name: "actix_web",
        title: "actix-web on Lambda",
        protocol: Protocol::Lambda,
        apps: &[LAMBDA_WEB_ACTIX_WEB, LODGER_ACTIX_WEB],
        scenarios: &[("hello", "hello"), ("text", "4 KB text"), ("binary", "1 MB binary response")],
    },
    Group {
        name: "warp",
        title: "warp on Lambda",
        protocol: Protocol::Lambda,
        apps: &[LAMBDA_HTTP_WARP, LODGER_WARP, LODGER_TOWER],
        scenarios: &[("hello", "hello"), ("text", "4 KB text")],
    },
    Group {
        name: "events",
        title: "An event of a queue on Lambda",
        protocol: Protocol::Lambda,
        apps: &[LAMBDA_RUNTIME_EVENTS, LODGER_EVENTS],
        scenarios: &[("event", "one message")],
    },
];

const VERCEL: &[Group] = &[Group {
    name: "vercel",
    title: "axum on Vercel",
    protocol: Protocol::Vercel,
    apps: &[VERCEL_RUNTIME_AXUM, LODGER_AXUM, FLOOR_VERCEL],
    // vercel_runtime takes 44 ms for a longer response: it leaves Nagle's algorithm on, and sends the head apart from the body.
    scenarios: &[("hello", "hello")],
}];

const SERVER: &[Group] = &[Group {
    name: "server",
    title: "axum as a server",
    protocol: Protocol::Server,
    apps: &[AXUM_SERVE, LODGER_AXUM],
    scenarios: &[("plain", "hello with one header"), ("hello", "hello"), ("text", "4 KB text")],
}];

/// The figures of one run.
#[derive(Debug, Default, Clone)]
struct Figures {
    cpu: f64,
    memory: f64,
    connections: f64,
    switches: f64,
}

/// Measures the programs of a part: `lambda`, `vercel` or `server`.
pub fn measure(part: &str, rounds: usize) -> Result<()> {
    let groups = match part {
        "lambda" => LAMBDA,
        "vercel" => VERCEL,
        _ => SERVER,
    };
    let groups = groups.iter().map(|group| group.measure(rounds)).collect::<Result<Vec<_>>>()?;
    write(part, rounds, groups.into())
}

impl Group {
    fn measure(&self, rounds: usize) -> Result<Value> {
        for app in self.apps {
            app.build()?;
        }
        println!("{}: {}", self.title, self.apps.iter().map(|app| app.label).collect::<Vec<_>>().join(" | "));
        let (mut rows, mut starts, mut unpinned) = (Vec::new(), Vec::new(), None);
        for (scenario, name) in self.scenarios {
            let scenario = Scenario::named(scenario)?;
            let counts = self.apps.iter().map(|app| Ok(vec![callgrind::count(*app, self.protocol, &scenario)? as f64]));
            rows.push(print(row(&format!("instructions, {name}"), "", &counts.collect::<Result<Vec<_>>>()?)));
            pin(true)?;
            let runs = self.rounds(rounds, &scenario)?;
            rows.push(print(row(&format!("CPU time, {name}"), "µs", &select(&runs, |figures| figures.cpu))));
            pin(false)?;
            if scenario.name == "hello" || scenario.name == "event" {
                unpinned = Some(self.rounds(rounds, &scenario)?);
                starts = self.starts(rounds, &scenario)?;
                rows.push(print(row(&format!("peak memory, {name}"), "KB", &select(&runs, |figures| figures.memory))));
            }
        }
        if let Some(runs) = unpinned {
            rows.push(print(row("CPU time on all CPUs", "µs", &select(&runs, |figures| figures.cpu))));
            rows.push(print(row("context switches on all CPUs", "", &select(&runs, |figures| figures.switches))));
            if self.protocol == Protocol::Lambda {
                rows.push(print(row("connections", "", &select(&runs, |figures| figures.connections))));
            }
        }
        rows.push(print(row("start", "ms", &starts)));
        let sizes = self.apps.iter().map(|app| Ok(vec![app.path().metadata()?.len() as f64 / 1e6]));
        rows.push(print(row("size of the program", "MB", &sizes.collect::<Result<Vec<_>>>()?)));
        let labels: Vec<_> = self.apps.iter().map(|app| app.label).collect();
        Ok(json!({"name": self.name, "title": self.title, "programs": labels, "rows": rows}))
    }

    /// Measures each program in each round.
    fn rounds(&self, rounds: usize, scenario: &Arc<Scenario>) -> Result<Vec<Vec<Figures>>> {
        let mut runs = vec![Vec::new(); self.apps.len()];
        for round in 0..rounds {
            for at in 0..self.apps.len() {
                let at = (at + round) % self.apps.len();
                if let (Some(app), Some(figures)) = (self.apps.get(at), runs.get_mut(at)) {
                    figures.push(run(*app, self.protocol, scenario).map_err(|error| format!("{}: {error}", app.name))?);
                }
            }
        }
        Ok(runs)
    }

    /// Starts each program several times in each round.
    fn starts(&self, rounds: usize, scenario: &Arc<Scenario>) -> Result<Vec<Rounds>> {
        pin(true)?;
        let mut starts = vec![Rounds::new(); self.apps.len()];
        for _ in 0..5 * rounds {
            for (app, starts) in self.apps.iter().zip(&mut starts) {
                let session = Session::start(&app.path(), &[], self.protocol, scenario)?;
                starts.push(session.start_time().as_secs_f64() * 1e3);
            }
        }
        pin(false)?;
        Ok(starts)
    }
}

fn select(runs: &[Vec<Figures>], figure: impl Fn(&Figures) -> f64) -> Vec<Rounds> {
    runs.iter().map(|figures| figures.iter().map(&figure).collect()).collect()
}

/// Starts a program, and measures invocations after the first ones.
fn run(app: App, protocol: Protocol, scenario: &Arc<Scenario>) -> Result<Figures> {
    let mut session = Session::start(&app.path(), &[], protocol, scenario)?;
    session.invoke(scenario.count / 4)?;
    let (time, switches) = (session.process.cpu_time()?, session.process.context_switches()?);
    session.invoke(scenario.count)?;
    let count = scenario.count as f64;
    Ok(Figures {
        cpu: (session.process.cpu_time()? - time).as_secs_f64() * 1e6 / count,
        memory: session.process.peak_memory() as f64,
        connections: session.connections() as f64,
        switches: (session.process.context_switches()? - switches) as f64 / count,
    })
}
