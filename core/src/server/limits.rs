//! The limits of a server against clients that are slow or hostile.

use std::time::Duration;

use crate::{Error, Settings};

const DEFAULT_HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const DEFAULT_STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// The default of hyper is 400 KB, and that of actix-web is 128 KB. Load balancers accept 64 KB or less.
const DEFAULT_MAX_HEADER_SIZE: usize = 128 * 1024;
/// The smallest buffer that hyper accepts.
const MIN_MAX_HEADER_SIZE: usize = 8 * 1024;
/// The default of hyper.
#[cfg(feature = "http2")]
const DEFAULT_MAX_CONCURRENT_STREAMS: u32 = 200;
/// The default of hyper for HTTP/2, where the size includes 32 bytes for each header.
#[cfg(feature = "http2")]
const DEFAULT_MAX_HEADER_LIST_SIZE: u32 = 16 * 1024;

/// The limits of each connection, and of their number.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionLimits {
    /// Zero means no limit, as in the other timeout.
    pub(super) header_timeout: Duration,
    pub(super) stall_timeout: Duration,
    max_header_size: Option<u32>,
    #[cfg(feature = "http2")]
    pub(super) max_concurrent_streams: u32,
    /// `None` leaves the number to the limit of open files, and zero means no limit.
    pub(super) max_connections: Option<usize>,
}

impl ConnectionLimits {
    /// Reads the limits of a server.
    ///
    /// # Errors
    /// The maximum size of headers is too small.
    pub(super) fn new(settings: &Settings) -> Result<Self, Error> {
        if let Some(size) = settings.max_header_size.filter(|&size| (size as usize) < MIN_MAX_HEADER_SIZE) {
            return Err(Error::invalid_setting(format!(
                "invalid maximum size of headers {size}: expected 8192 bytes or more; set LODGER_MAX_HEADER_SIZE"
            )));
        }
        Ok(Self {
            header_timeout: settings.header_timeout.unwrap_or(DEFAULT_HEADER_TIMEOUT),
            stall_timeout: settings.stall_timeout.unwrap_or(DEFAULT_STALL_TIMEOUT),
            max_header_size: settings.max_header_size,
            #[cfg(feature = "http2")]
            max_concurrent_streams: settings.max_concurrent_streams.unwrap_or(DEFAULT_MAX_CONCURRENT_STREAMS).max(1),
            max_connections: settings.max_connections,
        })
    }

    /// Turns the timeouts off, for a client that is the proxy of a platform.
    ///
    /// Such a proxy may keep idle connections. The process may be frozen between two requests.
    #[allow(dead_code, reason = "each platform is a feature")]
    pub(super) fn without_timeouts(self) -> Self {
        Self { header_timeout: Duration::ZERO, stall_timeout: Duration::ZERO, ..self }
    }

    /// The size of hyper's buffers for HTTP/1.1, which no head may exceed.
    pub(super) fn buffer_size(&self) -> usize {
        self.max_header_size.map_or(DEFAULT_MAX_HEADER_SIZE, |size| size as usize)
    }

    /// The maximum size of the headers of a request of HTTP/2.
    #[cfg(feature = "http2")]
    pub(super) fn max_header_list_size(&self) -> u32 {
        self.max_header_size.unwrap_or(DEFAULT_MAX_HEADER_LIST_SIZE)
    }
}
