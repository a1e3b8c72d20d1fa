//! **Lodger runs an unmodified web app on whatever host it finds itself in.**
//!
//! One line in `main` is a server on a laptop and in a container, a function on AWS Lambda, and one on Vercel: one
//! binary, no `if`.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//!
//! fn app() -> Router {
//!     Router::new().route("/", get(|| async { "Hello from wherever this is" }))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     lodger::run(app()).await
//! }
//! ```
//!
//! # What is an app
//!
//! | framework | feature | what [`run`] takes |
//! |---|---|---|
//! | axum 0.8 | `axum` | a `Router`, with all its state, layers and nested routers; see [`axum`](mod@axum) |
//! | axum 0.7 | `axum-07` | the same; see [`axum_07`](mod@axum_07) |
//! | actix-web 4 | `actix-web` | a closure that makes an `App`, as `HttpServer::new` takes it; see [`actix_web`](mod@actix_web) |
//! | warp 0.4 | `warp` | a `Filter`, as `warp::serve` takes it; see [`warp`](mod@warp) |
//! | tower 0.5 | `tower` | a service over `Request<lodger::Body>`, or over requests with any body; see [`tower`] |
//! | hyper 1 | `hyper` | likewise; see [`hyper`] |
//!
//! No framework is on by default. With the feature `serde`, [`lambda::RequestContext`] can be read as a type of your own; with
//! `logs`, one line sets up [the log](#the-log) as the host wants it.
//!
//! # Porting an app
//!
//! An app that ran under its framework's own server changes in `main` alone: the server goes, and what it was given is given
//! to [`run`]. [The porting guide](porting) has it line by line for axum, actix-web and warp, three apps that were ported,
//! and what does not carry over.
//!
//! # Which host it is
//!
//! The environment tells; [`host`] says what it told. The features `server`, `lambda` and `vercel` are on by default, and at least
//! one of them has to be on.
//!
//! | sign | host |
//! |---|---|
//! | `LODGER_HOST=server`, `lambda` or `vercel` | that one |
//! | `PORT`, and the program is called `user-server` | a server, behind the proxy of Vercel's standalone mode |
//! | `VERCEL_IPC_PATH` | Vercel, as a function of the runtime `executable` |
//! | `AWS_LAMBDA_RUNTIME_API` | Lambda, behind any front: REST API, HTTP API (payload 1.0 and 2.0), Function URL, Application Load Balancer, VPC Lattice, WebSocket API, and Vercel with the runtime `provided.al2023` |
//! | none of these | a server, on `LODGER_ADDR`, else `127.0.0.1:$VERCEL_DEV_PORT`, else `0.0.0.0:$PORT`, else `127.0.0.1:3000` |
//!
//! A container that is to be reached from outside sets `PORT` or `LODGER_ADDR`. What else can be set is in [`Lodger`].
//!
//! An app cannot tell one host from another, except by asking: what the platform knows of a request is in its extensions,
//! such as [`ClientAddr`], [`lambda::Context`] and `vercel::Context`.
//!
//! # What is different on Lambda
//!
//! - **Answers are sent as a whole**, unless [`Lodger::response_mode`] says that a Function URL or a REST API was set up to
//!   stream them. A stream, such as server-sent events, arrives when it has ended, and one that does not end is a 504.
//!   What is larger than 6 MB, behind a load balancer 1 MB, is a 500 that says so; binary grows by a third on its way, so
//!   that it may have 4.5 MB, and 768 KB. What is streamed may have 200 MB, and arrives when it is written; if it fails, so
//!   does the client's connection.
//! - **An invocation has an end.** Half a second before it, a request that still runs is cancelled and answered with 504
//!   ([`Lodger::deadline_margin`]), and a stream ended as one that failed. `lambda::Context::remaining_time` tells.
//! - **The process is killed without a word** when Lambda needs it no more, unless SIGTERM is asked for
//!   ([`Lodger::sigterm`]): `run` returns then, and what stands after it runs.
//! - **There are no upgrades**: the app's answer is that of a request that asks for none. WebSockets come as events of a
//!   WebSocket API.
//! - **Between two requests the process is frozen**, but on Managed Instances. A task that was spawned and not waited for
//!   goes on with the next request, or never: what is to be done all the same is [work after the
//!   response](#work-after-the-response).
//! - **There is one request at a time**, but on Managed Instances, where `AWS_LAMBDA_MAX_CONCURRENCY` says how many there may
//!   be ([`Lodger::max_concurrency`]). There a request whose time is over does not end the process: it goes on, and what it
//!   still answers is dropped.
//! - **A panic of a handler** is a 500 and a line in the log. On a server the connection ends, as under `axum::serve`. In a
//!   binary that was built with `panic = "abort"` it is the end of the process, on every host.
//! - **The stage of an API, and a base path, are not in the path that the app sees.** Redirects work all the same; links
//!   need the prefix: [redirects and the removed prefix](#redirects-and-the-removed-prefix).
//!
//! # Redirects and the removed prefix
//!
//! The stage of an API, the [base path](Lodger::base_path) and the prefix of a service on Vercel are removed from the path
//! before the app sees it. On every host the prefix is added to the `Location` of the response, if that is an absolute path
//! without the prefix:
//!
//! | the app responds with | the client gets, behind the stage `prod` |
//! |---|---|
//! | `Location: /items` | `Location: /prod/items` |
//! | `Location: /prod/items`, `//host/items`, `https://host/items`, `items` | the same |
//!
//! So `Redirect::to("/login")`, the trailing slash that `ServeDir` adds, and middleware that redirects to a login page work
//! unchanged. [`Lodger::rewrite_location`] turns this off, for clients that do not see the prefix.
//!
//! Limits:
//!
//! - Only `Location` changes. An app that writes absolute paths into a body (links, forms, scripts) or into `Content-Location`,
//!   `Refresh`, `Link` or the `Path` of a cookie adds the [`PathPrefix`] of the request itself.
//! - A `Location` with a host is not changed, even if the host is the request's own.
//! - A `Location` that begins with the prefix is not changed. If the app has a route of that name, such as `/prod/x` behind the
//!   stage `prod`, its redirect to that route has to contain the prefix twice.
//! - A relative path needs no prefix: `login` leads from `/a/b` to `/a/login`. At the prefix itself without a slash, such as
//!   `/prod`, it leads out of the prefix.
//!
//! ```
//! use axum::{Extension, response::Html};
//! use lodger::PathPrefix;
//!
//! async fn index(prefix: Option<Extension<PathPrefix>>) -> Html<String> {
//!     let prefix = prefix.as_ref().map_or("", |prefix| prefix.as_str());
//!     Html(format!(r#"<a href="{prefix}/login">Log in</a>"#))
//! }
//! ```
//!
//! # What is different on Vercel
//!
//! - **The app is served as on a server**, by the same one: bodies stream in both directions, upgrades work, and many requests are
//!   answered at once. There is one client, which is the platform's proxy, on a port that it alone is told of.
//! - **What the proxy has put into a request is taken out**: headers that begin with `x-vercel-internal-`, and those for the
//!   runtime cache. `x-vercel-oidc-token` stays, `Host` is the client's, and its address is the one that the platform
//!   says. The prefix of a service is a [`PathPrefix`], where Vercel says that it is to be taken off.
//! - **Once the last byte of a response has left, the request is at its end** for the platform, which may freeze the process then:
//!   a task that was spawned and not waited for goes on with the next request, or never. [Work after the
//!   response](#work-after-the-response) is waited for. An upgrade is at its end when it
//!   begins. Under actix's server it is when the last of the body has been handed to it, some KB before.
//! - **A request body has at most 4.5 MB**: Vercel responds to a larger one with 413. [Responses are streamed][limit], so their
//!   bodies have no limit.
//! - **A panic of a handler** is a 500 and a line in the log.
//! - **A client that leaves** ends its request. Under actix's server that shows when there is next something to be sent, as
//!   it does locally.
//!
//! [limit]: https://vercel.com/kb/guide/how-to-bypass-vercel-body-size-limit-serverless-functions
//!
//! # Work after the response
//!
//! What the client is not to wait for, as a line in a database or a message to somebody, is handed to the request's
//! [`AfterResponse`]. Where there is no freezing it is spawned; elsewhere it is waited for before the process is frozen:
//!
//! ```
//! use axum::{Extension, Router, routing::post};
//! use lodger::AfterResponse;
//!
//! async fn order(Extension(after): Extension<AfterResponse>) -> &'static str {
//!     after.run(async { /* tell the kitchen */ });
//!     "it will be there at once"
//! }
//! # let _: Router = Router::new().route("/orders", post(order));
//! ```
//!
//! What that costs on each host, and how long it may take, is said [there](AfterResponse).
//!
//! # The log
//!
//! Around each request there is a span of `tracing`: whatever a subscriber makes of an event that happens in the handler, in
//! the body of the response or in the work after it, it knows the request. Without a subscriber that costs nothing.
//!
//! | host | the span `request`, of the target `lodger`, has |
//! |---|---|
//! | Lambda | `request_id`, `front` (`rest-api`, `http-api`, `function-url`, `alb`, `vpc-lattice`, `websocket-api`, `vercel`, `event`), `trace_id` and `tenant_id` where there are such; level `INFO` |
//! | Vercel | `request_id`, `front` (`vercel`), `invocation_id`, `trace_id` where there is one; level `INFO` |
//! | server | `request_id`, a number, and `front` (`server`); level `DEBUG` |
//!
//! It has no path in it; what knows the routes of the app has those, as `TraceLayer` of tower-http or `TracingLogger` of
//! tracing-actix-web. Where warp's own server serves an app there is no span.
//!
//! With the feature `logs`, `lodger::logs::init()` in `main` is a subscriber that writes what the host wants: JSON or
//! text for Lambda, as `AWS_LAMBDA_LOG_FORMAT` and `AWS_LAMBDA_LOG_LEVEL` say, each line with its request; messages to
//! Vercel, which shows them with their request; text elsewhere. `lodger::logs::layer()` is the same beside layers of your
//! own.
//!
//! Lodger's own events have the target `lodger`. An error or a warning that no subscriber reads, because a filter such as
//! `my_app=debug,tower_http=debug` drops it, goes to standard error, and on Vercel to the platform's log. So does the address that a server
//! listens on. Without any subscriber, all of Lodger's lines go there. With the feature `logs`, the levels in `RUST_LOG` and
//! `AWS_LAMBDA_LOG_LEVEL` decide instead: `RUST_LOG=info,lodger=off` drops them.
//!
//! One event is one line: newlines in a message or a value become `\r` on Lambda, as AWS's own runtimes write them, and are escaped
//! elsewhere and on standard error. A subscriber of your own may write several lines.
//!
//! For OpenTelemetry the trace of an invocation is in `x-amzn-trace-id`, among the headers of each request, where the
//! propagator for X-Ray finds it, and in [`lambda::Context::trace_id`]. It is never in the environment, which all
//! requests of a process share. What is collected is sent by [`Lodger::before_freeze`]. The example
//! `examples/opentelemetry` has both.
//!
//! # SnapStart
//!
//! With [SnapStart][snapstart] Lambda starts a function once, takes a snapshot of it when it is about to ask for its first
//! invocation, and restores all instances from that. Lodger's own connections to Lambda are new ones in each of them, and its
//! times are counted anew; it has nothing random that instances could have in common. What the app has is the app's to renew:
//!
//! | what was made before the snapshot | in an instance |
//! |---|---|
//! | a connection that is open | is dead, or will be: close it before, open it after |
//! | a pool, a client with one in it | has such connections idle, if it was used: put another in its place after, or open nothing before the first request |
//! | credentials, a token, the time, an address from DNS | may have expired: get it again after |
//! | a generator of random numbers, such as `rand::rng()` | is where the others are: seed it again after. What the operating system gives, as `getrandom` does, is [each instance's own][unique] |
//! | an id of the instance, a temporary file | is that of the others: make it after |
//!
//! [`Lodger::before_snapshot`] and [`Lodger::after_restore`] are for that. They run on a function with SnapStart alone; so
//! what is needed on every host is made as ever, and made anew after a restore:
//!
//! ```no_run
//! use std::{io, sync::Arc};
//! use axum::{Router, extract::State, routing::get};
//! use lodger::Lodger;
//! use tokio::{io::AsyncWriteExt, net::TcpStream, sync::Mutex};
//!
//! /// A connection, or a pool of them, that can be closed and opened again behind the app's back.
//! #[derive(Clone, Default)]
//! struct Database(Arc<Mutex<Option<TcpStream>>>);
//!
//! impl Database {
//!     async fn open(self) -> io::Result<()> {
//!         *self.0.lock().await = Some(TcpStream::connect("database.internal:5432").await?);
//!         Ok(())
//!     }
//!
//!     async fn close(self) -> io::Result<()> {
//!         match self.0.lock().await.take() {
//!             Some(mut connection) => connection.shutdown().await,
//!             None => Ok(()),
//!         }
//!     }
//! }
//!
//! async fn is_open(State(Database(connection)): State<Database>) -> String {
//!     connection.lock().await.is_some().to_string()
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     let database = Database::default();
//!     Lodger::new()
//!         // An `async fn` that is called does nothing yet.
//!         .before_snapshot(database.clone().close())
//!         .after_restore(database.clone().open())
//!         .run_with(async || {
//!             // On every host; with SnapStart a start that cannot succeed is known before there is a snapshot of it.
//!             database.clone().open().await?;
//!             Ok::<_, io::Error>(Router::new().route("/", get(is_open)).with_state(database))
//!         })
//!         .await
//! }
//! ```
//!
//! [snapstart]: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
//! [unique]: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
//!
//! # Events that are not HTTP
//!
//! A function gets others too: messages of a queue, a schedule, a WebSocket. By default they are an error that says what
//! they are. With a route for them the app answers them like requests:
//!
//! | | what the route gets | what its answer is |
//! |---|---|---|
//! | [`Lodger::events_path`] | a POST with the event as JSON | the result: JSON as it is, as `batchItemFailures` of a queue, other text as a string. A status that is not of success fails the invocation |
//! | [`Lodger::websocket_path`] | a POST to the route key behind the path, as `/ws/$connect`, with the message as body; of the handshake the headers and the query | to `$connect` the status lets the client in or not; else one that is not of success fails the invocation, and the body goes to a route response |
//!
//! No HTTP request gets there, on any host: it is a 404, however the path is written, as long as the path is set. Set it in
//! code: where it is not set, the route is one like all others, and open to everybody. Requests that are made of events carry
//! [`lambda::SyntheticRequest`]. What looks like an HTTP request and is none, as events of authorizers and of Lambda@Edge do, is
//! refused always.
//!
//! # What a front keeps to itself
//!
//! A server sees the request as it was sent. Between a client and a Lambda function stands a front, and some of what it
//! does cannot be undone. This is all of it, and a test holds each front to it with any request and any response. The
//! numbers are those of `tests/README.md` in the repository, which has the evidence.
//!
//! | | rule | HTTP API 2.0 | HTTP API 1.0 | REST API | Function URL | ALB | ALB, multi-value | Lattice 1 | Lattice 2 | Vercel |
//! |---|---|---|---|---|---|---|---|---|---|---|
//! | path: decoded by the front. `%2F` arrives as `/`, what follows a `%3F` does not arrive, double escapes are single | 11 | x |  |  |  |  |  |  |  |  |
//! | path: one whose escapes stand for other bad ones, as `%25zz`, is a 400 of the front's | 11 | x | x |  |  |  |  |  |  |  |
//! | path: what cannot stand in an encoded one, as `"` or a lone `%`, is escaped | 13 |  | x |  |  |  |  |  |  |  |
//! | query: an empty one is not there, `/?` is `/` | 31 | x | x | x | x | x | x | x | x | x |
//! | query: decoded by the front. Lodger encodes what clients have to encode: `a+b` arrives as `a%20b`, `%5B` as `[` | 33 |  | x | x |  |  |  |  |  |  |
//! | query: parameters of one key stand together, `a` is `a=`, one without a key is dropped | 35, 36 |  | x | x |  | x | x |  |  |  |
//! | query: of several parameters of one key the last | 42 |  |  |  |  | x |  |  |  |  |
//! | query: of more than 16,384 parameters, and of more than 4,096 headers, a 400 | 70 | x | x | x | x | x | x | x | x | x |
//! | headers: several of one name joined by a comma | 46 | x |  |  | x |  |  | x |  |  |
//! | headers: of several of one name the last | 42 |  |  |  |  | x |  |  |  |  |
//! | headers: several `cookie` are one | 50 | x | x | x | x | x | x | x | x | x |
//! | headers: the order among different names is the front's |  | x | x | x | x | x | x | x | x | x |
//! | headers: `connection`, `te`, `upgrade`, `expect` and the like are not there, nor is `proxy` | 62 | x | x | x | x | x | x | x | x | x |
//! | headers: `x-forwarded-for` has the client's address added | 55 | x | x | x | x | x | x | x | x |  |
//! | headers: `x-forwarded-port` and `x-forwarded-proto` are the front's | 53 | x | x | x | x | x | x |  |  |  |
//! | headers: `x-amzn-trace-id` is the invocation's | 59 | x | x | x | x | x | x | x | x | x |
//! | headers: `content-length: 0` where there is no body | 57 | x | x |  |  |  |  |  |  |  |
//! | headers: `content-length: 0` of a request without a body is not there, as the front sends no length at all | 57 |  |  | x |  |  |  |  |  |  |
//! | body: what is no text is lost, unless `binaryMediaTypes` names its type | 66 |  |  | x |  |  |  |  |  |  |
//! | body: beyond 6 MB as an event, which are 4.5 MB of binary, the front answers with 413 | 70 | x | x | x | x |  |  | x | x |  |
//! | body: beyond 1 MB the front answers with 413; to an upgrade with 400 | 62, 70 |  |  |  |  | x | x |  |  |  |
//! | **answers**: trailers and interim responses are dropped | 72, 102 | x | x | x | x | x | x | x | x | x |
//! | answers: several headers of one name joined by `, `, but `set-cookie` | 75 | x |  |  | x | x |  | x | x |  |
//! | answers: of several `set-cookie` the first, and a warning | 81 |  |  |  |  |  |  | x |  |  |
//! | answers: several values of one name may arrive in another order | 79 |  |  |  |  | x | x |  |  |  |
//! | answers: a header's bytes that are no UTF-8 arrive as the UTF-8 of their Latin-1 | 86 | x | x | x | x | x | x | x | x | x |
//! | answers: `www-authenticate`, `server`, `date` and some more become `x-amzn-remapped-..` | 85 |  |  | x |  |  |  |  |  |  |
//! | answers: a body without a type is `application/octet-stream`, because the front would claim more | 88 | x | x | x | x | x | x | x | x | x |
//! | answers: no body and no type, and the front adds a type | 88 |  |  |  | x |  |  |  |  |  |
//! | answers: 204, 205 and 304 have no body and no length, 204 and 205 no type either | 91 | x | x | x | x | x | x | x | x | x |
//! | answers: a status of 600 or more, which HTTP does not have, is a 500 | 72 | x | x | x | x | x | x | x | x | x |
//! | answers: binary is base64 for the client, unless `binaryMediaTypes` matches the first entry of the `Accept` of the request | 97 |  |  | x |  |  |  |  |  |  |
//! | answers: headers beyond 10 KB, at an ALB 32 KB, become an error of the front's; a warning comes before | 87 | x | x | x |  | x | x |  |  |  |
//! | answers: a reply beyond 6 MB, at an ALB 1 MB, becomes a 500 that says so; as binary 4.5 MB, and 768 KB | 99 | x | x | x | x | x | x | x | x | x |
//!
//! *Vercel* is its older way, with functions of the runtime `provided.al2023`; with those of the runtime `executable`
//! nothing is lost. There the platform sets `x-forwarded-for`, `x-forwarded-host` and `x-forwarded-proto`, whatever the
//! client sends. A request body has at most 4.5 MB with either runtime. With `provided.al2023` a response body has at most
//! 4.5 MB as well; Vercel replaces a larger one by an error.
//!
//! Some of it depends on how a front is set up:
//!
//! - An **HTTP API** and a **REST API** add no type to a response without a body, because Lodger sends a null for
//!   `content-type`, which only they accept (88). Emulators do not get the null, and neither does a REST API that streams: both
//!   may add a type. An event is an emulator's unless its domain is one of API Gateway or a name in the public DNS, and its
//!   `domainPrefix` is the first label of that.
//! - A **REST API** splits queries at `;`, refuses raw `|`, `{` and `}` in them (38), and on a domain of one's own keeps `/ping`
//!   and `/sping` for itself (29).
//! - A **Function URL** with the auth type `AWS_IAM` takes `Authorization` for itself (59).
//! - A **load balancer** with `preserve` as its mode for `X-Forwarded-For` adds no address to it: the last one there, which is
//!   what [`ClientAddr`] is, is the client's own word then (55).

// `vercel` turns on `server`.
#[cfg(not(any(feature = "server", feature = "lambda")))]
compile_error!(
    "Lodger has no host to run an app on: turn on a feature of `lodger`, `server`, `lambda` or `vercel`, or leave out `default-features = false`"
);

mod lodger;
mod response;
mod run;
#[cfg(all(feature = "lambda", any(feature = "actix-web", feature = "warp")))]
mod told;

#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "axum-07")]
pub mod axum_07;
#[cfg(any(feature = "axum", feature = "axum-07"))]
mod axum_any;
#[cfg(feature = "hyper")]
pub mod hyper;
// Words alone: no program has it.
#[cfg(any(doc, doctest))]
pub mod porting;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "warp")]
pub mod warp;

pub use lodger::Lodger;
#[cfg(any(feature = "server", feature = "lambda"))]
#[doc(inline)]
pub use lodger_core::AfterResponse;
#[cfg(feature = "logs")]
#[doc(inline)]
pub use lodger_core::logs;
#[doc(inline)]
pub use lodger_core::{
    App, Body, BodyDataStream, BoxError, ClientAddr, Error, Host, PathPrefix, Request, ResponseMode, Stage,
};
pub use run::{Run, Running};

/// What Lambda tells about a request, as extensions of it; and, for those who implement [`Run`], the API to poll.
#[cfg(feature = "lambda")]
pub mod lambda {
    #[doc(inline)]
    pub use lodger_core::lambda::{Context, Event, RequestContext, Runtime, SyntheticRequest};
}

/// A socket that an app is served on; for those who implement [`Run`].
#[cfg(feature = "server")]
pub mod server {
    #[doc(inline)]
    pub use lodger_core::{
        RequestHead,
        server::{Admission, ExternalServer, GuardedCall, Ingress, RequestGuard, Server},
    };
}

/// What Vercel tells about a request, as an extension of it.
#[cfg(feature = "vercel")]
pub mod vercel {
    #[doc(inline)]
    pub use lodger_core::vercel::Context;
}

/// Runs `app` on the host that the process finds itself in, until that ends: until SIGTERM or Ctrl-C on a server, on
/// Lambda for ever, or until SIGTERM where it is [asked for](Lodger::sigterm). What stands after it in `main` is run
/// then, once requests in flight are answered.
///
/// It is [`Lodger::new().run(app)`](Lodger::run), which can be told more.
///
/// Once `run` has returned, or its future was dropped, SIGTERM and Ctrl-C end the process again, as they do by default. A
/// program that listens for signals itself passes its own future to [`Lodger::shutdown`].
///
/// Call `run` once: on Lambda and on Vercel the host cannot tell two apps apart, so that a second `run` is an error. Merge
/// the routers instead. [The porting guide](porting#a-main-with-more-than-one-server-or-background-task) has more.
///
/// A `main` that has errors of others as well returns `Result<(), Box<dyn std::error::Error>>`.
///
/// # Errors
/// The process cannot start (a setting is wrong, the address in use), or its host has gone. On Lambda and on Vercel, another
/// `run` of the process is still going on; this error is logged as well. What becomes of a single request is never an error
/// here.
///
/// # Panics
/// Outside a Tokio runtime that has I/O and time enabled, as `#[tokio::main]` has.
///
/// # Example
///
/// ```no_run
/// use axum::{Router, routing::get};
///
/// #[tokio::main]
/// async fn main() -> Result<(), lodger::Error> {
///     let app = Router::new().route("/", get(|| async { "hello" }));
///     lodger::run(app).await?;
///     println!("all requests are answered; goodbye");
///     Ok(())
/// }
/// ```
pub fn run<'a, A, Marker>(app: A) -> Running<'a>
where
    A: Run<Marker> + 'a,
    Marker: 'a,
{
    Lodger::new().run(app)
}

/// The host that the process finds itself in.
///
/// # Errors
/// `LODGER_HOST` names none.
///
/// # Example
///
/// ```
/// if lodger::host()? == lodger::Host::Server {
///     println!("no freezing here: background tasks run on");
/// }
/// # Ok::<_, lodger::Error>(())
/// ```
pub fn host() -> Result<Host, Error> {
    Host::current()
}
