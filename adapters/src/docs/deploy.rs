//! Deployment of the same binary: to Lambda, to Vercel, in a container.
//!
//! # AWS Lambda
//!
//! A function with the runtime `provided.al2023` runs a Linux binary called `bootstrap`. Amazon Linux 2023 has glibc
//! 2.34, so the binary must not need a newer one. [cargo-lambda](https://www.cargo-lambda.info) builds such a binary,
//! and deploys it:
//!
//! ```sh
//! cargo lambda build --release --arm64
//! cargo lambda deploy --enable-function-url --memory 512 --timeout 30 your-app
//! ```
//!
//! By default, a function has 128 MB of memory, with which it gets little CPU time and starts slowly. It has 3 seconds for
//! each invocation, of which Lodger reserves half a second for a response 504 ([`Lodger::deadline_margin`]).
//!
//! Without cargo-lambda, upload a zip file that contains the binary, called `bootstrap`, at its top level:
//!
//! ```sh
//! cp target/release/your-app bootstrap
//! zip function.zip bootstrap
//! aws lambda create-function --function-name your-app --runtime provided.al2023 --handler bootstrap \
//!     --architectures x86_64 --memory-size 512 --timeout 30 --role "$ROLE_ARN" --zip-file fileb://function.zip
//! ```
//!
//! Lambda requires a value for the handler, and Lodger ignores the value. The architecture is that of the binary.
//!
//! Then connect a front to the function: an API of API Gateway, a Function URL, a load balancer or VPC Lattice. Lodger
//! needs no setting for any of them, with these exceptions:
//!
//! - A **Function URL or a REST API that streams** (`RESPONSE_STREAM`, `STREAM`) needs `LODGER_RESPONSE_MODE=stream`, or
//!   [`Lodger::response_mode`] in code.
//! - A **REST API** needs the binary media type `*/*`, or it damages uploads and responses that are not text.
//! - A **base path** of a custom domain needs [`Lodger::base_path`].
//! - A **WebSocket API** needs [`Lodger::websocket_path`], and events that are not HTTP need [`Lodger::events_path`].
//!
//! The folder `examples/axum` in the repository has a template for AWS SAM. `lodger-gateway` runs the binary behind each
//! front on your own machine: [Lambda and Vercel locally](super::local).
//!
//! # Vercel
//!
//! Vercel builds the sources: `vercel deploy` in the folder of the package. Its builder for Rust accepts two layouts:
//!
//! | binary | `vercel.json` | example in the repository |
//! |---|---|---|
//! | `api/index.rs`, named by `[[bin]]` in `Cargo.toml`; static files in `public/` | `{ "framework": null, "rewrites": [{ "source": "/(.*)", "destination": "/api/index" }] }` | `examples/vercel-axum` |
//! | `src/main.rs`, like every app | `{ "framework": "rust" }` | `examples/vercel-actix` |
//!
//! In `Cargo.toml`, the first layout is:
//!
//! ```toml
//! [[bin]]
//! name = "your-app"
//! path = "api/index.rs"
//! ```
//!
//! In both layouts all paths go to one function, as the client sent them, so that the app keeps its router. One function for
//! each file under `api/` would be one build and one cold start for each. The crate `lodger-routes` makes one axum router
//! from a folder of files, with Vercel's names for routes.
//!
//! To deploy a binary that was built elsewhere, run `examples/vercel-prebuilt.sh` of the repository in the folder of the
//! package. The script writes `.vercel/output`, and rejects a binary that needs a glibc newer than 2.34, because such a binary
//! does not start on Vercel. `cargo zigbuild` and musl build binaries that start. Then run `vercel link` and
//! `vercel deploy --prebuilt`.
//!
//! # Container
//!
//! In a container, the binary is a server. Its default address, `127.0.0.1:3000`, is not reachable from outside the
//! container: set `PORT`, as many platforms do, or `LODGER_ADDR`. Lodger handles SIGTERM, and waits up to 10 seconds for
//! requests in flight ([`Lodger::grace`]).
//!
//! ```dockerfile
//! FROM rust:1-bookworm AS build
//! WORKDIR /app
//! COPY . .
//! RUN cargo build --release
//!
//! FROM debian:bookworm-slim
//! COPY --from=build /app/target/release/your-app /usr/local/bin/your-app
//! ENV LODGER_ADDR=0.0.0.0:3000
//! EXPOSE 3000
//! CMD ["your-app"]
//! ```
//!
//! `LODGER_ADDR` overrides `PORT`: on a platform that sets `PORT`, leave `LODGER_ADDR` out.
//!
//! # Size of the binary
//!
//! Measured with a hello app in axum on x86-64:
//!
//! | build | size |
//! |---|---|
//! | `cargo build --release`, all hosts | 4.7 MB |
//! | the same with the profile below | 2.1 MB |
//! | the same for Lambda only | 1.3 MB |
//!
//! ```toml
//! [profile.release]
//! lto = true
//! codegen-units = 1
//! strip = true
//! ```
//!
//! For Lambda only, use `lodger` with `default-features = false` and `features = ["axum", "lambda"]`, and axum without its
//! default features. With `panic = "abort"` the binary is smaller, but a panic in one request then ends the process.
//!
//! [`Lodger::base_path`]: crate::Lodger::base_path
//! [`Lodger::deadline_margin`]: crate::Lodger::deadline_margin
//! [`Lodger::events_path`]: crate::Lodger::events_path
//! [`Lodger::grace`]: crate::Lodger::grace
//! [`Lodger::response_mode`]: crate::Lodger::response_mode
//! [`Lodger::websocket_path`]: crate::Lodger::websocket_path
