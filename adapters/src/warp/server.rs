//! A filter under warp's own server.

use std::{future::ready, io, net::SocketAddr, pin::pin};

use ::warp::{
    Filter, Rejection, Reply,
    filters::BoxedFilter,
    http::Method,
    method,
    path::{FullPath, full, param},
    reject,
    reply::Response,
};
use http::{HeaderName, HeaderValue, uri::PathAndQuery};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    Error,
    adapter::own_server::{Admission, Ingress, RequestGuard, RequestHead, Server, StdListener},
};

/// Serves `filter` until the shutdown signal, then waits for requests in flight, up to the grace period.
pub(super) async fn serve<F, R>(filter: F, server: Server) -> Result<(), Error>
where
    F: Filter<Extract = (R,), Error: Into<Rejection>> + Clone + Send + Sync + 'static,
    R: Reply + 'static,
{
    let (listener, mut external) = server.into_external()?;
    let (shutdown, is_shut_down) = oneshot::channel::<()>();
    let ingress = external.ingress.clone();
    let serving = async {
        match listener {
            // The common case is apart: a boxed filter is slower.
            StdListener::Tcp(listener) if ingress.is_passthrough() => {
                let listener = TcpListener::from_std(listener).map_err(cannot_serve)?;
                ::warp::serve(filter).incoming(listener).graceful(wait_for_shutdown(is_shut_down)).run().await;
                Ok(())
            }
            listener => {
                let filter = filter.map(R::into_response).boxed();
                serve_boxed(with_ingress(filter, ingress), listener, is_shut_down).await
            }
        }
    };
    let mut serving = pin!(serving);
    external.report_listening();
    tokio::select! {
        result = &mut serving => return result,
        () = external.wait_for_shutdown() => drop(shutdown),
    }
    tokio::select! {
        result = serving => return result,
        // This does not stop warp's connections: they are tasks that end with the runtime.
        () = external.wait_for_grace_period(|| false) => {}
    }
    Ok(())
}

/// Serves a filter on a socket of any kind.
async fn serve_boxed(
    filter: BoxedFilter<(Response,)>,
    listener: StdListener,
    is_shut_down: oneshot::Receiver<()>,
) -> Result<(), Error> {
    let (server, is_shut_down) = (::warp::serve(filter), wait_for_shutdown(is_shut_down));
    match listener {
        StdListener::Tcp(listener) => {
            let listener = TcpListener::from_std(listener).map_err(cannot_serve)?;
            server.incoming(listener).graceful(is_shut_down).run().await;
        }
        #[cfg(unix)]
        StdListener::Unix(listener) => {
            let listener = tokio::net::UnixListener::from_std(listener).map_err(cannot_serve)?;
            server.incoming(listener).graceful(is_shut_down).run().await;
        }
        _ => return Err(cannot_serve(io::ErrorKind::Unsupported.into())),
    }
    Ok(())
}

/// Waits until the sender is dropped.
async fn wait_for_shutdown(is_shut_down: oneshot::Receiver<()>) {
    drop(is_shut_down.await);
}

fn cannot_serve(error: io::Error) -> Error {
    Error::new("cannot serve with warp on the listener").with_source(error)
}

/// Puts the ingress before `filter`. A filter cannot change a path, so that removed prefixes are read by path filters.
///
/// Boxed: otherwise the type of the whole app would be part of each type in here.
fn with_ingress(filter: BoxedFilter<(Response,)>, ingress: Ingress) -> BoxedFilter<(Response,)> {
    let health = answer_health_checks(ingress.clone());
    let restore_location = |guard: RequestGuard, mut response: Response| {
        guard.restore_location(response.headers_mut());
        response
    };
    let shortened = admit(ingress.clone(), true).and(read_prefixes(&ingress)).and(filter.clone()).map(restore_location);
    let unchanged = admit(ingress, false).and(filter).map(|_: RequestGuard, response| response);
    health.or(shortened).unify().or(unchanged).unify().boxed()
}

/// Answers health checks, and rejects all other requests.
fn answer_health_checks(ingress: Ingress) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    method().and(full()).and_then(move |method: Method, path: FullPath| {
        let status = ingress.health_status(method.as_str(), path.as_str());
        ready(status.map(Reply::into_response).ok_or_else(reject::not_found))
    })
}

/// Accepts requests that the app may see: those whose path loses a prefix, or the others.
fn admit(ingress: Ingress, with_prefix: bool) -> impl Filter<Extract = (RequestGuard,), Error = Rejection> + Clone {
    full().and_then(move |path: FullPath| {
        let mut head = PathHead { path, has_prefix: false };
        ready(match ingress.admit(&mut head, None) {
            Admission::ToApp(guard) if head.has_prefix == with_prefix => Ok(guard),
            _ => Err(reject::not_found()),
        })
    })
}

/// Reads as many segments of the path as the prefixes have.
fn read_prefixes(ingress: &Ingress) -> BoxedFilter<()> {
    let segments = ingress.prefixes().iter().map(|prefix| prefix.split('/').skip(1).count()).sum();
    (0..segments)
        .fold(::warp::any().boxed(), |read, _| read.and(param::<String>()).map(drop::<String>).untuple_one().boxed())
}

/// The part of a request that a filter has for the ingress: a path that cannot be changed.
struct PathHead {
    path: FullPath,
    has_prefix: bool,
}

impl RequestHead for PathHead {
    /// None, because [`answer_health_checks`] comes before.
    fn method(&self) -> &str {
        ""
    }

    fn target(&self) -> &str {
        self.path.as_str()
    }

    fn set_target(&mut self, _: PathAndQuery) -> bool {
        self.has_prefix = true;
        true
    }

    fn for_each_header(&self, _: &mut dyn FnMut(&str, &[u8])) {}

    fn set_header(&mut self, _: HeaderName, _: HeaderValue) {}

    fn remove_headers(&mut self, _: &dyn Fn(&str) -> bool) {}

    fn set_client(&mut self, _: SocketAddr) {}

    fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, _: T) {}

    fn extend_extensions(&mut self, _: http::Extensions) {}
}
