use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::{Request, Response};

use crate::{Outcome, event, response};

/// What stands between HTTP clients and a function: a kind of gateway, with its settings.
///
/// It behaves as AWS does where that is documented or has been captured, and says where it does not know. Size limits and
/// the headers that API Gateway renames in answers are not part of it yet.
#[derive(Debug, Clone)]
pub struct Front {
    pub(crate) kind: Kind,
    pub(crate) domain: String,
    pub(crate) stage: String,
    pub(crate) client: IpAddr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    FunctionUrl,
    HttpApi,
}

impl Front {
    /// A Function URL: payload format version 2.0, paths as they were sent.
    ///
    /// Source: [Function URL payloads](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).
    pub fn function_url() -> Self {
        Self {
            kind: Kind::FunctionUrl,
            domain: "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws".to_owned(),
            stage: "$default".to_owned(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }

    /// An HTTP API of API Gateway with payload format version 2.0: paths arrive decoded.
    ///
    /// Source: [Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
    pub fn http_api() -> Self {
        Self {
            kind: Kind::HttpApi,
            domain: "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com".to_owned(),
            ..Self::function_url()
        }
    }

    /// The stage of an HTTP API. One with a name is put before the path of each request, as it stands there on the domain
    /// that AWS gives an API: requests are made without it.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = stage.into();
        self
    }

    /// The address that clients call from. `127.0.0.1` if it is not set.
    #[must_use]
    pub fn client(mut self, client: IpAddr) -> Self {
        self.client = client;
        self
    }

    /// The event that AWS would make of `request`.
    ///
    /// # Errors
    /// The response, where AWS would answer by itself: an HTTP API refuses paths that it cannot decode.
    pub fn event(&self, request: &Request<Bytes>) -> Result<Bytes, Box<Response<Bytes>>> {
        event::of(self, request)
    }

    /// The HTTP response that AWS would make of what a function answered.
    pub fn response(&self, outcome: &Outcome) -> Response<Bytes> {
        match outcome {
            Outcome::Reply(reply) => response::of(self, reply),
            Outcome::Error(_) => response::internal_error(self),
        }
    }
}
