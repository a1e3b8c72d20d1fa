//! A filter under warp's own server.

use std::future::ready;

use ::warp::{
    Filter, Rejection, Reply,
    filters::BoxedFilter,
    path::{FullPath, full, param},
    reject,
};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    Error,
    server::{Admission, Listening, Paths},
};

/// Serves `filter` until the settings say that it is to end, and what is in flight for as long as they grant it.
pub(super) async fn serve<F, R>(filter: F, listening: Listening) -> Result<(), Error>
where
    F: Filter<Extract = (R,), Error: Into<Rejection>> + Clone + Send + Sync + 'static,
    R: Reply + 'static,
{
    let (listener, mut socket) = listening.hand_over()?;
    let listener = TcpListener::from_std(listener)
        .map_err(|error| Error::new("warp cannot serve on the socket").because(error))?;
    let (end, ended) = oneshot::channel::<()>();
    let ended = async { drop(ended.await) };
    let paths = socket.paths.clone();
    let serving = async {
        if paths.are_none() {
            ::warp::serve(filter).incoming(listener).graceful(ended).run().await;
        } else {
            ::warp::serve(admitting(filter, paths)).incoming(listener).graceful(ended).run().await;
        }
    };
    let mut serving = std::pin::pin!(serving);
    socket.listening();
    tokio::select! {
        () = &mut serving => return Ok(()),
        () = socket.ends() => drop(end),
    }
    tokio::select! {
        () = serving => {}
        () = socket.grace_is_over(|| true) => {}
    }
    Ok(())
}

/// `filter` behind what is done about paths. What comes off is what path filters have read already: no filter can write a path.
fn admitting<F, R>(filter: F, paths: Paths) -> impl Filter<Extract = (R,), Error = Rejection> + Clone
where
    F: Filter<Extract = (R,), Error: Into<Rejection>> + Clone + Send + Sync + 'static,
    R: Reply + 'static,
{
    // For the error that all boxed ones have.
    let filter = filter.boxed();
    let shortened = admitted(paths.clone(), |admission| matches!(admission, Admission::Shortened(..)))
        .and(base_path(&paths))
        .and(filter.clone());
    let as_it_is = admitted(paths, |admission| *admission == Admission::AsItIs).and(filter);
    shortened.or(as_it_is).unify()
}

/// Lets requests through for whose paths `admission` is the case.
fn admitted(paths: Paths, is: fn(&Admission) -> bool) -> impl Filter<Extract = (), Error = Rejection> + Clone {
    full()
        .and_then(move |path: FullPath| {
            ready(if is(&paths.admit(path.as_str())) { Ok(()) } else { Err(reject::not_found()) })
        })
        .untuple_one()
}

/// Reads as many segments as the base path has.
fn base_path(paths: &Paths) -> BoxedFilter<()> {
    let segments = paths.base_path().map_or(0, |path| path.split('/').skip(1).count());
    (0..segments)
        .fold(::warp::any().boxed(), |read, _| read.and(param::<String>()).map(drop::<String>).untuple_one().boxed())
}
