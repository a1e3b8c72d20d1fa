//! Limits of a server against clients that are slow or hostile.

use std::time::Duration;

use crate::Lodger;

impl Lodger {
    /// Sets the timeout of a server connection from accept to the end of its first request's headers.
    ///
    /// Under Lodger's own server this is also the timeout of later headers in HTTP/1.1, from their first byte. The server closes the
    /// connection at the timeout. Zero turns the timeout off. The default is 10 seconds, and `LODGER_HEADER_TIMEOUT` is in seconds.
    /// warp's own server has no such timeout.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.settings.header_timeout = Some(timeout);
        self
    }

    /// Sets the timeout of a client that makes no progress, on Lodger's own server.
    ///
    /// The server closes the connection if the client reads no byte of a response for this time. In HTTP/1.1 it also closes the
    /// connection if the client sends no byte of a body for which the app waits. After the response has begun, the client may stay
    /// silent. The time in which the app itself is silent does not count, so that server-sent events and WebSockets stay open. Zero turns
    /// the timeout off. The default is 60 seconds, and `LODGER_STALL_TIMEOUT` is in seconds.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.settings.stall_timeout = Some(timeout);
        self
    }

    /// Sets the maximum number of connections of Lodger's own server.
    ///
    /// Further connections wait in the kernel until others close. Zero turns the limit off. The default is seven eighths of the files
    /// that the process may open, so that the app can still open files and connections of its own. `LODGER_MAX_CONNECTIONS` overrides
    /// this method.
    pub fn max_connections(mut self, max: usize) -> Self {
        self.settings.max_connections = Some(max);
        self
    }

    /// Sets the maximum size of the request line and the headers of a request in bytes, on Lodger's own server.
    ///
    /// A larger request gets 431. The default is 131,072, and 16,384 in HTTP/2, where the size counts 32 bytes more for each header. The
    /// buffers of an HTTP/1.1 connection for bodies have the same size. Less than 8192 is an error at the start.
    /// `LODGER_MAX_HEADER_SIZE` overrides this method.
    pub fn max_header_size(mut self, bytes: u32) -> Self {
        self.settings.max_header_size = Some(bytes);
        self
    }

    /// Sets the maximum number of concurrent requests on a connection of HTTP/2, on Lodger's own server.
    ///
    /// The default is 200, and `LODGER_MAX_CONCURRENT_STREAMS` overrides this method.
    pub fn max_concurrent_streams(mut self, max: u32) -> Self {
        self.settings.max_concurrent_streams = Some(max);
        self
    }
}
