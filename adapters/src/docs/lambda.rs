//! How AWS Lambda differs from a server.
//!
//! # Requests
//!
//! - **One request at a time.** On Managed Instances, Lambda sends several at once: `AWS_LAMBDA_MAX_CONCURRENCY` sets
//!   how many ([`Lodger::max_concurrency`]). There, a timeout does not end the process.
//! - **No upgrades.** The app responds as to a request without `Upgrade`. A WebSocket API sends messages as events:
//!   [events that are not HTTP](crate::docs::events).
//! - **The stage and the base path are not part of the path.** [Redirects](crate::docs::redirects) work unchanged.
//!   Links need the prefix.
//!
//! # Responses
//!
//! - **Responses are buffered by default.** Server-sent events arrive when the stream has ended, and an endless stream
//!   times out with 504. [`Lodger::response_mode`] turns streaming on for a Function URL or a REST API that is
//!   configured for streams.
//! - **A buffered response has at most 6 MB**, or 1 MB behind a load balancer. A larger one becomes a 500 whose text
//!   gives the reason. Base64 makes binary data a third larger: the limits are then 4.5 MB and 768 KB.
//! - **A streamed response has at most 200 MB.** Frames arrive when they are written. If the body fails, the client's
//!   connection fails too.
//! - **A panic of a handler** becomes a 500 and a line in the log. On a server, the connection closes, like under
//!   `axum::serve`. In a binary that was built with `panic = "abort"`, a panic ends the process on every host.
//!
//! # Time
//!
//! - **An invocation has a deadline.** Half a second before the deadline, Lodger cancels the request and responds with
//!   504 ([`Lodger::deadline_margin`]). A stream ends with an error. [`Context::remaining_time`] returns the time left.
//!   Lodger cannot cancel a handler that blocks its thread: at the deadline, Lambda ends the process. On Managed
//!   Instances the handler continues, and Lambda drops its response.
//! - **Lambda freezes the process between requests**, except on Managed Instances. A spawned task continues during the
//!   next request, or never. Use [`AfterResponse`] for work that has to finish.
//! - **Lambda kills the process without a signal** when the instance is no longer needed. With [`Lodger::sigterm`],
//!   Lambda sends SIGTERM first: `run` returns, and the rest of `main` runs.
//!
//! # Deployment
//!
//! [The page about deployment](crate::docs::deploy) shows how the binary gets to Lambda.
//!
//! [`AfterResponse`]: crate::AfterResponse
//! [`Context::remaining_time`]: crate::lambda::Context::remaining_time
//! [`Lodger::deadline_margin`]: crate::Lodger::deadline_margin
//! [`Lodger::max_concurrency`]: crate::Lodger::max_concurrency
//! [`Lodger::response_mode`]: crate::Lodger::response_mode
//! [`Lodger::sigterm`]: crate::Lodger::sigterm
