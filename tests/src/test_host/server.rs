//! Lodger's server.

use std::net::SocketAddr;

use lodger::Host::Server as SERVER;
use tokio::{net::TcpListener, sync::oneshot};

use super::{Host, Settings, TestApp, TestHost};

/// A server on a free port of 127.0.0.1.
pub struct Server(());

impl TestHost<Server> {
    /// Builds a server on a free port of 127.0.0.1.
    pub fn server() -> Self {
        Self::new(Server(()), true)
    }
}

/// The address of a server, once it listens.
pub struct Listening {
    listening: oneshot::Receiver<SocketAddr>,
    addr: Option<SocketAddr>,
}

impl Host for Server {
    type Platform = Listening;

    async fn start(self) -> (Settings, Listening) {
        let (sender, listening) = oneshot::channel();
        // A listener instead of an address: the variables `LODGER_ADDR` and `PORT` override an address.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let settings = Box::new(move |lodger: lodger::Lodger| {
            let listener = TcpListener::from_std(listener).unwrap();
            lodger.host(SERVER).listener(listener).on_listening(move |addr| sender.send(addr).unwrap())
        });
        (settings, Listening { listening, addr: None })
    }

    async fn ready(platform: &mut Listening) {
        platform.addr = (&mut platform.listening).await.ok();
    }
}

impl TestApp<Listening> {
    /// The address of the server.
    pub fn addr(&self) -> SocketAddr {
        self.try_addr().expect("the app ended before it listened")
    }

    /// The address of the server, unless the app ended before it listened.
    pub fn try_addr(&self) -> Option<SocketAddr> {
        self.platform.addr
    }
}
