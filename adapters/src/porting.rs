//! A guide to porting an app to Lodger.
//!
//! Add `lodger` to `Cargo.toml`, with the feature for the framework and its version. In an app of axum, actix-web or warp only
//! `main` changes: routes, handlers, state, middleware and errors stay. In a service of hyper, or of tower over hyper's body, the
//! type of the request body changes too. Handlers of lambda_http and vercel_runtime become handlers of a framework.
//!
//! | dependency of the app | feature of `lodger` |
//! |---|---|
//! | `axum = "0.8"` | `axum` |
//! | `axum = "0.7"` | `axum-07` |
//! | `actix-web = "4"` | `actix-web`; `actix-web-http2` if the server speaks HTTP/2 cleartext |
//! | `warp = "0.4"` | `warp` |
//! | `tower = "0.5"` | `tower`; [changes](#tower-and-hyper) |
//! | `hyper = "1"` | `hyper`; [changes](#tower-and-hyper) |
//! | `lambda_http`, lambda-web | the feature of the app's framework; [table](lambda_http) |
//! | `lambda_runtime`, lambda-extension | `events`; [table](lambda_runtime) |
//! | `vercel_runtime` | the feature of the app's framework; [table](vercel_runtime) |
//!
//! Older versions, such as axum 0.6 and warp 0.3, are not supported: they are built on the crate `http` 0.2. Update the
//! framework first, then port. With the feature of another version an axum `Router` runs without `ConnectInfo`, and Lodger
//! logs a warning when the app starts.
//!
//! # Three ported apps
//!
//! Each app was written like the examples of its framework, and committed. A second commit ported it. All three are in the
//! repository, and the command below shows their commits.
//!
//! | app | contents | `Cargo.toml` | `src` | tests |
//! |---|---|---|---|---|
//! | `examples/ported/todo` | axum: a JSON API over SQLite | +3 −1 | +2 −29, of 355 lines | +35 −3 |
//! | `examples/ported/uploads` | actix-web: multipart uploads, downloads with ranges | +2 | +5 −8, of 247 lines | +42 −3 |
//! | `examples/ported/feed` | warp: server-sent events | +4 −2 | +3 −6, of 190 lines | +42 −5 |
//!
//! ```text
//! git log --numstat --format=%s --grep='^Port .* to Lodger$'
//! ```
//!
//! In `src` only `main.rs` changed. In the tests only the harness that starts the program changed, and no request or
//! expectation. The harness now also starts the program behind a Function URL and behind a load balancer, sends each request to
//! all three, and expects the same response.
//!
//! # axum
//!
//! The arguments of `axum::serve` move or go away; the router stays. `main` before:
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
//! And after:
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
//! The address changes: before, the server listened on all addresses, and now it listens on `127.0.0.1:3000` unless `PORT` is
//! set. In a container without `PORT`, set `LODGER_ADDR=0.0.0.0:3000`, or keep the address in code with
//! `Lodger::new().addr(([0, 0, 0, 0], 3000)).run(app())`. `PORT` overrides this address, as before.
//!
//! | before | after |
//! |---|---|
//! | `TcpListener::bind(..)` | nothing; or [`Lodger::addr`], [`Lodger::listener`] |
//! | `axum::serve(listener, router)` | `lodger::run(router)` |
//! | `router.into_make_service_with_connect_info::<SocketAddr>()` | `router`: every request has `ConnectInfo<SocketAddr>` |
//! | `.with_graceful_shutdown(signal())` | nothing: Lodger listens for SIGTERM and Ctrl-C; or [`Lodger::shutdown`] |
//! | `main` returns `io::Result<()>` | `main` returns `Result<(), lodger::Error>`, or any result that `?` converts this error to. `io::Result<()>` works with `Ok(lodger::run(..).await?)` |
//!
//! # actix-web
//!
//! The server around `App` goes away. `main` before:
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
//! And after. `addr` keeps the address, unless `LODGER_ADDR` or `PORT` is set; without this need `lodger::run` is enough:
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
//! | before | after |
//! |---|---|
//! | `HttpServer::new(\|\| App::new()..).bind(..)?.run().await` | `lodger::run(\|\| App::new()..).await` |
//! | `.bind(..)`, `.listen(..)` | nothing; or [`Lodger::addr`], [`Lodger::listener`] |
//! | `.workers(..)` | nothing: one worker for each processor |
//! | `.shutdown_timeout(..)`, `.client_request_timeout(..)` | nothing; or [`Lodger::grace`], [`Lodger::header_timeout`] |
//! | `main` returns `io::Result<()>` | `main` returns `Result<(), lodger::Error>`; or the same, with `Ok(lodger::run(..).await?)` |
//!
//! # warp
//!
//! The server goes away; the filter stays. `main` before:
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
//! And after:
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
//! | before | after |
//! |---|---|
//! | `warp::serve(filter).run(addr).await` | `lodger::run(filter).await?`, or [`Lodger::addr`] to keep the address |
//! | `.incoming(listener)` | [`Lodger::listener`] |
//! | `.graceful(signal())` | nothing: Lodger listens for SIGTERM and Ctrl-C; or [`Lodger::shutdown`] |
//! | `main` returns nothing | `main` returns `Result<(), lodger::Error>` |
//!
//! # tower and hyper
//!
//! The accept loop goes away. A service over `hyper::body::Incoming` takes [`lodger::Body`](crate::Body) instead: only a
//! connection of hyper can make an `Incoming`. A service that is generic over the body does not change. `main` before:
//!
//! ```text
//! use std::convert::Infallible;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use hyper::{body::{Bytes, Incoming}, server::conn::http1, service::service_fn};
//! use hyper_util::rt::TokioIo;
//! use tokio::net::TcpListener;
//!
//! async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     Ok(Response::new(format!("hello {}", request.uri().path()).into()))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let listener = TcpListener::bind("127.0.0.1:3000").await?;
//!     loop {
//!         let (stream, _) = listener.accept().await?;
//!         tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(hello)));
//!     }
//! }
//! ```
//!
//! And after, with the feature `hyper`:
//!
//! ```no_run
//! use std::convert::Infallible;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use hyper::{body::Bytes, service::service_fn};
//! use lodger::Body;
//!
//! async fn hello(request: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     Ok(Response::new(format!("hello {}", request.uri().path()).into()))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     lodger::run(service_fn(hello)).await
//! }
//! ```
//!
//! A tower service, such as `tower::service_fn(hello)` in a `ServiceBuilder`, is the same with the feature `tower`.
//!
//! | before | after |
//! |---|---|
//! | `Request<hyper::body::Incoming>` | `Request<lodger::Body>` |
//! | the address from `listener.accept()` | the extension [`ClientAddr`](crate::ClientAddr) of the request |
//! | `http1::Builder`, `http2::Builder`, `hyper_util::server::conn::auto::Builder` | nothing: HTTP/1.1 and HTTP/2 cleartext, with upgrades |
//! | `GracefulShutdown` of hyper-util | nothing: Lodger listens for SIGTERM and Ctrl-C; or [`Lodger::shutdown`] |
//!
//! # A `main` with more than one server or background task
//!
//! `run` returns when the app has shut down. Let `run` wait for the signals, and end the rest of the program after it. This program
//! has a second server for metrics; a background task ends in the same way, when its channel closes:
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
//! | before | after |
//! |---|---|
//! | two servers with two routers, joined | one router, by `merge` or `nest`, and one `run` |
//! | a server for metrics or administration beside the app | the second server above. On Lambda and on Vercel no client reaches its port |
//! | a background task | a spawned task in place of the second server. Lambda freezes the task between requests, but not [work after a response](crate::AfterResponse) |
//! | two tasks, each of which ends the other | [`Lodger::shutdown_or_signal`], with a future that completes when the other task ends |
//! | a signal handler of the program | [`Lodger::shutdown`], with a future that completes when the handler has received a signal |
//!
//! **Two apps.** As servers two apps run side by side, each with its own address ([`Lodger::addr`]). On Lambda and on Vercel the
//! host sends all requests to the process and does not know the apps. There a second `run` logs and returns an error, and the first
//! one continues.
//!
//! **Signals.** The first SIGTERM or Ctrl-C begins the shutdown. Another one, a second or more later, ends the process at once.
//! After `run` has returned, or its future has been dropped, a signal ends the process as it does by default, even if other
//! code waits for the signal with `tokio::signal::ctrl_c()`. A program with such code uses [`Lodger::shutdown`]: Lodger then
//! never listens for signals. On Lambda it listens only with [`Lodger::sigterm`](crate::Lodger::sigterm).
//!
//! # Differences on a server
//!
//! - **The address** is `127.0.0.1:3000` by default, and `0.0.0.0:$PORT` if `PORT` is set. Variables override [`Lodger::addr`].
//! - **The shutdown** ends 10 seconds after a signal at the latest, or after the [`Lodger::grace`] period. Lodger then closes open
//!   streams, such as feeds.
//! - **Lodger's log lines** go to `tracing`. If the app has no subscriber of `tracing`, for example because `env_logger` writes its
//!   lines, Lodger's lines go to standard error, and `RUST_LOG` does not filter them.
//!
//! # Limits on Lambda
//!
//! The code runs unchanged, but its environment differs. [The page about Lambda](crate::docs::lambda) has the differences for every
//! app. For ported apps these matter most:
//!
//! - **Files belong to one instance.** Only `/tmp` is writable, and its files go away with the instance. An app with a database file
//!   or a folder of uploads starts if the path is below `/tmp`, but each instance then has its own data. Durable data belongs into a
//!   database on the network or into object storage.
//! - **Memory belongs to one instance**, which handles one request at a time. In a chat, one request waits for messages while another
//!   one posts them: on Lambda these are two instances, and the first one never receives the message.
//! - **An endless response never arrives** if responses are buffered, which is the default ([`Lodger::response_mode`]): the client
//!   gets 504 at the deadline. A feed of server-sent events that ends by itself arrives as a whole at its end. A streamed feed
//!   arrives event by event, until the deadline of its invocation at the latest.
//! - **Size limits of the front come before those of the app.** No front accepts an upload of 10 MiB. A file that is too large for one
//!   response needs range requests.
//! - **Absolute paths in bodies**, such as links and forms, lack the stage of an API. The app adds the [`PathPrefix`]. Lodger adds it
//!   to `Location`: [redirects and links](crate::docs::redirects).
//! - **WebSockets** are events of a WebSocket API: [`Lodger::websocket_path`].
//! - **A failure before `run`**, such as a database that does not open, ends the process, and only the log has the cause. A failure
//!   inside [`Lodger::run_with`] is also reported to Lambda.
//!
//! [`Lodger::addr`]: crate::Lodger::addr
//! [`Lodger::grace`]: crate::Lodger::grace
//! [`Lodger::header_timeout`]: crate::Lodger::header_timeout
//! [`Lodger::listener`]: crate::Lodger::listener
//! [`Lodger::response_mode`]: crate::Lodger::response_mode
//! [`Lodger::run_with`]: crate::Lodger::run_with
//! [`Lodger::shutdown`]: crate::Lodger::shutdown
//! [`Lodger::shutdown_or_signal`]: crate::Lodger::shutdown_or_signal
//! [`Lodger::websocket_path`]: crate::Lodger::websocket_path
//! [`PathPrefix`]: crate::PathPrefix

pub mod lambda_http;
pub mod lambda_runtime;
pub mod vercel_runtime;
