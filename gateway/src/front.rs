use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

use bytes::Bytes;
use http::{Request, Response};

use crate::{FunctionResult, event, kind::Kind, media_type::first_accepted, response};

/// What stands between HTTP clients and a function: an AWS service, with its settings, or Vercel.
///
/// It behaves as AWS does where that is documented or has been captured. Where that is not known, of a reply the strict
/// reading is taken, so that what passes here passes there. Ids and times in events are always the same.
///
/// Sizes: an event has at most 6 MB, which is Lambda's limit and below the 10 MB of API Gateway, and a body at an ALB
/// 1 MB. A request beyond gets 413.
#[derive(Debug, Clone)]
pub struct Front {
    pub(crate) kind: Kind,
    pub(crate) domain: String,
    pub(crate) has_custom_domain: bool,
    pub(crate) stage: String,
    pub(crate) client: IpAddr,
    pub(crate) binary_media_types: Vec<String>,
    pub(crate) is_streaming: bool,
}

impl Front {
    /// A Function URL: payload format version 2.0, paths as they were sent, cookies both apart and among the headers.
    ///
    /// What it answers when a request is too large is not known; here it is 413 in the words of an HTTP API.
    ///
    /// Source: [Function URL payloads](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).
    pub fn function_url() -> Self {
        Self::new(Kind::FunctionUrl)
    }

    /// An HTTP API of API Gateway with payload format version 2.0: paths arrive decoded, cookies apart.
    ///
    /// Source: [Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
    pub fn http_api() -> Self {
        Self::new(Kind::HttpApi)
    }

    /// An HTTP API of API Gateway with payload format version 1.0: `path` as it was sent, all else of the path decoded.
    ///
    /// Accounts differ on whether `path` is decoded as well; the captured events say that it is not.
    ///
    /// Source: [Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
    pub fn http_api_v1() -> Self {
        Self::new(Kind::HttpApiV1)
    }

    /// A REST API of API Gateway with a Lambda proxy integration on `/` and `/{proxy+}`, its stage `prod`. It damages bodies
    /// that are not text unless [`binary_media_types`](Self::binary_media_types) are set.
    ///
    /// A query that AWS takes apart at `;`, or refuses for a raw `|`, `{` or `}`, passes here as it is.
    ///
    /// Source: [Lambda proxy integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
    pub fn rest_api() -> Self {
        Self::new(Kind::RestApi)
    }

    /// An Application Load Balancer with the default of its target group: one value for each header and parameter, the
    /// last one. It speaks HTTPS to its clients.
    ///
    /// A reply's map of the other mode is ignored, and one without a content type gets none; what AWS does is not known.
    ///
    /// Source: [Lambda functions as targets](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).
    pub fn alb() -> Self {
        Self::new(Kind::Alb)
    }

    /// As [`alb`](Self::alb), with `lambda.multi_value_headers.enabled` set for the target group.
    ///
    /// Source: [Multi-value headers](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#multi-value-headers).
    pub fn alb_multi_value() -> Self {
        Self::new(Kind::AlbMultiValue)
    }

    /// A VPC Lattice service with event structure version 1.
    ///
    /// Not known, and chosen: of a repeated parameter the last value stays, still encoded; repeated headers are joined by
    /// a comma; a reply has one string for each header; the error of a function is a 502.
    ///
    /// Source: [Lambda functions as targets in VPC Lattice](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html).
    pub fn lattice_v1() -> Self {
        Self::new(Kind::LatticeV1)
    }

    /// A VPC Lattice service with event structure version 2, where headers and parameters are arrays.
    ///
    /// Not known, and chosen: parameters stay encoded; the header of a reply is a string or an array of strings; the error
    /// of a function is a 502.
    ///
    /// Source: [Lambda functions as targets in VPC Lattice](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html).
    pub fn lattice_v2() -> Self {
        Self::new(Kind::LatticeV2)
    }

    /// Vercel before a function of the runtime `provided.al2023`, which polls Lambda's Runtime API. What functions of the runtime
    /// `executable` find is another, which on Unix is `Vercel` in this crate.
    ///
    /// A body has at most 4.5 MB, in either direction. Not known, and chosen: headers are arrays only where there are several
    /// values, a response without a type gets none, and a reply that cannot be read is a 500, as a failed function is.
    ///
    /// Sources: [the bridge for Go](https://github.com/vercel/vercel/blob/main/packages/go/bridge/bridge.go),
    /// [limits](https://vercel.com/docs/functions/limitations#request-body-size).
    pub fn vercel() -> Self {
        Self::new(Kind::Vercel)
    }

    /// Each front with its defaults.
    pub fn all() -> [Self; 9] {
        Kind::ALL.map(Self::new)
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            domain: kind.domain().to_owned(),
            has_custom_domain: false,
            stage: kind.stage().to_owned(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            binary_media_types: Vec::new(),
            is_streaming: false,
        }
    }

    /// What the front is called, on a command line for one.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// The stage of an API. Requests are made without it: on the domain that AWS gives an API, a REST API names it in
    /// `requestContext.path`, and an HTTP API puts one that is not `$default` before the path. Other fronts have none.
    /// Clients of a [`Server`](crate::Server) send it, as on AWS.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = stage.into();
        self
    }

    /// A domain name of one's own.
    ///
    /// Behind it nothing is put before the path of a request: the event has the path that the client sent, and that of a
    /// REST API has it in `requestContext.path` as well. Which base path and stage a client has to send is the mapping's
    /// affair, so that a request is made with them. The mapping of an HTTP API always names a stage, which is never in the
    /// path then, as the base path is: of these rows it has the second and the last. A REST API has all four:
    ///
    /// | base path of the mapping | stage of the mapping | request |
    /// |---|---|---|
    /// | none | none | `/prod/pets` |
    /// | none | `prod` | `/pets` |
    /// | `orders` | none | `/orders/prod/pets` |
    /// | `orders` | `prod` | `/orders/pets` |
    ///
    /// Source: [Custom domain names](https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html).
    #[must_use]
    pub fn custom_domain(mut self, name: impl Into<String>) -> Self {
        self.domain = name.into();
        self.has_custom_domain = true;
        self
    }

    /// The address that clients call from. `127.0.0.1` if it is not set.
    #[must_use]
    pub fn client(mut self, client: IpAddr) -> Self {
        self.client = client;
        self
    }

    /// Sets the binary media types of a REST API, such as `image/png`, `image/*` or `*/*`. By default there are none, as on
    /// AWS. Other fronts have no such setting.
    ///
    /// If the `Content-Type` of a request matches none of them, its body becomes text, and each byte that is not UTF-8
    /// becomes U+FFFD. If the first entry of its `Accept` matches none, a client gets base64 from a reply as text: the
    /// content type of the response does not count. `*/*` matches everything, and a header that is missing.
    /// [`RuntimeApi::warnings`](crate::RuntimeApi::warnings) reports both losses. Streamed replies need no setting.
    ///
    /// Sources: [Binary media types](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html);
    /// that `Accept` alone decides was tested on AWS for [LocalStack](https://github.com/localstack/localstack/pull/12199).
    #[must_use]
    pub fn binary_media_types<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.binary_media_types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Streams replies: a Function URL with the invoke mode `RESPONSE_STREAM`, a REST API whose integration has the response
    /// transfer mode `STREAM`. No other front does, so that this changes nothing for it ([`is_streaming`](Self::is_streaming)).
    /// Events are the same, which is why a function cannot tell.
    ///
    /// A REST API takes a prelude and eight NULs in the first 16 KB, and answers all else with 500, a reply that is not
    /// streamed included. A Function URL takes them where the content type of the reply is
    /// `application/vnd.awslambda.http-integration-response`; anything else, the JSON of a reply that is not streamed
    /// included, goes to the client as it is, with the status 200 and that content type.
    ///
    /// Not known, and chosen: what is wrong with a prelude is a 500 of a Function URL as well, as it is known to be for
    /// `multiValueHeaders`; both take no member that they do not know; a type is given to what has none,
    /// `application/octet-stream` by a Function URL, `application/json` by a REST API.
    ///
    /// Behind a front that does not stream, a streamed reply is to the front what the Invoke API gives it, which is the prelude
    /// and all as one payload. A REST API is known to make a response without a body of that.
    ///
    /// [`RuntimeApi::warnings`](crate::RuntimeApi::warnings) reports a front and a function of which only one streams.
    ///
    /// Sources: [Function URLs](https://docs.aws.amazon.com/lambda/latest/dg/config-rs-invoke-furls.html),
    /// [REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html).
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.is_streaming = matches!(self.kind, Kind::FunctionUrl | Kind::RestApi);
        self
    }

    /// Whether replies are streamed.
    pub fn is_streaming(&self) -> bool {
        self.is_streaming
    }

    /// The event that AWS would make of `request`.
    ///
    /// # Errors
    /// The response, where AWS would answer by itself: 413 to what is too large, 400 to a path that an HTTP API cannot
    /// decode and to an upgrade at an ALB.
    pub fn event(&self, request: &Request<Bytes>) -> Result<Bytes, Box<Response<Bytes>>> {
        event::of(self, request)
    }

    /// The HTTP response that AWS would make of what a function answered.
    ///
    /// Of a front that is [`streaming`](Self::streaming) it is the response to a reply that came as a whole. An outcome tells
    /// no content type: what looks like a prelude is taken for one. The client is assumed to accept the content type of the
    /// response, which matters for [binary media types](Self::binary_media_types) alone.
    pub fn response(&self, outcome: &FunctionResult) -> Response<Bytes> {
        match outcome {
            Ok(reply) => response::of(self, reply),
            Err(_) => response::failure(self),
        }
    }

    /// As [`response`](Self::response), for the client that sent `request`.
    pub fn response_to(&self, request: &Request<Bytes>, outcome: &FunctionResult) -> Response<Bytes> {
        match outcome {
            Ok(reply) => response::answer(self, Some(first_accepted(request.headers())), reply).0,
            Err(_) => response::failure(self),
        }
    }
}

impl fmt::Display for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Front {
    type Err = UnknownFront;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::all().into_iter().find(|front| front.name() == name).ok_or_else(|| UnknownFront(name.to_owned()))
    }
}

/// No front has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFront(String);

impl fmt::Display for UnknownFront {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no front {:?}, only {}", self.0, Kind::ALL.map(Kind::name).join(", "))
    }
}

impl std::error::Error for UnknownFront {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_front_is_known_by_its_name() {
        for front in Front::all() {
            assert_eq!(front.to_string().parse::<Front>().unwrap().kind, front.kind);
        }
        assert_eq!("rest-api".parse::<Front>().unwrap().stage, "prod");
        let error = "cloudfront".parse::<Front>().unwrap_err().to_string();
        assert!(error.contains("\"cloudfront\"") && error.contains("alb-multi-value"), "{error}");
    }
}
