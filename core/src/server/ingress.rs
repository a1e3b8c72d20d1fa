//! What stands before an app on a server: what is done about each request before the app sees it.

use std::{net::SocketAddr, sync::Arc};

use http::StatusCode;

use crate::{
    AfterResponse, Host, RequestHead, Settings,
    path::public_paths::{Paths, Seen},
    server::{request_guard::RequestGuard, tasks::Tasks},
};

/// What stands before an app: it takes prefixes off paths, keeps clients away from what is for events, and, where the server
/// stands behind a host's own, takes off what that has put into the request.
///
/// A server of Lodger's asks it about each request, and so does the adapter of a framework that brings a server of its own:
///
/// - before the app is called, [`admit`](Self::admit), which says whether it is to be called;
/// - the call itself goes through [`RequestGuard::call`];
/// - the head of the response goes through [`RequestGuard::restore_location`], or [`RequestGuard::restored_location`];
/// - the body of the response is read, and dropped, by [`RequestGuard::poll_body`] and [`RequestGuard::drop_body`];
/// - the [`RequestGuard`] is kept until that body has been sent, or is dropped without that.
#[derive(Debug)]
pub struct Ingress {
    paths: Paths,
    /// Whether what is taken off a path is put back into `Location`.
    rewrites_location: bool,
    /// Work after responses.
    tasks: Arc<Tasks>,
    #[cfg(feature = "vercel")]
    vercel: Option<crate::vercel::Front>,
    #[cfg(feature = "vercel")]
    is_behind_vercels_proxy: bool,
}

impl Clone for Ingress {
    fn clone(&self) -> Self {
        Self {
            paths: self.paths.clone(),
            rewrites_location: self.rewrites_location,
            // Each request counts what it holds. One count for all connections would have their threads wait for each other.
            tasks: Arc::new(Tasks::clone(&self.tasks)),
            #[cfg(feature = "vercel")]
            vercel: self.vercel.clone(),
            #[cfg(feature = "vercel")]
            is_behind_vercels_proxy: self.is_behind_vercels_proxy,
        }
    }
}

/// Whether an app sees a request.
#[derive(Debug)]
#[must_use = "a request whose pass is dropped is taken for one that was broken off"]
pub enum Admission {
    /// It does.
    ToApp(RequestGuard),
    /// It does not: the request is answered with this status and this text.
    Answered(StatusCode, &'static str, RequestGuard),
}

impl Ingress {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            paths: Paths::new(settings, None),
            rewrites_location: settings.rewrites_location(),
            tasks: Arc::new(Tasks::new()),
            #[cfg(feature = "vercel")]
            vercel: None,
            #[cfg(feature = "vercel")]
            is_behind_vercels_proxy: settings.is_behind_vercels_proxy,
        }
    }

    /// The one on Vercel.
    #[cfg(feature = "vercel")]
    pub(crate) fn on_vercel(settings: &Settings, vercel: crate::vercel::Front) -> Self {
        Self {
            paths: Paths::new(settings, settings.vercel_service_prefix.as_deref()),
            rewrites_location: settings.rewrites_location(),
            tasks: Arc::new(Tasks::new()),
            vercel: Some(vercel),
            is_behind_vercels_proxy: false,
        }
    }

    /// Lets a request pass, changed as the app is to see it, or answers for the app. `peer` is the other end of the connection.
    pub fn admit<H: RequestHead>(&self, head: &mut H, peer: Option<SocketAddr>) -> Admission {
        #[cfg(feature = "vercel")]
        if let Some(vercel) = &self.vercel {
            return match vercel.take(head) {
                Some(end) => self.admit_to_paths(head, RequestGuard::on_vercel(end)),
                None => Admission::Answered(StatusCode::OK, "OK", RequestGuard::default()),
            };
        }
        #[cfg(feature = "vercel")]
        if self.is_behind_vercels_proxy {
            // It takes out some, and its own address is that of no client.
            crate::request::platform_headers::PlatformHeaders::of(head).take_out(head, None);
            return self.admit_to_paths(head, RequestGuard::on_server());
        }
        if let Some(peer) = peer {
            head.set_client(peer);
        }
        self.admit_to_paths(head, RequestGuard::on_server())
    }

    fn admit_to_paths<H: RequestHead>(&self, head: &mut H, mut pass: RequestGuard) -> Admission {
        let is_seen = match self.paths.seen(head.target()) {
            Seen::AsItIs => true,
            Seen::Never => false,
            Seen::Shortened(rest, taken) => {
                let is_set = head.set_target(rest);
                if self.rewrites_location {
                    pass.put_back(taken.clone());
                }
                head.tell(taken);
                is_set
            }
        };
        if !is_seen {
            return Admission::Answered(StatusCode::NOT_FOUND, "", pass);
        }
        let after = AfterResponse::new();
        head.tell(after.clone());
        pass.take_work(after, &self.tasks);
        Admission::ToApp(pass)
    }

    /// Whether every request passes as it came: no path is changed or kept away from the app.
    pub fn is_open(&self) -> bool {
        self.paths.are_none() && self.peers_are_clients()
    }

    /// Whether the other end of a connection is the client, rather than the proxy of a host.
    pub fn peers_are_clients(&self) -> bool {
        #[cfg(feature = "vercel")]
        if self.vercel.is_some() || self.is_behind_vercels_proxy {
            return false;
        }
        true
    }

    /// What may be taken off a path, in the order in which it stands there.
    pub fn prefixes(&self) -> &[String] {
        self.paths.prefixes()
    }

    /// Work after responses.
    pub(crate) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    pub(crate) fn host(&self) -> Host {
        #[cfg(feature = "vercel")]
        if self.vercel.is_some() {
            return Host::Vercel;
        }
        Host::Server
    }

    /// Tells whose server this is that it serves; whether there is anybody to be told.
    pub(crate) fn tell_started(&self, addr: SocketAddr) -> bool {
        #[cfg(feature = "vercel")]
        if let Some(vercel) = &self.vercel {
            vercel.started(addr.port());
            return true;
        }
        let _ = addr;
        false
    }

    /// Waits until the host that the server stands behind has gone.
    pub(crate) async fn host_goes(&self) {
        #[cfg(feature = "vercel")]
        if let Some(vercel) = &self.vercel {
            return vercel.goes().await;
        }
        std::future::pending().await
    }
}
