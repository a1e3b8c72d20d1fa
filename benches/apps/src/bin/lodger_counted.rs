//! The program whose instructions are checked: the app on axum, and with `BENCH_EVENTS` a handler of messages from a queue.

use bench_apps::{axum_app, events::summarize};
use lodger::{
    Lodger,
    lambda::{Error, events::sqs::SqsEvent},
};

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    match std::env::var_os("BENCH_EVENTS") {
        None => lodger::run(axum_app::app()).await,
        Some(_) => {
            let handler = async |event: SqsEvent, _| Ok::<_, Error>(summarize(&event));
            Lodger::new().on(handler).run(axum_app::app()).await
        }
    }
}
