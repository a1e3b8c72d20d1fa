//! Lambda and Vercel on your own machine: the command `lodger-gateway`, and tests.
//!
//! The crate `lodger-gateway` contains the AWS services in front of a Lambda function, the Lambda Runtime API, and Vercel's
//! side of a function. It runs the binary that you deploy, without a change.
//!
//! # The command
//!
//! With a checkout of Lodger beside the folder of your app:
//!
//! ```sh
//! cargo install --locked --path ../lodger/gateway --features websocket
//! cargo build
//! lodger-gateway --front http-api --listen 127.0.0.1:4000 -- target/debug/your-app
//! ```
//!
//! `curl http://127.0.0.1:4000/` then sends a request through an HTTP API to the function. The gateway writes one line for
//! each invocation, such as `GET /ip 200 12.3ms (cold start 48.0ms)`.
//!
//! | option | effect |
//! |---|---|
//! | `--front NAME` | The front: `function-url` (the default), `http-api`, `http-api-v1`, `rest-api`, `alb`, `alb-multi-value`, `lattice-v1`, `lattice-v2`, `vercel` (the runtime `provided.al2023`), or `websocket-api` |
//! | `--stage NAME`, `--custom-domain NAME` | The stage and the domain of an API. A REST API has the stage `prod` and responds with 403 to a path without it, like on AWS: request `/prod/ip`, or use a custom domain |
//! | `--stream` | A front that streams, for a function with `LODGER_RESPONSE_MODE=stream` |
//! | `--binary-media-types '*/*'` | The binary media types of a REST API. By default there are none, like on AWS |
//! | `--timeout SECONDS` | The timeout of an invocation. The default is 30, and 3 on AWS |
//! | `--event FILE` | Invokes the function once with the event in a file, or with `-` from standard input |
//! | `--vercel` | Vercel with the runtime `executable`, instead of a front of AWS |
//! | `--allow-host NAME` | Another host name besides `localhost` and IP addresses |
//! | `--quiet` | No line for each invocation |
//!
//! `lodger-gateway --help` lists all options.
//!
//! # Settings that have to match
//!
//! The gateway prints a warning for each of these mistakes:
//!
//! - **Streams.** The front and the function both stream, or neither does. If only one of them streams, the client receives the
//!   envelope of the reply instead of the response.
//! - **Binary data behind a REST API.** Without `binaryMediaTypes`, a REST API damages uploads that are not text. It sends
//!   images and compressed responses as base64 text. Set `binaryMediaTypes` to `*/*` in the API.
//!
//! ```sh
//! LODGER_RESPONSE_MODE=stream lodger-gateway --stream -- target/debug/your-app
//! ```
//!
//! # Other events, SnapStart, Vercel
//!
//! This command sends an event to the [handlers](super::events) of a function, or to its route for events, and prints the result of
//! the invocation:
//!
//! ```sh
//! echo '{"source":"my.shop","detail-type":"OrderPlaced","detail":{"id":7}}' |
//!     lodger-gateway --event - -- target/debug/your-app
//! ```
//!
//! With `AWS_LAMBDA_INITIALIZATION_TYPE=snap-start` in the environment, the gateway takes and restores a snapshot like
//! [SnapStart](super::snap_start), so that the hooks of the app run. This command starts a function of Vercel:
//!
//! ```sh
//! lodger-gateway --vercel --listen 127.0.0.1:4000 -- target/debug/your-app
//! ```
//!
//! # In a test
//!
//! In the process of a test, `lodger_gateway::RuntimeApi` is the Runtime API, and `lodger_gateway::Front` makes the events. Add
//! `lodger-gateway = { path = "../lodger/gateway" }`, `bytes = "1"` and `http = "1"` to the dev-dependencies, and the test to the file of
//! `app()`. `lodger_gateway::Function` starts the built binary instead.
//!
//! ```ignore
//! use bytes::Bytes;
//! use lodger::{Host, Lodger};
//! use lodger_gateway::{Front, RuntimeApi};
//!
//! #[tokio::test]
//! async fn responds_behind_every_front() {
//!     let api = RuntimeApi::start().await.unwrap();
//!     tokio::spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).run(app()));
//!
//!     for front in Front::all() {
//!         let request = http::Request::get("/").body(Bytes::new()).unwrap();
//!         let response = api.send(&front, &request).await;
//!         assert_eq!(response.status(), 200, "{front}");
//!     }
//! }
//! ```
//!
//! `lodger_gateway::events` makes the events of other services, such as `events::sqs("orders", ["a message"])`, for
//! `RuntimeApi::invoke`. `lodger_gateway::Vercel` is the other side of [`Host::Vercel`](crate::Host::Vercel). Each example in the
//! repository has such a test.
