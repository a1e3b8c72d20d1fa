use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The address of the client that sent a request.
///
/// It is an extension of every request, except under warp's own server, where `warp::addr::remote()` returns the address.
///
/// | host | address |
/// |---|---|
/// | server | the other end of the connection, or the address that [`Proxies`](crate::Proxies) send |
/// | Lambda | the address that the front reports, with port 0 because events do not contain the port |
/// | Vercel, Lambda Web Functions | the address that the platform reports, with port 0 |
/// | Azure Functions | unknown, or the address that [`Proxies`](crate::Proxies) send |
/// | any, if the address is unknown, such as in a test from the console | [`UNKNOWN`](Self::UNKNOWN): `0.0.0.0:0` |
///
/// The address never comes from a header that the client can set, unless the setting of the proxies is wrong.
///
/// In axum and actix-web the type is an extractor: `async fn handler(ClientAddr(client): ClientAddr)`. In warp, use the filter
/// `lodger::warp::client_addr()`. Frameworks provide the address in their own way too, such as axum as `ConnectInfo<SocketAddr>`.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::{ClientAddr, Request};
///
/// fn client(request: &Request) -> String {
///     match request.extensions().get::<ClientAddr>() {
///         Some(client) if *client != ClientAddr::UNKNOWN => client.0.ip().to_string(),
///         _ => "unknown".to_owned(),
///     }
/// }
///
/// let mut request = Request::default();
/// request.extensions_mut().insert(ClientAddr(([192, 0, 2, 1], 8080).into()));
/// assert_eq!(client(&request), "192.0.2.1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddr(pub SocketAddr);

impl ClientAddr {
    /// The address of a client that the host does not know, so that an extractor for the address never fails.
    pub const UNKNOWN: Self = Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));
}

impl From<SocketAddr> for ClientAddr {
    fn from(addr: SocketAddr) -> Self {
        Self(addr)
    }
}
