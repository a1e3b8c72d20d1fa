use std::{io, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Uri, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::{
    fs::{File, OpenOptions},
    io::AsyncWriteExt as _,
    net::TcpStream,
    time::timeout,
};

/// The limit of one request to a collector.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(800);

/// The destination of lines.
pub(crate) enum Sink {
    File(File),
    Http { url: Uri, authority: String },
}

impl Sink {
    /// Opens the destination that exactly one of the settings names.
    pub(crate) async fn from_settings(file: Option<String>, url: Option<String>) -> io::Result<Self> {
        match (file, url) {
            (Some(path), None) => {
                let opened = OpenOptions::new().create(true).append(true).open(&path).await;
                opened
                    .map(Self::File)
                    .map_err(|error| io::Error::other(format!("cannot open LOG_SHIPPER_FILE {path:?}: {error}")))
            }
            (None, Some(url)) => Self::http(&url).ok_or_else(|| {
                io::Error::other(format!(
                    "invalid LOG_SHIPPER_URL {url:?}: expected a URL such as http://10.0.0.7:4318/logs"
                ))
            }),
            _ => Err(io::Error::other("set either LOG_SHIPPER_FILE or LOG_SHIPPER_URL")),
        }
    }

    fn http(url: &str) -> Option<Self> {
        let url: Uri = url.parse().ok().filter(|url: &Uri| url.scheme_str() == Some("http"))?;
        let authority = format!("{}:{}", url.host()?, url.port_u16().unwrap_or(80));
        Some(Self::Http { url, authority })
    }

    /// Writes whole lines.
    pub(crate) async fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) => {
                file.write_all(lines).await?;
                file.flush().await
            }
            Self::Http { url, authority } => {
                let posted = timeout(REQUEST_TIMEOUT, post(url, authority, lines)).await;
                posted
                    .map_err(|_| io::Error::other(format!("no response of {authority} within {REQUEST_TIMEOUT:?}")))?
            }
        }
    }
}

/// Posts lines on a new connection: an open one might be dead after Lambda has frozen the process.
async fn post(url: &Uri, authority: &str, lines: &[u8]) -> io::Result<()> {
    let socket = TcpStream::connect(authority).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(io::Error::other)?;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::post(path)
        .header(header::HOST, authority)
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .body(Full::new(Bytes::copy_from_slice(lines)))
        .map_err(io::Error::other)?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    if !response.status().is_success() {
        return Err(io::Error::other(format!("{authority} responded with {}", response.status())));
    }
    Ok(())
}
