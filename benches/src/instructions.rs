//! The instructions of one invocation, compared with `benches/instructions.json`.
//!
//! The check fails in both directions. A smaller count that is not written down would let the next change take the gain back.

use std::{fs, path::PathBuf};

use serde_json::{Map, Value, json};

use crate::{
    Result,
    app::{Protocol, apps::LODGER_COUNTED, root, rustc_version},
    callgrind,
    scenario::Scenario,
};

/// The difference that is allowed, and that with another compiler, whose code differs.
const ROOM: f64 = 0.03;
const ROOM_OF_ANOTHER_COMPILER: f64 = 0.10;

/// The maximum ratio of the cost of a byte in a long text to that in a short one. Bodies above 48 KB are measured before they are
/// escaped, which takes a quarter more.
const SLOPE: f64 = 1.4;

const UPDATE: &str = "run `just instructions --update` and commit benches/instructions.json";

/// A text of 4 KB and one of 256 KB.
const SHORT: &str = "4 KB text";
const LONG: &str = "256 KB text";

/// The name of each count, its scenario, and the protocol.
const COUNTED: [(&str, &str, Protocol); 9] = [
    ("hello", "hello", Protocol::Lambda),
    (SHORT, "text", Protocol::Lambda),
    (LONG, "long text", Protocol::Lambda),
    ("hello, REST API", "rest", Protocol::Lambda),
    ("hello, ALB", "alb", Protocol::Lambda),
    ("stream of 16 frames", "stream", Protocol::Lambda),
    ("event of a queue", "event", Protocol::Lambda),
    ("hello, server, one header", "plain", Protocol::Server),
    ("hello, Vercel", "hello", Protocol::Vercel),
];

fn path() -> PathBuf {
    root().join("benches/instructions.json")
}

/// Counts the instructions, and writes them to the file.
pub fn update() -> Result<()> {
    let counts = count()?;
    let document = json!({"arch": std::env::consts::ARCH, "rustc": rustc_version()?, "instructions": counts});
    fs::write(path(), format!("{document:#}\n"))?;
    Ok(())
}

/// Counts the instructions, and compares them with the file.
pub fn check() -> Result<()> {
    let document: Value = serde_json::from_str(&fs::read_to_string(path())?)?;
    if document["arch"] != std::env::consts::ARCH {
        println!("skipped: the counts are those of {}, and this is {}", document["arch"], std::env::consts::ARCH);
        return Ok(());
    }
    let mut room = ROOM;
    let rustc = rustc_version()?;
    if document["rustc"] != rustc.as_str() {
        room = ROOM_OF_ANOTHER_COMPILER;
        println!(
            "the counts are those of rustc {}, and this is {rustc}: the room is {room}; {UPDATE}",
            document["rustc"]
        );
    }
    let (mut counts, kept) = (count()?, document["instructions"].as_object().cloned().unwrap_or_default());
    let mut wrong = compare(&kept, &counts, room);
    if !wrong.is_empty() {
        println!("counting again: on a busy machine, threads wake each other more often");
        for (name, again) in count()? {
            let less = counts.get(&name).and_then(Value::as_u64).min(again.as_u64());
            counts.insert(name, less.into());
        }
        wrong = compare(&kept, &counts, room);
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}; if this is meant, {UPDATE}", wrong.join("; ")).into()) }
}

fn count() -> Result<Map<String, Value>> {
    callgrind::check()?;
    LODGER_COUNTED.build()?;
    let mut counts = Map::new();
    for (name, scenario, protocol) in COUNTED {
        let count = callgrind::count(LODGER_COUNTED, protocol, &Scenario::named(scenario)?)?;
        println!("{count:>9}  {name}");
        counts.insert(name.to_owned(), count.into());
    }
    Ok(counts)
}

/// Returns a message for each count that differs by more than `room`, and for a cost that grows faster than the length of a text.
fn compare(kept: &Map<String, Value>, counts: &Map<String, Value>, room: f64) -> Vec<String> {
    let number = |map: &Map<String, Value>, name: &str| map.get(name).and_then(Value::as_f64);
    let mut wrong = Vec::new();
    for name in kept.keys().chain(counts.keys().filter(|name| !kept.contains_key(*name))) {
        match (number(kept, name), number(counts, name)) {
            (Some(before), Some(now)) if (now / before - 1.0).abs() <= room => {}
            (Some(before), Some(now)) => {
                wrong.push(format!(
                    "{name}: {now} instructions instead of {before}, {:+.1} %",
                    100.0 * (now / before - 1.0)
                ));
            }
            (before, _) => {
                wrong.push(format!("{name}: {}", if before.is_some() { "not counted" } else { "not in the file" }))
            }
        }
    }
    if let (Some(hello), Some(short), Some(long)) =
        (number(counts, "hello"), number(counts, SHORT), number(counts, LONG))
    {
        let (short, long) = ((short - hello) / 4.0, (long - hello) / 256.0);
        if long > SLOPE * short {
            wrong.push(format!(
                "1 KB of a text costs {short:.0} instructions in one of 4 KB and {long:.0} in one of 256 KB"
            ));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(kept: Value, counts: Value) -> Vec<String> {
        compare(kept.as_object().unwrap(), counts.as_object().unwrap(), ROOM)
    }

    #[test]
    fn accepts_three_percent_in_both_directions() {
        // In alphabetical order, because a map of serde_json is sorted unless a dependency turns on `preserve_order`.
        let kept = json!({"alb": 1000, "hello": 1000});
        assert!(wrong(kept.clone(), json!({"alb": 971, "hello": 1029})).is_empty());
        assert_eq!(
            wrong(kept, json!({"alb": 969, "hello": 1031})),
            ["alb: 969 instructions instead of 1000, -3.1 %", "hello: 1031 instructions instead of 1000, +3.1 %"]
        );
    }

    #[test]
    fn rejects_a_name_that_is_missing_on_either_side() {
        assert_eq!(wrong(json!({"a": 1}), json!({"b": 1})), ["a: not counted", "b: not in the file"]);
    }

    #[test]
    fn rejects_a_text_whose_cost_grows_with_its_square() {
        let counts = json!({"hello": 1000, SHORT: 1400, LONG: 1000 + 100 * 256 * 64});
        assert_eq!(
            wrong(counts.clone(), counts),
            ["1 KB of a text costs 100 instructions in one of 4 KB and 6400 in one of 256 KB"]
        );
    }
}
