//! How Vercel differs from a server.
//!
//! The same server serves the app on Vercel: bodies stream in both directions, upgrades work, and requests run at the same time. Its only
//! client is the platform's proxy, on a port that only the proxy knows.
//!
//! - **Lodger removes headers of the proxy**: those that begin with `x-vercel-internal-`, and those for the runtime cache.
//!   `x-vercel-oidc-token` stays. `Host` is the client's, and so is the address, as the platform reports it. The prefix of a
//!   service is a [`PathPrefix`], if the platform wants it removed.
//! - **A request ends with the last byte of its response.** The platform may freeze the process after that, so that a spawned
//!   task continues during the next request, or never. The platform waits for [`AfterResponse`]. An upgraded request ends when the
//!   upgrade begins. Under actix's server, a request ends when actix has accepted the last part of the body, which is some KB
//!   earlier.
//! - **A request body has at most 4.5 MB**: Vercel responds to a larger one with 413. [Responses are streamed][limit] and have
//!   no limit.
//! - **A panic of a handler** becomes a 500 and a line in the log.
//! - **A client that disconnects** cancels its request. Under actix's server this happens at the next write, as it does on a
//!   server.
//!
//! Functions of the older runtime `provided.al2023` receive events, as on Lambda: [that front's losses](crate::docs::fronts).
//!
//! [`AfterResponse`]: crate::AfterResponse
//! [`PathPrefix`]: crate::PathPrefix
//! [limit]: https://vercel.com/kb/guide/how-to-bypass-vercel-body-size-limit-serverless-functions
