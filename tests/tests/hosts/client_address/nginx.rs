//! A real nginx in front of an app.

use std::{
    env, fs,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use lodger_tests::{
    client::{ClientRequest, send},
    test_host::{Listening, TestApp, TestHost},
    wait::wait_until_async,
};

use super::axum_app;

/// A running nginx. Dropping it ends the process.
struct Nginx {
    process: Child,
    folder: PathBuf,
    addr: SocketAddr,
}

impl Nginx {
    /// Starts nginx as a proxy of `upstream` that appends the client to `X-Forwarded-For`. `None` if nginx is not installed.
    ///
    /// # Panics
    /// nginx is not installed, and `LODGER_TEST_NGINX` is `required`.
    async fn start(upstream: SocketAddr) -> Option<Self> {
        let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = env::temp_dir().join(format!("lodger-nginx-{}-{}", std::process::id(), addr.port()));
        fs::create_dir_all(&folder).unwrap();
        let config = folder.join("nginx.conf");
        fs::write(&config, configuration(addr, upstream)).unwrap();
        let program = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "nginx"];
        let process = program.iter().find_map(|program| {
            let mut command = Command::new(program);
            command.arg("-p").arg(&folder).arg("-c").arg(&config).args(["-e", "stderr"]).stdout(Stdio::null());
            command.spawn().ok()
        });
        let Some(process) = process else {
            assert!(env::var("LODGER_TEST_NGINX").as_deref() != Ok("required"), "nginx is not installed");
            eprintln!("skipped: nginx is not installed");
            return None;
        };
        let nginx = Self { process, folder, addr };
        wait_until_async("nginx accepts connections", async || tokio::net::TcpStream::connect(addr).await.is_ok())
            .await;
        Some(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn configuration(addr: SocketAddr, upstream: SocketAddr) -> String {
    format!(
        "daemon off; master_process off; pid nginx.pid;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi; scgi_temp_path scgi;
            server {{
                listen {addr};
                location / {{
                    proxy_bind 127.0.0.3;
                    proxy_pass http://{upstream};
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                }}
            }}
        }}"
    )
}

/// A request that claims to come from another client, in two headers.
fn forged() -> ClientRequest {
    ClientRequest::get("/").header("X-Forwarded-For", "6.6.6.6").header("x-forwarded-for", "7.7.7.7")
}

/// Starts the app in axum behind `proxies`.
async fn start_app(proxies: &str) -> TestApp<Listening> {
    let proxies = proxies.parse().unwrap();
    TestHost::server().start(|lodger| lodger.proxies(proxies).run(axum_app())).await
}

#[tokio::test]
async fn a_client_cannot_forge_its_address_behind_nginx() {
    // nginx connects from 127.0.0.3, and the client from 127.0.0.1.
    for proxies in ["1", "127.0.0.3"] {
        let app = start_app(proxies).await;
        let Some(nginx) = Nginx::start(app.addr()).await else { return };
        assert_eq!(send(nginx.addr, &forged()).await.body(), "127.0.0.1:0 127.0.0.1:0", "{proxies}");
        assert_eq!(send(nginx.addr, &ClientRequest::get("/")).await.body(), "127.0.0.1:0 127.0.0.1:0", "{proxies}");
    }
}

#[tokio::test]
async fn counts_two_proxies() {
    let app = start_app("2").await;
    let Some(inner) = Nginx::start(app.addr()).await else { return };
    let Some(outer) = Nginx::start(inner.addr).await else { return };
    assert_eq!(send(outer.addr, &forged()).await.body(), "127.0.0.1:0 127.0.0.1:0");
}
