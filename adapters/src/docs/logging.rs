//! Log lines, spans and traces.
//!
//! # Spans
//!
//! Lodger opens a span of `tracing` for each request. A subscriber can therefore add the request to every event in the
//! handler, in the body of the response and in the work after the response. Without a subscriber, spans cost nothing.
//!
//! | host | fields of the span `request`, target `lodger` | level |
//! |---|---|---|
//! | Lambda | `request_id`, `front` (the kind of the event: `rest-api`, `http-api`, `function-url`, `alb`, `vpc-lattice`, `websocket-api`, `vercel`, `event`); if known, `trace_id` and `tenant_id` | `INFO` |
//! | Vercel | `request_id`, `front` (always `vercel`), `invocation_id`; if known, `trace_id` | `INFO` |
//! | server | `request_id`, a number, and `front` (always `server`) | `DEBUG` |
//!
//! The span does not contain the path. Middleware that knows the routes adds it, such as `TraceLayer` of tower-http or
//! `TracingLogger` of tracing-actix-web. There is no span under warp's own server.
//!
//! # A subscriber for every host
//!
//! With the feature `logs`, `lodger::logs::init()?` in `main` installs a subscriber that writes the format of the host:
//!
//! - **Lambda**: JSON or text, by `AWS_LAMBDA_LOG_FORMAT` and `AWS_LAMBDA_LOG_LEVEL`. Each line has the id of its
//!   request.
//! - **Vercel**: messages to the platform, which shows them with their request.
//! - **server**: text.
//!
//! `lodger::logs::layer()` is the same as a layer, to combine with layers of your own.
//!
//! # Lodger's own events
//!
//! Their target is `lodger`. If a filter such as `my_app=debug,tower_http=debug` drops an error or a warning, Lodger
//! writes it to standard error, and on Vercel to the platform's log. The same applies to the line with the address of a
//! server. Without a subscriber, all of Lodger's lines go there. With the feature `logs`, only the levels in `RUST_LOG`
//! and `AWS_LAMBDA_LOG_LEVEL` count: `RUST_LOG=info,lodger=off` drops these lines.
//!
//! One event is one line. On Lambda, a newline in a message or a value becomes `\r`, like in AWS's own runtimes.
//! Elsewhere and on standard error, newlines are escaped, except for the output of `logs` on a terminal. A subscriber of your own may write several lines.
//!
//! # OpenTelemetry
//!
//! The trace of an invocation is in the header `x-amzn-trace-id` of each request, for the X-Ray propagator, and in
//! [`lambda::Context::trace_id`](crate::lambda::Context::trace_id). The environment does not contain the trace, because
//! all requests of a process share the environment. Export spans in a hook of
//! [`Lodger::before_freeze`](crate::Lodger::before_freeze). `examples/opentelemetry` in the repository does both.
