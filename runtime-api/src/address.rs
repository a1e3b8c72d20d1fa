use crate::http1::{Connection, ConnectionError};

/// The value of `AWS_LAMBDA_RUNTIME_API`: a host and a port. Emulators that serve several functions put `http://` before and
/// a path after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    host: String,
    port: u16,
    path: String,
}

impl Address {
    pub(crate) fn parse(address: &str) -> Option<Self> {
        let rest = address.strip_prefix("http://").unwrap_or(address);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // The port is optional. An IPv6 address contains colons and stands in brackets.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, 80),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_host_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:%".contains(&byte);
        let is_path_byte = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#');
        if host.is_empty() || !host.bytes().all(is_host_byte) || !path.bytes().all(is_path_byte) {
            return None;
        }
        let path = path.trim_matches('/');
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        Some(Self { host: host.to_owned(), port, path })
    }

    /// The value of the `Host` header: the host and the port.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The prefix of all paths. Empty on Lambda.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Returns `kept`, or opens a connection.
    pub(crate) async fn connection(&self, kept: Option<Box<Connection>>) -> Result<Box<Connection>, ConnectionError> {
        match kept {
            Some(connection) => Ok(connection),
            None => Connection::open(&self.host, self.port).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_hosts_ports_and_urls() {
        let parse = |address| {
            let Address { host, port, path } = Address::parse(address)?;
            Some((host, port, path))
        };
        let some = |host: &str, port, path: &str| Some((host.to_owned(), port, path.to_owned()));
        assert_eq!(parse("127.0.0.1:9001"), some("127.0.0.1", 9001, ""));
        assert_eq!(parse("http://127.0.0.1:9000/.rt/name"), some("127.0.0.1", 9000, "/.rt/name"));
        assert_eq!(parse("127.0.0.1:9000/.rt/"), some("127.0.0.1", 9000, "/.rt"));
        assert_eq!(parse("localhost"), some("localhost", 80, ""));
        assert_eq!(parse("[::1]:9001"), some("::1", 9001, ""));
        assert_eq!(parse("[::1]"), some("::1", 80, ""));
        for bad in [
            "",
            ":9001",
            "https://127.0.0.1:9001",
            "127.0.0.1:port",
            "a b:1",
            "h:1/a b",
            "h\r\n:1",
            "u@h:1",
            "h:1/a?b",
            "h:1/a#b",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
