//! The code that the adapters of both versions of axum share. The versions differ in the types of `Body` and
//! `ConnectInfo`.

/// Expands to the adapter for one version of axum, by its name in `Cargo.toml`.
macro_rules! adapter {
    ($axum:ident) => {
        use std::{
            any::Any,
            mem::take,
            task::{Context, Poll},
        };

        use ::$axum::{
            Router,
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

        /// Makes the routes of a router once, as `axum::serve` does. Otherwise the router makes the route of each request again.
        /// Does nothing for any other service.
        ///
        /// With one layer around the router, that takes 800 of 18,500 instructions.
        pub(crate) fn with_routes<S: 'static>(mut service: S) -> S {
            if let Some(router) = (&mut service as &mut dyn Any).downcast_mut::<Router>() {
                *router = take(router).with_state(());
            }
            service
        }

        /// Inserts the client's address, as `into_make_service_with_connect_info` does.
        pub(crate) fn insert_connect_info(request: &mut crate::Request) {
            if let Some(&crate::ClientAddr(client)) = request.extensions().get() {
                request.extensions_mut().insert(ConnectInfo(client));
            }
        }
    };
}

pub(crate) use adapter;
