use std::{convert::Infallible, time::Duration};

use axum::{
    extract::Path,
    response::sse::{Event, Sse},
};
use futures_util::{Stream, stream};
use tokio::time::sleep;

const TICK: Duration = Duration::from_millis(200);

/// Counts down in server-sent events, and sends each event when it happens.
pub async fn get(Path(from): Path<u8>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(stream::unfold(Some(from), move |left| async move {
        let left = left?;
        if left < from {
            sleep(TICK).await;
        }
        Some((Ok(Event::default().data(left.to_string())), left.checked_sub(1)))
    }))
}
