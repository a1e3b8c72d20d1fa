//! The threads of a program under `#[tokio::main]` on all CPUs: whether an invocation moves between them, and whether a task beside the
//! app stops.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    Result,
    app::{App, Protocol, apps::*},
    report::{Rounds, print, row, write},
    scenario::Scenario,
    session::Session,
};

const APPS: [App; 2] = [LAMBDA_HTTP_AXUM, LODGER_AXUM];
const COUNT: u64 = 4_000;
const IDLE: Duration = Duration::from_millis(300);

/// The figures of one run, in the order of [`NAMES`].
type Figures = [f64; 9];

const NAMES: [(&str, &str); 9] = [
    ("CPU time", "µs"),
    ("context switches", ""),
    ("threads that ran the handler", ""),
    ("handlers on another thread than the one before", "%"),
    ("the same, if each handler yields once", "%"),
    ("handlers on another thread after their yield", "%"),
    ("ticks of a task, while the program waits for an event", "% of those due"),
    ("ticks of a task, during invocations", "% of those due"),
    ("longest time between two ticks, due each millisecond", "ms"),
];

/// Measures the programs.
pub fn measure(rounds: usize) -> Result<()> {
    for app in APPS {
        app.build()?;
    }
    let mut runs: [Vec<Figures>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (app, runs) in APPS.iter().zip(&mut runs) {
            runs.push(run(*app)?);
        }
    }
    let rows = NAMES.iter().enumerate().map(|(at, (name, unit))| {
        let values = runs.iter().map(|runs| runs.iter().filter_map(|figures| figures.get(at).copied()).collect());
        print(row(name, unit, &values.collect::<Vec<Rounds>>()))
    });
    let (title, labels) = ("Threads of axum on Lambda", APPS.map(|app| app.label));
    let table = json!({"name": "threads", "title": title, "programs": labels, "rows": rows.collect::<Vec<_>>()});
    write("threads", rounds, vec![table].into())
}

fn run(app: App) -> Result<Figures> {
    let mut session = Session::start(&app.path(), &[], Protocol::Lambda, &Scenario::named("threads")?)?;
    session.invoke(COUNT / 4)?;
    let (time, switches) = (session.process.cpu_time()?, session.process.context_switches()?);
    let [threads, moved, _] = moves(&mut session)?;
    let time = (session.process.cpu_time()? - time).as_secs_f64() * 1e6 / COUNT as f64;
    let switches = (session.process.context_switches()? - switches) as f64 / COUNT as f64;
    let mut session = Session::start(&app.path(), &[], Protocol::Lambda, &Scenario::named("threads/yield")?)?;
    session.invoke(COUNT / 4)?;
    let [_, moved_by_yields, moved_within] = moves(&mut session)?;
    let [idle, busy, longest] = ticks(app)?;
    Ok([time, switches, threads, moved, moved_by_yields, moved_within, idle, busy, longest])
}

/// Returns the number of threads that run the handler, and the percent of invocations on another thread than the one before, and on
/// another thread at the end of the handler.
fn moves(session: &mut Session) -> Result<[f64; 3]> {
    session.take_bodies();
    session.invoke(COUNT)?;
    let bodies = session.take_bodies();
    let pairs: Vec<(&str, &str)> = bodies.iter().filter_map(|body| body.split_once(' ')).collect();
    let threads: BTreeSet<&str> = pairs.iter().map(|(before, _)| *before).collect();
    let moved = pairs.iter().zip(pairs.iter().skip(1)).filter(|(one, next)| one.1 != next.0).count();
    let moved_within = pairs.iter().filter(|(before, after)| before != after).count();
    let percent = |count: usize| 100.0 * count as f64 / COUNT as f64;
    Ok([threads.len() as f64, percent(moved), percent(moved_within)])
}

/// Returns the ticks of a task beside the app while the program waits and while it works, in percent of those that are due, and the
/// longest time without a tick.
fn ticks(app: App) -> Result<[f64; 3]> {
    let mut session = Session::start(&app.path(), &[], Protocol::Lambda, &Scenario::named("ticks")?)?;
    // Starts the task.
    session.invoke(1)?;
    let idle = measure_ticks(&mut session, |session| {
        thread::sleep(IDLE);
        session.invoke(1)
    })?;
    let busy = measure_ticks(&mut session, |session| session.invoke(2 * COUNT))?;
    Ok([idle.0, busy.0, idle.1.max(busy.1)])
}

fn measure_ticks(session: &mut Session, work: impl Fn(&mut Session) -> Result<()>) -> Result<(f64, f64)> {
    session.take_bodies();
    let start = Instant::now();
    work(session)?;
    let due = start.elapsed().as_secs_f64() * 1e3;
    let (mut count, mut longest) = (0.0, 0.0);
    for body in session.take_bodies() {
        let (ticks, microseconds) = body.split_once(' ').ok_or("a report without two numbers")?;
        count += ticks.parse::<f64>()?;
        longest = f64::max(longest, microseconds.parse::<f64>()? / 1e3);
    }
    Ok((100.0 * count / due, longest))
}
