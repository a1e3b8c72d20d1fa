//! How Vercel differs from a server.
//!
//! This page is about [`Host::Vercel`](crate::Host::Vercel). A binary behind the proxy of Vercel's standalone mode is a plain server, and a
//! function of the runtime `provided.al2023` is one on [Lambda](super::lambda).
//!
//! The same server serves the app on Vercel: bodies stream in both directions, upgrades work, and requests run at the
//! same time. The only client is the platform's proxy, on a port that only the proxy knows.
//!
//! - **Lodger removes headers of the proxy**: those that begin with `x-vercel-internal-`, and those for the runtime
//!   cache. `x-vercel-oidc-token` stays. `Host` and the address are the client's, from headers of the platform. The
//!   prefix of a service is a [`PathPrefix`], if the platform wants it removed.
//! - **A request ends with the last byte of its response.** The platform may freeze the process after that, so that a
//!   spawned task continues during the next request, or never. The platform waits for [`AfterResponse`]. An upgraded
//!   request ends when the upgrade begins. Under actix's server, a request ends when actix has accepted the last part
//!   of the body, which is some KB earlier.
//! - **A request body has at most 4.5 MB**: Vercel responds to a larger one with 413. [Responses are streamed][limit]
//!   and have no limit.
//! - **A panic of a handler** becomes a 500 and a line in the log.
//! - **A client that disconnects** cancels its request. Under actix's server this happens at the next write, on Vercel
//!   and on a server.
//!
//! Functions of the older runtime `provided.al2023` receive events, like on Lambda. [The table of
//! fronts](crate::docs::fronts) has a column for that runtime.
//!
//! [The page about deployment](crate::docs::deploy) shows how the binary gets to Vercel.
//!
//! [`AfterResponse`]: crate::AfterResponse
//! [`PathPrefix`]: crate::PathPrefix
//! [limit]: https://vercel.com/kb/guide/how-to-bypass-vercel-body-size-limit-serverless-functions
