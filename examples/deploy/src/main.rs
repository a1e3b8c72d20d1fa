//! Weather: a web API with a stream, a queue, a schedule and a WebSocket API in one binary.
//!
//! The files beside `src/` deploy this binary with each tool. On this machine it is a server:
//!
//! ```text
//! cargo run -p example-deploy
//! curl -d '{"station":"north","celsius":4.5}' -H 'content-type: application/json' http://127.0.0.1:3000/readings
//! curl http://127.0.0.1:3000/stations/north
//! curl -N http://127.0.0.1:3000/live/5
//! ```
//!
//! `cargo lodger dev -p example-deploy` serves it behind every front, such as <http://rest-api.localhost:4000>.

mod api;
mod events;
#[cfg(test)]
mod tests;
mod weather;

use lodger::{Lodger, lambda::Context};

use weather::Weather;

/// Adds the handlers of events, and the path of WebSocket events, which [`api::app`] routes.
fn with_events(lodger: Lodger, weather: &Weather) -> Lodger {
    let (for_queue, for_schedule) = (weather.clone(), weather.clone());
    lodger
        .websocket_path("/ws")
        .on(move |batch, _: Context| events::store(for_queue.clone(), batch))
        .on_source("aws.events", move |tick, _: Context| events::report(for_schedule.clone(), tick))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    lodger::logs::init()?;
    let weather = Weather::default();
    with_events(Lodger::new(), &weather).run(api::app(weather)).await?;
    Ok(())
}
