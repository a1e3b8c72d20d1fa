//! The headers in which the proxies of platforms send the address of the client.

/// The place of the client's address in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientRule {
    /// The last entry of `X-Forwarded-For`: the proxy appends the address of the client.
    LastForwardedFor,
    /// The last entry of `X-Forwarded-For`, if the request has this header once.
    ///
    /// For a proxy that appends the address to the first header: with a second header, a client chooses the last entry.
    OnlyForwardedFor,
    /// The value of a header, in lower case, that the proxy replaces. A request that has this header twice has no address.
    Header(&'static str),
}

/// A platform or a service whose proxies send the address of the client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TrustedProxy {
    /// The name in settings, such as `cloud-run`.
    pub(crate) name: &'static str,
    pub(crate) rule: ClientRule,
}

/// Google documents [the header](https://cloud.google.com/functions/docs/reference/headers) without the place of the client.
///
/// Source: Google's proxy ESPv2 reads [the last entry](https://github.com/GoogleCloudPlatform/esp-v2/pull/318) on Cloud Run. An external
/// Application Load Balancer appends [its own address](https://cloud.google.com/load-balancing/docs/https) too.
pub(super) static CLOUD_RUN: TrustedProxy = TrustedProxy { name: "cloud-run", rule: ClientRule::LastForwardedFor };

/// Source: [request headers](https://fly.io/docs/networking/request-headers/). The last entry of `X-Forwarded-For` is an address of
/// the app itself.
pub(super) static FLY: TrustedProxy = TrustedProxy { name: "fly", rule: ClientRule::Header("fly-client-ip") };

/// Source: [HTTP routing](https://devcenter.heroku.com/articles/http-routing#heroku-headers). The router appended to the first of
/// several headers, according to [an issue](https://github.com/heroku/roadmap/issues/238) of 2023.
pub(super) static HEROKU: TrustedProxy = TrustedProxy { name: "heroku", rule: ClientRule::OnlyForwardedFor };

/// Source: [specs and limits](https://docs.railway.com/networking/public-networking/specs-and-limits). The last entry of
/// `X-Forwarded-For` is an address of Railway's edge.
pub(super) static RAILWAY: TrustedProxy = TrustedProxy { name: "railway", rule: ClientRule::Header("x-real-ip") };

/// Requests reach Render through Cloudflare, which replaces the header. Render appends two addresses of its own to `X-Forwarded-For`.
///
/// Render documents no header. Source: [headers of a deployed app](https://github.com/arcjet/arcjet-js/issues/5411) in 2025.
pub(super) static RENDER: TrustedProxy = TrustedProxy { name: "render", rule: ClientRule::Header("cf-connecting-ip") };

/// Source: [HTTP headers](https://developers.cloudflare.com/fundamentals/reference/http-headers/#cf-connecting-ip).
pub(super) static CLOUDFLARE: TrustedProxy =
    TrustedProxy { name: "cloudflare", rule: ClientRule::Header("cf-connecting-ip") };

/// Source: [`X-Forwarded-For`](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html) of
/// Application Load Balancers, in the mode `append`, which is the default.
pub(super) static ALB: TrustedProxy = TrustedProxy { name: "alb", rule: ClientRule::LastForwardedFor };

/// Every platform that a setting can name.
pub(super) static TRUSTED_PROXIES: [&TrustedProxy; 7] =
    [&CLOUD_RUN, &FLY, &HEROKU, &RAILWAY, &RENDER, &CLOUDFLARE, &ALB];
