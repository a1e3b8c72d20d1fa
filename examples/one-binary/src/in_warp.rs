//! The app in warp.

use std::net::SocketAddr;

use warp::{Filter, Rejection, Reply};

pub fn app() -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    warp::path!("hello" / String).and(warp::get()).and(warp::addr::remote()).map(|name, client: Option<SocketAddr>| {
        match client {
            Some(client) => format!("hello {name} from {}", client.ip()),
            None => format!("hello {name} from nowhere"),
        }
    })
}
