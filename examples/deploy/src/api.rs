use std::{convert::Infallible, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::sse::{Event, Sse},
    routing::{get, post},
};
use futures_util::{Stream, stream};
use tokio::time::sleep;

use crate::weather::{Reading, Weather};

/// The time between two events of a stream.
const PERIOD: Duration = Duration::from_millis(200);

/// Makes the app. Apart from `main`, so that tests can use it.
pub fn app(weather: Weather) -> Router {
    Router::new()
        .route("/", get(async || "Weather: POST /readings, GET /stations/{station}, GET /live/{updates}\n"))
        .route("/readings", post(create))
        .route("/stations/{station}", get(latest))
        .route("/live/{updates}", get(live))
        .route("/ws/{route}", post(message))
        .with_state(weather)
}

async fn create(State(weather): State<Weather>, Json(reading): Json<Reading>) -> (StatusCode, String) {
    match weather.store(reading) {
        Ok(()) => (StatusCode::CREATED, "stored\n".to_owned()),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n")),
    }
}

async fn latest(State(weather): State<Weather>, Path(station): Path<String>) -> Result<Json<Reading>, StatusCode> {
    weather.latest(&station).map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// Sends the number of stations in server-sent events, and each event when it happens.
async fn live(
    State(weather): State<Weather>,
    Path(updates): Path<u8>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(stream::unfold(updates, move |left| {
        let weather = weather.clone();
        async move {
            let next = left.checked_sub(1)?;
            if left < updates {
                sleep(PERIOD).await;
            }
            Some((Ok(Event::default().data(weather.stations().to_string())), next))
        }
    }))
}

/// Responds to the events of a WebSocket API. A message is the name of a station, and the response is its temperature.
async fn message(State(weather): State<Weather>, Path(route): Path<String>, station: String) -> String {
    match (route.as_str(), weather.latest(&station)) {
        ("$connect" | "$disconnect", _) => String::new(),
        (_, Some(reading)) => format!("{} °C", reading.celsius),
        (_, None) => format!("no reading of {station:?}"),
    }
}
