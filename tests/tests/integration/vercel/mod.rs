//! Apps of every framework on Vercel: requests, responses, the messages to the platform, and the shutdown.
#![cfg(unix)]

mod apps;
mod panics;
mod request_end;
mod requests;
mod shutdown;
mod startup;
mod streaming;

use std::{io, time::Duration};

use http::Response;
use http_body_util::Full;
use hyper::body::Incoming;
use lodger::{Error, Lodger};
use lodger_gateway::{Vercel, VercelMessage};
use lodger_tests::{
    client::ClientRequest,
    probe,
    test_host::{TestApp, TestHost},
    wait::SOON,
};
use tokio::time::{sleep, timeout};

/// Starts an app on a thread of its own, because not every app's future is `Send`.
async fn start<F>(run: impl FnOnce(Lodger) -> F + Send + 'static) -> TestApp<Vercel>
where
    F: Future<Output = Result<(), Error>>,
{
    TestHost::vercel().on_own_thread().start(run).await
}

/// Starts the [app](apps) in every framework, with the settings of `set`.
async fn start_apps(set: fn(Lodger) -> Lodger) -> [(&'static str, TestApp<Vercel>); 5] {
    [
        ("warp", start(move |lodger| set(lodger).run(apps::filter())).await),
        ("axum", start(move |lodger| set(lodger).run(apps::router())).await),
        ("tower", start(move |lodger| set(lodger).run(tower::service_fn(apps::service))).await),
        ("hyper", start(move |lodger| set(lodger).run(hyper::service::service_fn(apps::service))).await),
        ("actix-web", start(move |lodger| set(lodger).run(apps::actix)).await),
    ]
}

/// Starts the probe in three frameworks, with the settings of `set`.
async fn start_probes(set: fn(Lodger) -> Lodger) -> [(&'static str, TestApp<Vercel>); 3] {
    [
        ("axum", start(move |lodger| set(lodger).run(probe::app())).await),
        ("actix-web", start(move |lodger| set(lodger).run(probe::actix_web::app)).await),
        ("warp", start(move |lodger| set(lodger).run(probe::warp::app())).await),
    ]
}

fn default_settings(lodger: Lodger) -> Lodger {
    lodger
}

/// Sends a request. Returns its id and the response, with an unread body.
async fn fetch_head(function: &TestApp<Vercel>, target: impl Into<String>) -> (u64, io::Result<Response<Incoming>>) {
    let mut request = ClientRequest::get(target).request().map(Full::new);
    let id = function.platform.add_headers(request.headers_mut());
    (id, function.platform.send(request).await)
}

/// Waits until the function has reported the end of each of these requests. Returns the number of reports of each, which must
/// be one.
async fn end_counts(function: &TestApp<Vercel>, ids: &[u64]) -> Vec<usize> {
    for &id in ids {
        timeout(SOON, function.platform.wait_for_end(id)).await.unwrap_or_else(|_| {
            panic!("no end of {id}: {:?} {:?}", function.platform.messages(), function.platform.protocol_errors())
        });
    }
    // A second end would arrive about now.
    sleep(Duration::from_millis(50)).await;
    let ended: Vec<u64> = function.platform.messages().iter().filter_map(ended_request).collect();
    ids.iter().map(|id| ended.iter().filter(|ended| *ended == id).count()).collect()
}

/// Whether the function has reported the end of a request.
fn has_ended(function: &TestApp<Vercel>, id: u64) -> bool {
    function.platform.messages().iter().filter_map(ended_request).any(|ended| ended == id)
}

/// The id of the request whose end this message reports.
fn ended_request(message: &VercelMessage) -> Option<u64> {
    match message {
        VercelMessage::End { request_id, .. } => Some(*request_id),
        _ => None,
    }
}

/// The messages of a function without its log lines. The lines without a request belong to any function of this process.
fn messages_without_log(function: &TestApp<Vercel>) -> Vec<VercelMessage> {
    let messages = function.platform.messages().into_iter();
    messages.filter(|message| !matches!(message, VercelMessage::Log { .. })).collect()
}
