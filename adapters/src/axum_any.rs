//! The code that the adapters of both versions of axum share. The versions differ in the types of `Body` and
//! `ConnectInfo`.

/// Expands to the adapter for one version of axum, by its name in `Cargo.toml`.
macro_rules! adapter {
    ($axum:ident) => {
        use std::task::{Context, Poll};

        use ::$axum::{
            body::Body,
            extract::{ConnectInfo, Request},
        };
        use tower_service::Service as TowerService;

        /// An app made from a tower service over `axum::body::Body`; [`service()`] returns one.
        #[derive(Debug, Clone)]
        pub struct Service<S>(S);

        impl<S> TowerService<crate::Request> for Service<S>
        where
            S: TowerService<Request>,
        {
            type Response = S::Response;
            type Error = S::Error;
            type Future = S::Future;

            fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
                self.0.poll_ready(cx)
            }

            fn call(&mut self, request: crate::Request) -> S::Future {
                self.0.call(request.map(Body::new))
            }
        }

        /// Inserts the client's address, as `into_make_service_with_connect_info` does.
        pub(crate) fn with_connect_info(mut request: crate::Request) -> crate::Request {
            if let Some(&crate::ClientAddr(client)) = request.extensions().get() {
                request.extensions_mut().insert(ConnectInfo(client));
            }
            request
        }
    };
}

pub(crate) use adapter;
