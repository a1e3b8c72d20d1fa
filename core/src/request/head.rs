use std::net::SocketAddr;

use http::{HeaderName, HeaderValue, uri::PathAndQuery};

use crate::{ClientAddr, Request};

/// The head of a request, in the types of whichever framework, as far as hosts are concerned with it.
pub trait RequestHead {
    /// The path and the query.
    fn target(&self) -> &str;

    /// Puts another path and query in their place, without a host; whether that could be done.
    fn set_target(&mut self, target: PathAndQuery) -> bool;

    /// Shows each header: its name in small letters, and a value. Values of one name come in their order.
    fn each_header(&self, see: impl FnMut(&str, &[u8]));

    /// Puts one value in the place of all of the name.
    fn set_header(&mut self, name: HeaderName, value: HeaderValue);

    /// Removes all headers for whose names, in small letters, `is_removed`.
    fn remove_headers(&mut self, is_removed: impl Fn(&str) -> bool);

    /// Makes known who the client is: as a [`ClientAddr`], and in the framework's own manner.
    fn set_client(&mut self, client: SocketAddr);

    /// Adds what a handler may look for to the extensions.
    fn tell<T: Clone + Send + Sync + 'static>(&mut self, fact: T);
}

impl RequestHead for Request {
    fn target(&self) -> &str {
        self.uri().path_and_query().map_or("", PathAndQuery::as_str)
    }

    fn set_target(&mut self, target: PathAndQuery) -> bool {
        // From a path alone, so that two slashes do not make a host of what follows them.
        *self.uri_mut() = target.into();
        true
    }

    fn each_header(&self, mut see: impl FnMut(&str, &[u8])) {
        self.headers().iter().for_each(|(name, value)| see(name.as_str(), value.as_bytes()));
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers_mut().insert(name, value);
    }

    fn remove_headers(&mut self, is_removed: impl Fn(&str) -> bool) {
        let removed: Vec<HeaderName> =
            self.headers().keys().filter(|name| is_removed(name.as_str())).cloned().collect();
        for name in removed {
            self.headers_mut().remove(name);
        }
    }

    fn set_client(&mut self, client: SocketAddr) {
        self.extensions_mut().insert(ClientAddr(client));
    }

    fn tell<T: Clone + Send + Sync + 'static>(&mut self, fact: T) {
        self.extensions_mut().insert(fact);
    }
}
