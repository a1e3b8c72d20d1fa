//! What changes in an app that ran under its framework's own server: `main`, and nothing else.
//!
//! In `Cargo.toml` comes `lodger`, with the feature for the framework and its version. Routes, handlers, state, middleware
//! and errors stay as they are.
//!
//! | dependency of the app | feature of `lodger` |
//! |---|---|
//! | `axum = "0.8"` | `axum` |
//! | `axum = "0.7"` | `axum-07` |
//! | `actix-web = "4"` | `actix-web`; `actix-web-http2` if the server speaks HTTP/2 cleartext |
//! | `warp = "0.4"` | `warp` |
//! | `tower = "0.5"` | `tower` |
//! | `hyper = "1"` | `hyper` |
//!
//! Versions before these, such as axum 0.6 and warp 0.3, do not run: they are built on the crate `http` 0.2. Update the
//! framework first, then port. With the feature of another version a `Router` of axum runs without `ConnectInfo`, and Lodger
//! logs a warning when it starts.
//!
//! # Three apps that were ported
//!
//! Each was written in the manner of its framework's examples, and committed, before it was ported in a commit of its own.
//!
//! | app | what it is | `Cargo.toml` | `src` | tests |
//! |---|---|---|---|---|
//! | `examples/ported/todo` | axum: a JSON API over SQLite | +3 −1 | +2 −29, of 355 lines | +35 −3 |
//! | `examples/ported/uploads` | actix-web: multipart uploads, downloads with ranges | +2 | +5 −8, of 247 lines | +42 −3 |
//! | `examples/ported/feed` | warp: server-sent events | +4 −2 | +3 −6, of 190 lines | +42 −5 |
//!
//! ```text
//! git log --numstat --format=%s --grep='^Port .* to Lodger$'
//! ```
//!
//! In `src` no file but `main.rs` has changed. In the tests no request and no expectation has: what changed is the
//! harness that starts the program. It now starts it behind a Function URL and behind a load balancer as well, sends each
//! request to all three, and expects one answer.
//!
//! # axum
//!
//! What `axum::serve` was told moves or goes; the router stays. This is `main` before:
//!
//! ```no_run
//! use std::net::{Ipv4Addr, SocketAddr};
//! use axum::{Router, routing::get};
//! use tokio::{net::TcpListener, signal};
//!
//! # fn app() -> Router { Router::new().route("/", get(|| async { "hello" })) }
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
//!     let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
//!     axum::serve(listener, app().into_make_service_with_connect_info::<SocketAddr>())
//!         .with_graceful_shutdown(async { drop(signal::ctrl_c().await) })
//!         .await?;
//!     Ok(())
//! }
//! ```
//!
//! And now:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//!
//! # fn app() -> Router { Router::new().route("/", get(|| async { "hello" })) }
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     lodger::run(app()).await?;
//!     Ok(())
//! }
//! ```
//!
//! | before | now |
//! |---|---|
//! | `TcpListener::bind(..)` | nothing, or [`Lodger::addr`], [`Lodger::listener`] |
//! | `axum::serve(listener, router)` | `lodger::run(router)` |
//! | `router.into_make_service_with_connect_info::<SocketAddr>()` | `router`: `ConnectInfo<SocketAddr>` is there |
//! | `.with_graceful_shutdown(signal())` | nothing: SIGTERM and Ctrl-C are heard; or [`Lodger::shutdown`] |
//! | `io::Result<()>` of `main` | `Result<(), lodger::Error>`; or the same, with `Ok(lodger::run(..).await?)`; or any that takes every error |
//!
//! # actix-web
//!
//! What stood around `App` goes. Before:
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//!
//! #[actix_web::main]
//! async fn main() -> std::io::Result<()> {
//!     HttpServer::new(|| App::new().route("/", web::get().to(async || "hello")))
//!         .bind(("127.0.0.1", 8080))?
//!         .run()
//!         .await
//! }
//! ```
//!
//! And now, where the address has to stay what it was, unless `LODGER_ADDR` or `PORT` is set; else `lodger::run` will do:
//!
//! ```no_run
//! use actix_web::{App, web};
//! use lodger::Lodger;
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     Lodger::new()
//!         .addr(([127, 0, 0, 1], 8080))
//!         .run(|| App::new().route("/", web::get().to(async || "hello")))
//!         .await
//! }
//! ```
//!
//! | before | now |
//! |---|---|
//! | `HttpServer::new(\|\| App::new()..).bind(..)?.run().await` | `lodger::run(\|\| App::new()..).await` |
//! | `.bind(..)`, `.listen(..)` | nothing, or [`Lodger::addr`], [`Lodger::listener`] |
//! | `.workers(..)` | nothing: one for each processor |
//! | `.shutdown_timeout(..)`, `.client_request_timeout(..)` | nothing, or [`Lodger::grace`], [`Lodger::header_timeout`] |
//! | `io::Result<()>` of `main` | `Result<(), lodger::Error>`; or the same, with `Ok(lodger::run(..).await?)` |
//!
//! # warp
//!
//! The server goes, and the filter stays. Before:
//!
//! ```no_run
//! use warp::Filter;
//!
//! #[tokio::main]
//! async fn main() {
//!     let hello = warp::path!("hello" / String).map(|name| format!("hello {name}"));
//!     warp::serve(hello).run(([127, 0, 0, 1], 3030)).await;
//! }
//! ```
//!
//! And now:
//!
//! ```no_run
//! use lodger::Lodger;
//! use warp::Filter;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     let hello = warp::path!("hello" / String).map(|name| format!("hello {name}"));
//!     Lodger::new().addr(([127, 0, 0, 1], 3030)).run(hello).await
//! }
//! ```
//!
//! | before | now |
//! |---|---|
//! | `warp::serve(filter).run(addr).await` | `lodger::run(filter).await?`, and an address by [`Lodger::addr`] where it has to be that one |
//! | `.incoming(listener)` | [`Lodger::listener`] |
//! | `.graceful(signal())` | nothing: SIGTERM and Ctrl-C are heard; or [`Lodger::shutdown`] |
//! | no result of `main` | `Result<(), lodger::Error>` |
//!
//! # A `main` with more than one server or background task
//!
//! `run` returns when the app has ended. Let it wait for the signals, and end the rest of the program after it:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use tokio::{net::TcpListener, sync::oneshot};
//!
//! # fn app() -> Router { Router::new().route("/", get(|| async { "hello" })) }
//! # fn metrics() -> Router { Router::new().route("/metrics", get(|| async { "requests 1" })) }
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let listener = TcpListener::bind("127.0.0.1:9100").await?;
//!     let (end, ended) = oneshot::channel::<()>();
//!     let metrics = axum::serve(listener, metrics()).with_graceful_shutdown(async { drop(ended.await) });
//!     let metrics = tokio::spawn(metrics.into_future());
//!
//!     lodger::run(app()).await?;
//!
//!     drop(end);
//!     metrics.await??;
//!     Ok(())
//! }
//! ```
//!
//! | before | now |
//! |---|---|
//! | two servers with two routers, joined | one router, by `merge` or `nest`, and one `run` |
//! | a server for metrics or administration beside the app | as above. On Lambda and on Vercel no client reaches its port |
//! | a background task | as above. Lambda freezes it between requests; [work after a response](crate#work-after-the-response) is not frozen |
//! | two tasks, each of which ends the other | [`Lodger::shutdown_or_signal`], with a future that completes when the other task ends |
//! | a signal handler of the program's own | [`Lodger::shutdown`], with a future that completes when the handler has received a signal |
//!
//! **Two apps.** As servers two apps run side by side, each with an address of its own ([`Lodger::addr`]). On Lambda and on
//! Vercel the host sends all requests to the process, and cannot tell the apps apart. There a second `run` returns an error,
//! which is logged too, and the first one goes on.
//!
//! **Signals.** The first SIGTERM or Ctrl-C begins the shutdown. Another one, a second or more later, ends the process at once.
//! When `run` has returned, or its future was dropped, a signal ends the process as it does by default. That is so even if other
//! code waits for the signal, as with `tokio::signal::ctrl_c()`. A program with such code uses [`Lodger::shutdown`]: Lodger then
//! never listens for signals. On Lambda it listens only if [SIGTERM is asked for](crate::Lodger::sigterm).
//!
//! # From lambda_http, lambda-web and vercel_runtime
//!
//! The router is what is handed over, and what chose between a function and a server goes. A handler that was given to
//! `service_fn` becomes a route: `Router::new().fallback(handler)`. The crates go from `Cargo.toml`; `vercel_runtime` has to,
//! because Vercel's builder takes the binary by it for one that it is not.
//!
//! | before | now |
//! |---|---|
//! | `lambda_http::run(router)` | `lodger::run(router)` |
//! | `lambda_http::run_with_streaming_response(router)` | the same, with [`Lodger::response_mode`] or `LODGER_RESPONSE_MODE=stream` |
//! | `lambda_http::run_concurrent(router)` | the same |
//! | `RequestExt::request_context()` | the extension [`lambda::RequestContext`], JSON: with the feature `serde`, `context.parse::<T>()` makes a type of yours of it, or the one of aws_lambda_events that lambda_http gave |
//! | `RequestExt::lambda_context()` | the extension [`lambda::Context`] |
//! | `RequestExt::path_parameters()`, `query_string_parameters()`, `RequestPayloadExt::payload()` | the extractors of the framework |
//! | `RequestExt::stage_variables()` | they are in the JSON of the extension [`lambda::Event`] |
//! | routes that begin with the stage, or `AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH` | routes without it: the stage is taken off |
//! | `lambda_http::tracing::init_default_subscriber()` | `lodger::logs::init()?`, with the feature `logs` |
//! | `if is_running_on_lambda() { run_actix_on_lambda(factory).await } else { HttpServer::new(factory).. }` | `lodger::run(factory).await` |
//! | `vercel_runtime::run(ServiceBuilder::new().layer(VercelLayer::new()).service(router))` | `lodger::run(router)` |
//! | `AppState::wait_until(future)` | [`AfterResponse::run`](crate::AfterResponse::run), by the request's extension, which begins after the response: what the handler waits for itself is spawned, `let task = tokio::spawn(..)`, and handed over as `after.run(async { drop(task.await) })` |
//! | `AppState::log_context` | the macros of `tracing`, once `lodger::logs::init()?` has been called, with the feature `logs`; `debug` with `RUST_LOG=debug` |
//! | lambda-web's feature `br`, on by default | the framework's own: `Compress` of actix-web, `CompressionLayer` of tower-http |
//!
//! Extensions are not on every host: `Context` is there on Lambda, `RequestContext` where its front sends one. So it is
//! `Option<Extension<lodger::lambda::Context>>` in axum, where without the `Option` a request that has none is answered with 500.
//!
//! [`lambda::Context`]: crate::lambda::Context
//! [`lambda::Event`]: crate::lambda::Event
//! [`lambda::RequestContext`]: crate::lambda::RequestContext
//!
//! # What is different on a server
//!
//! - **The address** is `127.0.0.1:3000` where nothing says another, and `0.0.0.0:$PORT` where `PORT` is set. What
//!   [`Lodger::addr`] says comes after the variables.
//! - **The end** comes 10 seconds after a signal at the latest, which is [`Lodger::grace`]. A feed that is open is cut off then.
//! - **Lodger's own lines** go to `tracing`. An app that logs by `log`, as with `env_logger`, has them on standard error,
//!   whatever `RUST_LOG` says.
//!
//! # What does not carry over to Lambda
//!
//! The code runs there as it is; what it was built upon may not be there. What holds for every app is told in
//! [the root of this crate](crate#what-is-different-on-lambda). Of these three it means:
//!
//! - **Files are an instance's own.** Only `/tmp` can be written to, and it goes with the instance: `DATABASE=/tmp/todo.db` and
//!   `UPLOADS=/tmp/uploads` make the two apps run, each instance with todos and files that no other has. A database that is
//!   to last is one over the network; files that are to last belong into a store of objects.
//! - **So is memory.** An instance answers one request at a time: what is posted while it sends a feed goes to another, whose
//!   messages this one does not see.
//! - **A feed that does not end gets no answer** where answers are sent as a whole, which they are unless
//!   [`Lodger::response_mode`] says otherwise: `/feed?count=3` is answered when the third message is there, which is at once or,
//!   on an instance that is busy waiting, never. A streamed feed ends with the time of its invocation at the latest.
//! - **A limit of the app's own may not be reached**: 10 MiB for a form is more than any front takes. A download that is too
//!   large for one answer can be had in ranges.
//! - **Absolute paths in bodies**, such as links and forms, miss the stage of an API that has one; the app adds the
//!   [`PathPrefix`]. Lodger adds it to `Location`, such as the `Location: /todos/1` of the todo API:
//!   [redirects and the removed prefix](crate#redirects-and-the-removed-prefix).
//! - **WebSockets** are events of a WebSocket API, which come by [`Lodger::websocket_path`].
//! - **What fails before `run`**, as a database that does not open, ends the process, and the log has the reason. What is
//!   built in [`Lodger::run_with`] is reported to Lambda with its reason.
//!
//! [`Lodger::addr`]: crate::Lodger::addr
//! [`Lodger::grace`]: crate::Lodger::grace
//! [`Lodger::header_timeout`]: crate::Lodger::header_timeout
//! [`Lodger::listener`]: crate::Lodger::listener
//! [`Lodger::response_mode`]: crate::Lodger::response_mode
//! [`Lodger::stage`]: crate::Lodger::stage
//! [`Lodger::run_with`]: crate::Lodger::run_with
//! [`Lodger::shutdown`]: crate::Lodger::shutdown
//! [`Lodger::shutdown_or_signal`]: crate::Lodger::shutdown_or_signal
//! [`Lodger::websocket_path`]: crate::Lodger::websocket_path
//! [`PathPrefix`]: crate::PathPrefix
