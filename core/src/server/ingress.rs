use std::{future::pending, net::SocketAddr, sync::Arc};

use http::StatusCode;

use crate::{
    AfterResponse, ClientAddr, Host, Proxies, RequestHead, Settings,
    path::public_paths::{PathView, PublicPaths},
    request::proxies::canonical,
    server::{
        health_check::HealthCheck,
        platform::{Platform, PlatformAdmission},
        request_guard::RequestGuard,
        tasks::Tasks,
    },
};

/// The part of a server in front of the app.
///
/// An ingress removes prefixes from paths and keeps clients away from reserved paths. Behind the proxy of a platform, the ingress
/// also removes the platform's own data from requests.
///
/// Lodger's server uses an ingress for each request, and so does the adapter of a framework with its own server:
///
/// - Call [`admit`](Self::admit) before the app. The returned [`Admission`] decides whether the app is called.
/// - Call the app through [`RequestGuard::call`].
/// - Pass the response headers to [`RequestGuard::restore_location`], or use [`RequestGuard::restored_location`].
/// - Read and drop the response body through [`RequestGuard::poll_body`] and [`RequestGuard::drop_body`].
/// - Keep the [`RequestGuard`] until the body has been sent, or was dropped before that.
#[derive(Debug)]
pub struct Ingress {
    paths: PublicPaths,
    /// Whether a removed prefix is added to `Location`.
    rewrites_location: bool,
    /// The tasks that run work after responses.
    tasks: Arc<Tasks>,
    /// `None` if no platform's own proxy sends the requests.
    platform: Option<Arc<dyn Platform>>,
    /// The proxies whose headers contain the client, unless there is a platform. `None` if clients connect to the server directly.
    proxies: Option<Arc<Proxies>>,
    /// Whether IPv4 clients have IPv4 addresses, although the server listens on `[::]`: the platform needs IPv6, and not the user.
    unmaps_ipv4: bool,
    health: Option<Arc<HealthCheck>>,
}

impl Clone for Ingress {
    fn clone(&self) -> Self {
        Self {
            paths: self.paths.clone(),
            rewrites_location: self.rewrites_location,
            // A new `Arc`: each request counts its references. With one counter for all connections, their threads would contend.
            tasks: Arc::new(Tasks::clone(&self.tasks)),
            platform: self.platform.clone(),
            proxies: self.proxies.clone(),
            unmaps_ipv4: self.unmaps_ipv4,
            health: self.health.clone(),
        }
    }
}

/// The decision about a request.
#[derive(Debug)]
#[must_use = "dropping the guard of a request ends the request"]
pub enum Admission {
    /// The app responds.
    ToApp(RequestGuard),
    /// The server responds with this status and text, without the app.
    #[non_exhaustive]
    Response {
        /// The status.
        status: StatusCode,
        /// The body, in plain text. May be empty.
        text: &'static str,
        /// The guard to keep until the response has been sent.
        guard: RequestGuard,
    },
}

impl Ingress {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self::with_platform(settings, None)
    }

    pub(crate) fn with_platform(settings: &Settings, platform: Option<Arc<dyn Platform>>) -> Self {
        Self {
            paths: PublicPaths::new(settings, platform.as_ref().and_then(|platform| platform.path_prefix())),
            rewrites_location: settings.rewrites_location(),
            tasks: Arc::new(Tasks::new()),
            platform,
            unmaps_ipv4: settings.prefers_ipv6,
            proxies: settings.proxies.clone().filter(|proxies| !proxies.is_none()).map(Arc::new),
            health: settings.health_path.clone().map(|path| Arc::new(HealthCheck::new(path))),
        }
    }

    /// Sets a platform that adds no prefix to paths.
    pub(crate) fn set_proxy(&mut self, proxy: Arc<dyn Platform>) {
        debug_assert!(proxy.path_prefix().is_none(), "the paths are set already");
        self.platform = Some(proxy);
    }

    /// Prepares a request for the app, or responds to it. `peer` is the other end of the connection.
    pub fn admit<H: RequestHead>(&self, head: &mut H, peer: Option<SocketAddr>) -> Admission {
        let guard = match &self.platform {
            None => {
                self.set_client(head, peer);
                RequestGuard::for_client()
            }
            Some(platform) => match platform.admit(head) {
                PlatformAdmission::ToApp { span, end } => {
                    RequestGuard::for_platform(span, end, platform.catches_panics())
                }
                PlatformAdmission::Message { span } => {
                    let mut guard = RequestGuard::for_platform(span, None, platform.catches_panics());
                    guard.is_message = true;
                    return self.admit_to_app(head, guard);
                }
                PlatformAdmission::Response(status, text) => {
                    return Admission::Response { status, text, guard: RequestGuard::default() };
                }
            },
        };
        self.admit_path(head, guard)
    }

    /// Sets the address of a client that no platform reports.
    fn set_client<H: RequestHead>(&self, head: &mut H, peer: Option<SocketAddr>) {
        let peer = if self.unmaps_ipv4 { peer.map(canonical) } else { peer };
        match (&self.proxies, peer) {
            (Some(proxies), _) => head.set_client(proxies.client(head, peer.unwrap_or(ClientAddr::UNKNOWN.0))),
            (None, Some(peer)) => head.set_client(peer),
            // A Unix socket. The framework has its own value for an unknown address.
            (None, None) => head.insert_extension(ClientAddr::UNKNOWN),
        }
    }

    fn admit_path<H: RequestHead>(&self, head: &mut H, mut guard: RequestGuard) -> Admission {
        if let Some(status) = self.health_status(head.method(), head.target()) {
            return Admission::Response { status, text: "", guard };
        }
        let is_for_app = match self.paths.view(head.target()) {
            PathView::Unchanged => true,
            PathView::Reserved => false,
            PathView::Shortened(rest, prefix) => {
                let is_set = head.set_target(rest);
                if self.rewrites_location {
                    guard.set_prefix(prefix.clone());
                }
                head.insert_extension(prefix);
                is_set
            }
        };
        if !is_for_app {
            return Admission::Response { status: StatusCode::NOT_FOUND, text: "", guard };
        }
        self.admit_to_app(head, guard)
    }

    fn admit_to_app<H: RequestHead>(&self, head: &mut H, mut guard: RequestGuard) -> Admission {
        let after = AfterResponse::reuse_or_new();
        head.insert_extension(after.clone());
        guard.set_after_response(after, &self.tasks);
        Admission::ToApp(guard)
    }

    /// Returns the status of the response if a request is a health check, which the server answers without the app.
    pub fn health_status(&self, method: &str, target: &str) -> Option<StatusCode> {
        self.health.as_ref()?.status(method, target)
    }

    /// Makes health checks fail.
    pub(crate) fn begin_shutdown(&self) {
        if let Some(health) = &self.health {
            health.begin_shutdown();
        }
    }

    /// Returns whether requests pass unchanged: the server has neither prefixes nor reserved paths nor a health check, and is not behind
    /// a proxy.
    pub fn is_passthrough(&self) -> bool {
        self.paths.is_empty() && self.health.is_none() && self.peers_are_clients()
    }

    /// Returns whether the peer of a connection is the client, and not a proxy.
    pub fn peers_are_clients(&self) -> bool {
        self.platform.is_none() && self.proxies.is_none()
    }

    /// The prefixes that are removed from paths, in the order in which they stand there.
    pub fn prefixes(&self) -> &[String] {
        self.paths.prefixes()
    }

    /// The tasks that run work after responses.
    pub(crate) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Returns whether the server reads the rest of a request body that the app does not read.
    pub(crate) fn reads_whole_requests(&self) -> bool {
        self.platform.as_ref().is_some_and(|platform| platform.reads_whole_requests())
    }

    /// Returns whether some requests are messages of the platform. Only Lodger's own server decodes them.
    pub(crate) fn sends_messages(&self) -> bool {
        self.platform.as_ref().is_some_and(|platform| platform.sends_messages())
    }

    pub(crate) fn platform(&self) -> Option<&Arc<dyn Platform>> {
        self.platform.as_ref()
    }

    pub(crate) fn host(&self) -> Host {
        self.platform.as_ref().map_or(Host::Server, |platform| platform.host())
    }

    /// Reports to the platform that the server accepts connections. Returns `false` if there is nothing to report to.
    pub(crate) fn report_listening(&self, addr: SocketAddr) -> bool {
        self.platform.as_ref().is_some_and(|platform| platform.report_listening(addr))
    }

    /// Waits until the platform is gone.
    pub(crate) async fn platform_lost(&self) {
        match &self.platform {
            Some(platform) => platform.lost().await,
            None => pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::Request;

    /// Returns the client that the app sees, in a request from 10.0.0.1 with `X-Forwarded-For`.
    fn client(proxies: Option<Proxies>, peer: Option<SocketAddr>) -> Option<String> {
        let ingress = Ingress::new(&Settings { proxies, ..Settings::default() });
        let mut request = Request::default();
        request.headers_mut().insert("x-forwarded-for", HeaderValue::from_static("6.6.6.6, 203.0.113.9"));
        assert!(matches!(ingress.admit(&mut request, peer), Admission::ToApp(_)));
        assert_eq!(request.headers().len(), 1);
        request.extensions().get::<ClientAddr>().map(|client| client.0.to_string())
    }

    #[test]
    fn reads_the_client_from_headers_only_behind_proxies() {
        let peer = Some(([10, 0, 0, 1], 4000).into());
        for proxies in [None, Some(Proxies::count(0))] {
            assert_eq!(client(proxies.clone(), peer).as_deref(), Some("10.0.0.1:4000"), "{proxies:?}");
        }
        for proxies in [Some(Proxies::FLY), Some(Proxies::count(3))] {
            assert_eq!(client(proxies.clone(), peer).as_deref(), Some("0.0.0.0:0"), "{proxies:?}");
        }
        // A Unix socket.
        for proxies in [None, Some(Proxies::count(0)), Some(Proxies::FLY)] {
            assert_eq!(client(proxies.clone(), None).as_deref(), Some("0.0.0.0:0"), "{proxies:?}");
        }
        assert_eq!(client(Some(Proxies::count(1)), peer).as_deref(), Some("203.0.113.9:0"));
        assert_eq!(client(Some(Proxies::count(1)), None).as_deref(), Some("203.0.113.9:0"));
    }

    #[test]
    fn unmaps_ipv4_addresses_if_the_platform_needs_ipv6() {
        for (prefers_ipv6, client) in [(true, "192.0.2.1:4000"), (false, "[::ffff:192.0.2.1]:4000")] {
            let ingress = Ingress::new(&Settings { prefers_ipv6, ..Settings::default() });
            let mut request = Request::default();
            let admission = ingress.admit(&mut request, "[::ffff:192.0.2.1]:4000".parse().ok());
            assert!(matches!(admission, Admission::ToApp(_)));
            assert_eq!(request.extensions().get::<ClientAddr>().unwrap().0.to_string(), client);
        }
    }

    #[test]
    fn peers_are_clients_without_proxies() {
        let is_passthrough = |proxies| {
            let ingress = Ingress::new(&Settings { proxies, ..Settings::default() });
            assert_eq!(ingress.is_passthrough(), ingress.peers_are_clients());
            ingress.is_passthrough()
        };
        assert!(is_passthrough(None) && is_passthrough(Some(Proxies::count(0))));
        assert!(!is_passthrough(Some(Proxies::ALB)));
    }
}
