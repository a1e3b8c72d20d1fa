use std::{convert::Infallible, net::SocketAddr};

use ::warp::{Filter, addr::remote, ext::optional};

#[cfg(any(feature = "server", feature = "lambda"))]
use crate::AfterResponse;
#[cfg(feature = "azure-functions")]
use crate::azure_functions;
#[cfg(feature = "lambda")]
use crate::lambda;
#[cfg(feature = "vercel")]
use crate::vercel;
#[cfg(feature = "server")]
use crate::web_functions;
use crate::{ClientAddr, PathPrefix};

/// Extracts the address of the client, on every host.
///
/// The result is never `None`: the address of an unknown client is [`ClientAddr::UNKNOWN`].
pub fn client_addr() -> impl Filter<Extract = (Option<ClientAddr>,), Error = Infallible> + Copy {
    optional::<ClientAddr>().and(remote()).map(|client: Option<ClientAddr>, peer: Option<SocketAddr>| {
        Some(client.or(peer.map(ClientAddr)).unwrap_or(ClientAddr::UNKNOWN))
    })
}

/// Extracts the prefix that was removed from the path of the request.
///
/// The result is `None` if no prefix was removed, and always under warp's own server.
pub fn path_prefix() -> impl Filter<Extract = (Option<PathPrefix>,), Error = Infallible> + Copy {
    optional()
}

/// Extracts the handle for [work after the response](crate::AfterResponse).
///
/// The result is `None` under warp's own server, which runs the filter on a server. Use `tokio::spawn` then.
///
/// # Example
///
/// ```
/// use lodger::AfterResponse;
/// use warp::Filter;
///
/// async fn notify_the_kitchen() {}
///
/// let order = lodger::warp::after_response().map(|after: Option<AfterResponse>| {
///     match after {
///         Some(after) => after.run(notify_the_kitchen()),
///         None => drop(tokio::spawn(notify_the_kitchen())),
///     }
///     "your order is on its way"
/// });
/// let run = lodger::run(order);
/// ```
#[cfg(any(feature = "server", feature = "lambda"))]
pub fn after_response() -> impl Filter<Extract = (Option<AfterResponse>,), Error = Infallible> + Copy {
    optional()
}

/// Extracts the context of the Lambda invocation. The result is `None` on other hosts.
#[cfg(feature = "lambda")]
pub fn lambda_context() -> impl Filter<Extract = (Option<lambda::Context>,), Error = Infallible> + Copy {
    optional()
}

/// Extracts the request context that API Gateway, a Function URL, ALB or VPC Lattice sent.
///
/// The result is `None` on other hosts, and for events without a request context.
#[cfg(feature = "lambda")]
pub fn request_context() -> impl Filter<Extract = (Option<lambda::RequestContext>,), Error = Infallible> + Copy {
    optional()
}

/// Extracts the JSON of the event that Lambda sent. The result is `None` on other hosts.
#[cfg(feature = "lambda")]
pub fn event() -> impl Filter<Extract = (Option<lambda::Event>,), Error = Infallible> + Copy {
    optional()
}

/// Extracts the mark of a request that Lodger made from an event that is not HTTP.
///
/// The result is `None` for requests of clients, and on other hosts.
#[cfg(feature = "lambda")]
pub fn synthetic_request() -> impl Filter<Extract = (Option<lambda::SyntheticRequest>,), Error = Infallible> + Copy {
    optional()
}

/// Extracts the context of the Vercel function. The result is `None` on other hosts.
#[cfg(feature = "vercel")]
pub fn vercel_context() -> impl Filter<Extract = (Option<vercel::Context>,), Error = Infallible> + Copy {
    optional()
}

/// Extracts the ids of a request of Lambda Web Functions. The result is `None` on other hosts.
#[cfg(feature = "server")]
pub fn web_functions_context() -> impl Filter<Extract = (Option<web_functions::Context>,), Error = Infallible> + Copy {
    optional()
}

/// Extracts the invocation of Azure Functions. The result is `None` on other hosts.
#[cfg(feature = "azure-functions")]
pub fn azure_functions_context() -> impl Filter<Extract = (Option<azure_functions::Context>,), Error = Infallible> + Copy
{
    optional()
}
