//! A filter under warp's own server.

use std::{future::ready, net::SocketAddr};

use ::warp::{
    Filter, Rejection, Reply,
    filters::BoxedFilter,
    path::{FullPath, full, param},
    reject,
    reply::Response,
};
use http::{HeaderName, HeaderValue, uri::PathAndQuery};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    Error,
    server::{Admission, Ingress, RequestGuard, RequestHead, Server},
};

/// Serves `filter` until the settings say that it is to end, and what is in flight for as long as they grant it.
pub(super) async fn serve<F, R>(filter: F, listening: Server) -> Result<(), Error>
where
    F: Filter<Extract = (R,), Error: Into<Rejection>> + Clone + Send + Sync + 'static,
    R: Reply + 'static,
{
    let (listener, mut socket) = listening.into_external()?;
    let listener = TcpListener::from_std(listener)
        .map_err(|error| Error::new("warp cannot serve on the socket").with_source(error))?;
    let (end, ended) = oneshot::channel::<()>();
    let ended = async { drop(ended.await) };
    let gate = socket.ingress.clone();
    let serving = async {
        if gate.is_passthrough() {
            ::warp::serve(filter).incoming(listener).graceful(ended).run().await;
        } else {
            let filter = filter.map(R::into_response).boxed();
            ::warp::serve(admitting(filter, gate)).incoming(listener).graceful(ended).run().await;
        }
    };
    let mut serving = std::pin::pin!(serving);
    socket.report_listening();
    tokio::select! {
        () = &mut serving => return Ok(()),
        () = socket.wait_for_shutdown() => drop(end),
    }
    tokio::select! {
        () = serving => {}
        // Nothing is cut off here: warp's connections are tasks of their own, which end with the runtime.
        () = socket.wait_for_grace_period(|| false) => {}
    }
    Ok(())
}

/// `filter` behind the gate. What comes off a path is what path filters have read already: no filter can write one.
///
/// Boxed, so that the types that are made of it here are not as long as the app's.
fn admitting(
    filter: BoxedFilter<(Response,)>,
    gate: Ingress,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    let restored = |pass: RequestGuard, mut response: Response| {
        pass.restore_location(response.headers_mut());
        response
    };
    let shortened = admitted(gate.clone(), true).and(prefixes(&gate)).and(filter.clone()).map(restored);
    let as_it_is = admitted(gate, false).and(filter).map(|_: RequestGuard, response| response);
    shortened.or(as_it_is).unify()
}

/// Lets requests through that are for the app, either those whose path is shortened or the others.
fn admitted(gate: Ingress, are_shortened: bool) -> impl Filter<Extract = (RequestGuard,), Error = Rejection> + Clone {
    full().and_then(move |path: FullPath| {
        let mut asked = Asked { path, is_shortened: false };
        ready(match gate.admit(&mut asked, None) {
            Admission::ToApp(pass) if asked.is_shortened == are_shortened => Ok(pass),
            _ => Err(reject::not_found()),
        })
    })
}

/// Reads as many segments as the prefixes have.
fn prefixes(gate: &Ingress) -> BoxedFilter<()> {
    let segments = gate.prefixes().iter().map(|prefix| prefix.split('/').skip(1).count()).sum();
    (0..segments)
        .fold(::warp::any().boxed(), |read, _| read.and(param::<String>()).map(drop::<String>).untuple_one().boxed())
}

/// What a filter knows of a request, for a gate: the path, which it cannot change.
struct Asked {
    path: FullPath,
    is_shortened: bool,
}

impl RequestHead for Asked {
    fn target(&self) -> &str {
        self.path.as_str()
    }

    fn set_target(&mut self, _: PathAndQuery) -> bool {
        self.is_shortened = true;
        true
    }

    fn for_each_header(&self, _: &mut dyn FnMut(&str, &[u8])) {}

    fn set_header(&mut self, _: HeaderName, _: HeaderValue) {}

    fn remove_headers(&mut self, _: &dyn Fn(&str) -> bool) {}

    fn set_client(&mut self, _: SocketAddr) {}

    fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, _: T) {}

    fn extend_extensions(&mut self, _: http::Extensions) {}
}
