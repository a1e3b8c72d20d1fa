//! The host, and the socket of a server.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::{Host, Lodger, Proxies};

impl Lodger {
    /// Sets the host to run on, instead of detecting it.
    pub fn host(mut self, host: Host) -> Self {
        self.settings.host = Some(host);
        self
    }

    /// Sets the address to listen on as a server, such as `([127, 0, 0, 1], 3000)`.
    ///
    /// Port 0 takes a free port; [`on_listening`](Self::on_listening) receives the address. On Vercel the server always
    /// listens on a free port of the loopback address, and on Lambda Web Functions on the address in `AWS_LAMBDA_HTTP_ENDPOINT`,
    /// and on Azure Functions on the port in `FUNCTIONS_CUSTOMHANDLER_PORT`.
    ///
    /// `LODGER_ADDR`, a socket of systemd, `VERCEL_DEV_PORT` and `PORT` override this method, in this order: a container platform
    /// that sets `PORT` expects the app on that port. Behind the proxy of Vercel's standalone mode the address is always
    /// `127.0.0.1:$PORT`, because the proxy connects to no other.
    pub fn addr(mut self, addr: impl Into<SocketAddr>) -> Self {
        self.settings.addr = Some(addr.into());
        self.settings.unix_socket = None;
        self
    }

    /// Sets the path of a Unix socket to listen on as a server, instead of an [address](Self::addr).
    ///
    /// For a proxy on the same machine, such as nginx. The same variables override this method, and `LODGER_ADDR=unix:/run/app.sock`
    /// has the same effect. The umask of the process decides who may connect. A file that a dead process has left is replaced,
    /// and the file is removed when the shutdown begins.
    ///
    /// A Unix socket has no client address: [`ClientAddr`](crate::ClientAddr) and `ConnectInfo` are `0.0.0.0:0`, and under the
    /// servers of actix-web and warp the address is `None`. The server of actix-web speaks HTTP/1.1 only on a Unix socket.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::Router;
    /// use lodger::Lodger;
    ///
    /// # async fn run() -> Result<(), lodger::Error> {
    /// Lodger::new().unix_socket("/run/app/app.sock").run(Router::new()).await
    /// # }
    /// ```
    #[cfg(unix)]
    pub fn unix_socket(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.settings.unix_socket = Some(path.into());
        self
    }

    /// Sets a socket for a server to listen on. It replaces every address, including those of variables.
    ///
    /// Other hosts than a server drop the socket.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::Router;
    /// use lodger::Lodger;
    /// use tokio::net::TcpListener;
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let listener = TcpListener::bind("[::1]:8080").await?;
    /// Lodger::new().listener(listener).run(Router::new()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Calls `callback` with the local address once the server listens. Every host has a server, except Lambda.
    ///
    /// The address of a Unix socket is `0.0.0.0:0`. Lambda has no server: there Lodger drops `callback` without calling it.
    pub fn on_listening(mut self, callback: impl FnOnce(SocketAddr) + Send + 'static) -> Self {
        self.on_listening = Some(Box::new(callback));
        self
    }

    /// Sets the proxies in front of a server, whose header contains the address of the client.
    ///
    /// The address becomes the [`ClientAddr`](crate::ClientAddr) of a request, and the address of the peer in the framework. By default
    /// no header is read, because clients can forge each of them. `LODGER_PROXIES` overrides this method, so that each deployment
    /// can have another value. On Lambda and on Vercel the platform reports the address, and this method has no effect. On
    /// Lambda Web Functions the default is the one proxy of Lambda. On Azure Functions the address is unknown by default.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::Router;
    /// use lodger::{Lodger, Proxies};
    ///
    /// # async fn run() -> Result<(), lodger::Error> {
    /// Lodger::new().proxies(Proxies::FLY).run(Router::new()).await
    /// # }
    /// ```
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.settings.proxies = Some(proxies);
        self
    }

    /// Sets the path of a health check that the server answers without the app.
    ///
    /// The response to GET and HEAD at exactly this path has status 200 and no body. Once the shutdown has begun, the status is
    /// 503, so that a load balancer with an open connection sends its requests elsewhere. All other requests reach the app.
    /// `LODGER_HEALTH_PATH` overrides this method. By default there is no such path.
    ///
    /// On Lambda the app answers: Lambda starts and ends processes without health checks, and each
    /// check costs an invocation, with or without the app.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::Router;
    /// use lodger::Lodger;
    ///
    /// # async fn run() -> Result<(), lodger::Error> {
    /// Lodger::new().health_path("/health").run(Router::new()).await
    /// # }
    /// ```
    pub fn health_path(mut self, path: impl Into<String>) -> Self {
        self.settings.health_path = Some(path.into());
        self
    }

    /// Sets the path of the Unix socket on which Vercel listens.
    ///
    /// For tests against an emulator, such as `lodger_gateway::Vercel`: Vercel sets `VERCEL_IPC_PATH`.
    pub fn vercel_ipc_path(mut self, path: impl Into<String>) -> Self {
        self.settings.vercel_ipc_path = Some(path.into());
        self
    }
}
