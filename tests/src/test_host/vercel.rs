//! Vercel.

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt as _, Full};
use lodger::{Host::Vercel as VERCEL, Lodger};
use lodger_gateway::Vercel;

use super::{Host, Settings, TestApp, TestHost};
use crate::client::ClientRequest;

/// A Vercel function.
pub struct VercelHost(());

impl TestHost<VercelHost> {
    /// Builds a Vercel function.
    pub fn vercel() -> Self {
        Self::new(VercelHost(()), true)
    }
}

impl Host for VercelHost {
    type Platform = Vercel;

    async fn start(self) -> (Settings, Vercel) {
        let platform = Vercel::start().unwrap();
        let path = platform.ipc_path();
        (Box::new(move |lodger: Lodger| lodger.host(VERCEL).vercel_ipc_path(path)), platform)
    }
}

impl TestApp<Vercel> {
    /// Sends a request. Returns its id and the response.
    pub async fn fetch(&self, request: &ClientRequest) -> (u64, Response<Bytes>) {
        let mut request = request.request().map(Full::new);
        let id = self.platform.add_headers(request.headers_mut());
        let (head, body) = self.platform.send(request).await.unwrap().into_parts();
        (id, Response::from_parts(head, body.collect().await.unwrap().to_bytes()))
    }
}
