//! The map of extensions in a request of actix.

use actix_http::HttpMessage as _;

use crate::adapter::ExtensionStore;

impl ExtensionStore for &actix_http::Request {
    fn with_extension<T: Clone + Send + Sync + 'static>(self, value: T) -> Self {
        self.extensions_mut().insert(value);
        self
    }
}
