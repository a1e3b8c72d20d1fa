use std::net::SocketAddr;

use http::{HeaderName, HeaderValue, uri::PathAndQuery};

use crate::ClientAddr;

/// The parts of a request's head that hosts read and change, in the types of any framework.
pub trait RequestHead {
    /// The method, such as `GET`.
    fn method(&self) -> &str;

    /// The path and the query.
    fn target(&self) -> &str;

    /// Replaces the path and the query, and removes the host from the URI. Returns whether that was possible.
    fn set_target(&mut self, target: PathAndQuery) -> bool;

    /// Calls `visit` with each header: its name in lower case, and a value. Values of one name come in their order.
    fn for_each_header(&self, visit: &mut dyn FnMut(&str, &[u8]));

    /// Replaces all values of a header by one value.
    fn set_header(&mut self, name: HeaderName, value: HeaderValue);

    /// Removes the headers for whose names, in lower case, `is_removed` returns `true`.
    fn remove_headers(&mut self, is_removed: &dyn Fn(&str) -> bool);

    /// Sets the address of the client: as a [`ClientAddr`], and in the framework's own way.
    fn set_client(&mut self, client: SocketAddr);

    /// Adds an extension.
    fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, extension: T)
    where
        Self: Sized;

    /// Adds the extensions of a host, such as `vercel::Context`.
    ///
    /// If the framework does not keep [`http::Extensions`], call `copy_extensions` of `lodger::adapter`, which copies every
    /// extension that a host can add. Extensions cannot be enumerated.
    fn extend_extensions(&mut self, extensions: http::Extensions);
}

impl<B> RequestHead for http::Request<B> {
    fn method(&self) -> &str {
        http::Request::method(self).as_str()
    }

    fn target(&self) -> &str {
        self.uri().path_and_query().map_or("", PathAndQuery::as_str)
    }

    fn set_target(&mut self, target: PathAndQuery) -> bool {
        // Not parsed from a string: two slashes at the beginning of a path must not become a host.
        *self.uri_mut() = target.into();
        true
    }

    fn for_each_header(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.headers().iter().for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers_mut().insert(name, value);
    }

    fn remove_headers(&mut self, is_removed: &dyn Fn(&str) -> bool) {
        let removed: Vec<HeaderName> =
            self.headers().keys().filter(|name| is_removed(name.as_str())).cloned().collect();
        for name in removed {
            self.headers_mut().remove(name);
        }
    }

    fn set_client(&mut self, client: SocketAddr) {
        self.extensions_mut().insert(ClientAddr(client));
    }

    fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, extension: T) {
        self.extensions_mut().insert(extension);
    }

    fn extend_extensions(&mut self, extensions: http::Extensions) {
        self.extensions_mut().extend(extensions);
    }
}
