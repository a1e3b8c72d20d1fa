//! Lambda: a Runtime API of `lodger-gateway`, or one whose every byte the test chooses.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;
use lodger::{Host::Lambda as LAMBDA, Lodger};
use lodger_gateway::{Front, RuntimeApi};
use tokio::{net::TcpListener, time::timeout};

use super::{Host, Settings, TestApp, TestHost};
use crate::{client::ClientRequest, raw_api::RawRuntimeApi, wait::SOON};

/// Every front. The REST API has the binary media type `*/*`, so that bodies keep their bytes.
pub fn fronts() -> Vec<Front> {
    Front::all().into_iter().map(|front| front.binary_media_types(["*/*"])).collect()
}

/// A Lambda function with a [`RuntimeApi`].
#[derive(Default)]
pub struct Lambda {
    timeout: Option<Duration>,
    max_concurrency: Option<usize>,
    snap_start: bool,
}

impl TestHost<Lambda> {
    /// Builds a Lambda function with a [`RuntimeApi`].
    pub fn lambda() -> Self {
        Self::new(Lambda::default(), false)
    }

    /// Sets the timeout of the function.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.host.timeout = Some(timeout);
        self
    }

    /// Sets the number of concurrent invocations, of the function and of Lodger.
    pub fn max_concurrency(mut self, invocations: usize) -> Self {
        self.host.max_concurrency = Some(invocations);
        self
    }

    /// Takes a snapshot of the function after the initialization.
    pub fn snap_start(mut self) -> Self {
        self.host.snap_start = true;
        self
    }
}

impl Host for Lambda {
    type Platform = Arc<RuntimeApi>;

    async fn start(self) -> (Settings, Arc<RuntimeApi>) {
        let mut api = RuntimeApi::start().await.unwrap();
        if let Some(timeout) = self.timeout {
            api = api.timeout(timeout);
        }
        if let Some(invocations) = self.max_concurrency {
            api = api.max_concurrency(invocations);
        }
        if self.snap_start {
            api = api.snap_start();
        }
        let address = api.address();
        let settings = Box::new(move |lodger: Lodger| {
            let lodger = lodger.host(LAMBDA).lambda_runtime_api(address);
            match self.max_concurrency {
                Some(invocations) => lodger.max_concurrency(invocations.try_into().unwrap()),
                None => lodger,
            }
        });
        (settings, Arc::new(api))
    }
}

impl TestApp<Arc<RuntimeApi>> {
    /// Sends a GET request through a Function URL.
    pub async fn get(&self, target: &str) -> Response<Bytes> {
        self.send(&Front::function_url(), &ClientRequest::get(target).request()).await
    }

    /// Waits until the function has polled `count` times.
    pub async fn wait_for_polls(&self, count: usize) {
        let polled = timeout(SOON, self.platform.wait_for_polls(count)).await;
        polled.unwrap_or_else(|_| panic!("the function has not polled {count} times"));
    }
}

/// A Lambda function with a [`RawRuntimeApi`].
pub struct RawLambda(());

impl TestHost<RawLambda> {
    /// Builds a Lambda function with a [`RawRuntimeApi`], which sends only the bytes that the test writes.
    pub fn raw_lambda() -> Self {
        Self::new(RawLambda(()), false)
    }
}

impl Host for RawLambda {
    type Platform = RawRuntimeApi;

    async fn start(self) -> (Settings, RawRuntimeApi) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let settings = Box::new(move |lodger: Lodger| lodger.host(LAMBDA).lambda_runtime_api(address));
        (settings, RawRuntimeApi { listener })
    }
}
