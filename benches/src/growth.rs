//! How the cost of an invocation grows with the event, the response, the events at once, and the history of a process.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    Result,
    app::{App, Protocol, apps::LODGER_AXUM},
    callgrind::{count, count_between},
    events::{Front, Request, json_text},
    process::pin,
    report::write,
    scenario::Scenario,
    session::Session,
};

const APP: App = LODGER_AXUM;

/// The invocations of the long run, and of each part of it.
const HISTORY: u64 = 1_000_000;
const PART: u64 = 50_000;

/// How much more the last step may cost than the median step, for a cost that is linear.
const LINEAR: f64 = 1.3;
/// How much the largest value may differ from the first, for a cost that is flat.
const FLAT: f64 = 1.1;

/// A cost at several sizes.
struct Series {
    name: &'static str,
    title: &'static str,
    x: &'static str,
    y: &'static str,
    points: Vec<(f64, f64)>,
    is_flat: bool,
}

/// Measures all series.
pub fn measure() -> Result<()> {
    APP.build()?;
    let mut all = vec![event()?, headers()?, response()?, frames()?, concurrency()?];
    all.extend(history()?);
    let faults: Vec<String> = all.iter().filter_map(Series::fault).collect();
    write("growth", 1, all.iter().map(Series::json).collect::<Vec<_>>().into())?;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ").into()) }
}

fn instructions(scenario: Scenario) -> Result<f64> {
    Ok(count(APP, Protocol::Lambda, &Arc::new(scenario))? as f64)
}

fn event() -> Result<Series> {
    // JSON escapes the quotes of the text, so 5.3 MB of text are an event of 6 MB.
    let points = [1, 4, 16, 64, 256, 1024, 2600, 5300].into_iter().map(|kilobytes| {
        let text = json_text(kilobytes << 10);
        let scenario =
            Scenario::http("event", Front::HttpApi, &Request::post("/text", text.as_bytes()), text.as_bytes());
        Ok((scenario.event.len() as f64 / 1024.0, instructions(scenario)?))
    });
    series("growth_event", "Instructions, by the size of the event", "KB of the event", points)
}

fn headers() -> Result<Series> {
    let points = [5, 10, 20, 40, 60, 80, 100].into_iter().map(|headers| {
        let request = Request::get("/hello").with_headers(headers);
        Ok((headers as f64, instructions(Scenario::http("headers", Front::HttpApi, &request, "Hello, world!"))?))
    });
    series("growth_headers", "Instructions, by the number of headers", "headers", points)
}

fn response() -> Result<Series> {
    let points = [1, 16, 64, 256, 1024, 2048, 4096, 5800].into_iter().map(|kilobytes| {
        let (path, length) = (format!("/text/{}", kilobytes << 10), kilobytes << 10);
        let text: Vec<u8> = "The quick brown fox. ".bytes().cycle().take(length).collect();
        Ok((kilobytes as f64, instructions(Scenario::http("response", Front::HttpApi, &Request::get(&path), text))?))
    });
    series("growth_response", "Instructions, by the size of a text in the response", "KB of the text", points)
}

fn frames() -> Result<Series> {
    let points = [1, 16, 64, 256, 512, 1024].into_iter().map(|frames| {
        let path = format!("/frames/{frames}");
        let scenario = Scenario::http("frames", Front::FunctionUrl, &Request::get(&path), vec![b'f'; frames << 10]);
        Ok((frames as f64, instructions(scenario.with("LODGER_RESPONSE_MODE", "stream"))?))
    });
    series("growth_frames", "Instructions, by the frames of a stream, 1 KB each", "frames", points)
}

fn concurrency() -> Result<Series> {
    let points = [1, 2, 4, 8, 16, 32, 64].into_iter().map(|at_once| {
        let scenario = Scenario::http("hello", Front::HttpApi, &Request::get("/hello"), "Hello, world!");
        Ok((f64::from(at_once), instructions(scenario.with("AWS_LAMBDA_MAX_CONCURRENCY", at_once))?))
    });
    let series = series("growth_concurrency", "Instructions, by the events at once", "events at once", points)?;
    Ok(Series { is_flat: true, ..series })
}

/// A million invocations of one process: CPU time and memory, and the instructions early and late.
fn history() -> Result<Vec<Series>> {
    let hello = Scenario::named("hello")?;
    let early = count_between(APP, Protocol::Lambda, &hello, (100, 1_100))?;
    let late = count_between(APP, Protocol::Lambda, &hello, (30_000, 31_000))?;
    pin(true)?;
    let mut session = Session::start(&APP.path(), &[], Protocol::Lambda, &hello)?;
    session.invoke(1_000)?;
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for part in 1..=HISTORY / PART {
        let before = session.process.cpu_time()?;
        session.invoke(PART)?;
        let (time, thousands) = (session.process.cpu_time()? - before, (part * PART / 1_000) as f64);
        times.push((thousands, time.as_secs_f64() * 1e6 / PART as f64));
        memory.push((thousands, session.process.memory() as f64));
    }
    pin(false)?;
    let flat =
        |name, title, y, points| Series { name, title, x: "thousands of invocations before", y, points, is_flat: true };
    Ok(vec![
        flat(
            "growth_history",
            "Instructions, by the history of the process",
            "instructions",
            vec![(0.1, early as f64), (30.0, late as f64)],
        ),
        flat("growth_time", "CPU time, by the history of the process", "µs", times),
        flat("growth_memory", "Memory, by the history of the process", "KB", memory),
    ])
}

fn series(
    name: &'static str,
    title: &'static str,
    x: &'static str,
    points: impl Iterator<Item = Result<(f64, f64)>>,
) -> Result<Series> {
    let points = points.inspect(|point| println!("{name}: {point:?}")).collect::<Result<_>>()?;
    Ok(Series { name, title, x, y: "instructions", points, is_flat: false })
}

impl Series {
    fn json(&self) -> Value {
        let points: Vec<_> =
            self.points.iter().map(|(x, y)| json!([(x * 10.0).round() / 10.0, (y * 10.0).round() / 10.0])).collect();
        json!({"name": self.name, "title": self.title, "x": self.x, "y": self.y, "flat": self.is_flat, "points": points})
    }

    /// Returns a message if the cost grows faster than it may. CPU time is not checked: it depends on the machine.
    fn fault(&self) -> Option<String> {
        let growth = match self.is_flat {
            true => {
                let largest = self.points.iter().map(|(_, y)| *y).fold(0.0, f64::max);
                (largest / self.points.first()?.1, FLAT)
            }
            false => {
                let mut steps: Vec<f64> = self
                    .points
                    .iter()
                    .zip(self.points.iter().skip(1))
                    .map(|(a, b)| (b.1 - a.1) / (b.0 - a.0))
                    .collect();
                let last = *steps.last()?;
                steps.sort_by(f64::total_cmp);
                (last / *steps.get(steps.len() / 2)?, LINEAR)
            }
        };
        let is_fault = growth.0 > growth.1 && self.y != "µs";
        is_fault.then(|| format!("{}: grows by {:.2}, which is more than {}", self.title, growth.0, growth.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(is_flat: bool, y: impl Fn(f64) -> f64) -> Option<String> {
        let points = [1.0, 4.0, 16.0, 64.0].map(|x| (x, y(x))).to_vec();
        Series { name: "", title: "cost", x: "", y: "", points, is_flat }.fault()
    }

    #[test]
    fn accepts_a_linear_cost_and_rejects_a_square() {
        assert_eq!(fault(false, |x| 1000.0 + 3.0 * x), None);
        assert!(fault(false, |x| 1000.0 + 3.0 * x * x).is_some());
    }

    #[test]
    fn accepts_a_flat_cost_and_rejects_one_that_grows() {
        assert_eq!(fault(true, |x| 1000.0 + x), None);
        assert_eq!(fault(true, |x| 1000.0 + 3.0 * x).as_deref(), Some("cost: grows by 1.19, which is more than 1.1"));
    }
}
