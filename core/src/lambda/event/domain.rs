//! Domain names, by which some fronts and their emulators differ.

use std::net::{IpAddr, SocketAddr};

/// Returns whether Lambda assigns such a domain to Function URLs: `abcdefg.lambda-url.eu-west-1.on.aws`.
pub(crate) fn is_function_url(domain: &[u8]) -> bool {
    second_label(domain).eq_ignore_ascii_case(b"lambda-url")
}

/// Returns whether API Gateway assigns such a domain to APIs: `abcdefg.execute-api.eu-west-1.amazonaws.com`. Private
/// endpoints, other partitions and emulators use the same second label.
fn is_execute_api(domain: &[u8]) -> bool {
    second_label(domain).eq_ignore_ascii_case(b"execute-api")
}

/// Returns whether the domain is empty, `localhost` or an IP address, with or without a port. Emulators send such domains.
pub(crate) fn is_local(domain: &[u8]) -> bool {
    // An IP address does not end with such a letter, which saves parsing most domains.
    if domain.last().is_some_and(|last| matches!(last, b'g'..=b'z' | b'G'..=b'Z')) && !domain.contains(&b':') {
        return domain.eq_ignore_ascii_case(b"localhost");
    }
    let domain = std::str::from_utf8(domain).unwrap_or_default();
    let is_ip = || domain.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    domain.is_empty()
        || host(domain).eq_ignore_ascii_case("localhost")
        || domain.parse::<SocketAddr>().is_ok()
        || is_ip()
}

/// Returns whether the path of an HTTP API at this domain begins with the stage, unless the stage is `$default`.
///
/// Behind a custom domain, the path begins with the key of the API mapping instead.
pub(crate) fn shows_stage(domain: &[u8]) -> bool {
    is_execute_api(domain) || is_local(domain) || is_localstack(domain)
}

/// Returns whether the domain resolves to this machine (RFC 6761, section 6.3). LocalStack and others use such domains.
fn is_localstack(domain: &[u8]) -> bool {
    let domain = std::str::from_utf8(domain).unwrap_or_default();
    let host = host(domain);
    let is_below = |parent: &str| {
        let start = host.len().checked_sub(parent.len()).and_then(|at| host.get(at..));
        start.is_some_and(|end| end.eq_ignore_ascii_case(parent))
    };
    is_below(".localhost") || is_below("localhost.localstack.cloud")
}

/// Removes the port.
fn host(domain: &str) -> &str {
    domain.rsplit_once(':').map_or(domain, |(host, _)| host)
}

fn second_label(domain: &[u8]) -> &[u8] {
    let dot = memchr::memchr(b'.', domain).unwrap_or(domain.len());
    let rest = domain.get(dot + 1..).unwrap_or_default();
    let end = memchr::memchr(b'.', rest).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

/// Top-level domains that the public DNS does not have (RFC 6761, RFC 6762, RFC 9476), or that private networks use.
const PRIVATE_TLDS: [&[u8]; 9] =
    [b"localhost", b"local", b"test", b"example", b"invalid", b"internal", b"lan", b"home", b"alt"];

/// Returns whether API Gateway sends the domain: its own or a public custom domain, and `prefix` is the first label.
///
/// Emulators send `localhost`, an IP address, `{id}.execute-api.` before their own domain, a domain with a port, or no
/// domain. Those that use the domain of the client's request send no prefix.
pub(crate) fn is_of_api_gateway(domain: &[u8], prefix: &[u8]) -> bool {
    let Some(after_id) = domain.strip_prefix(prefix).filter(|rest| rest.starts_with(b".")) else { return false };
    if after_id.starts_with(b".execute-api.") {
        return after_id.ends_with(b".amazonaws.com") || after_id.ends_with(b".amazonaws.com.cn");
    }
    is_public(domain)
}

/// Returns whether the public DNS may contain the domain.
fn is_public(domain: &[u8]) -> bool {
    let is_label =
        |label: &[u8]| !label.is_empty() && label.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // AWS uses its domain for other services, and LocalStack uses one that resolves to this machine.
    let is_taken = domain.ends_with(b".amazonaws.com") || domain.ends_with(b".localstack.cloud");
    let is_private = |last: &[u8]| PRIVATE_TLDS.iter().any(|private| last.eq_ignore_ascii_case(private));
    let mut labels = domain.rsplit(|&byte| byte == b'.');
    // An IP address ends with a number.
    let last = labels.next().filter(|last| last.first().is_some_and(u8::is_ascii_alphabetic) && !is_private(last));
    let is_name = last.is_some_and(is_label) && labels.clone().next().is_some() && labels.all(is_label);
    is_name && !is_taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_label(domain: &str) -> &[u8] {
        domain.split('.').next().unwrap().as_bytes()
    }

    #[test]
    fn recognizes_function_urls_by_the_second_label() {
        for domain in [
            "abcdefg.lambda-url.eu-west-1.on.aws",
            "ABCDEFG.Lambda-URL.eu-west-1.on.aws",
            "abcdefg.lambda-url.cn-north-1.on.amazonwebservices.com.cn",
            "abcdefg.lambda-url.us-east-1.localhost.localstack.cloud:4566",
        ] {
            assert!(is_function_url(domain.as_bytes()), "{domain}");
        }
        for domain in ["lambda-url.example.com", "x.lambda-urls.on.aws", "a.b.lambda-url.on.aws", ""] {
            assert!(!is_function_url(domain.as_bytes()), "{domain}");
        }
    }

    #[test]
    fn expects_the_stage_at_domains_of_api_gateway_and_emulators() {
        for domain in [
            "abcdefg.execute-api.eu-west-1.amazonaws.com",
            "ABCDEFG.EXECUTE-API.EU-WEST-1.AMAZONAWS.COM:443",
            "abcdefg.execute-api.cn-north-1.amazonaws.com.cn",
            "abcdefg.execute-api.us-gov-west-1.amazonaws.com",
            "abcdefg.execute-api.us-iso-east-1.c2s.ic.gov",
            "abcdefg.execute-api.eu-west-1.api.aws",
            "abcdefg-vpce-0123.execute-api.eu-west-1.amazonaws.com",
            "vpce-0123-abc.execute-api.eu-west-1.vpce.amazonaws.com",
            "vpce-0123-abc-eu-west-1a.execute-api.eu-west-1.vpce.amazonaws.com",
            "abcdefg.execute-api.localhost.localstack.cloud:4566",
            "abcdefg.execute-api.localhost:4566",
            "localhost.localstack.cloud:4566",
            "api.localhost:3000",
            "localhost",
            "LocalHost:3000",
            "127.0.0.1:3000",
            "[::1]:3000",
            "[::1]",
            "::1",
            "",
        ] {
            assert!(shows_stage(domain.as_bytes()), "{domain}");
        }
        for domain in [
            "api.example.com",
            "api.example.com:443",
            "execute-api.example.com",
            "a.b.execute-api.example.com",
            "x.execute-apis.eu-west-1.amazonaws.com",
            "localhost.example.com",
            "notlocalhost",
            "abcdefg.lambda-url.eu-west-1.on.aws",
            "é.example",
        ] {
            assert!(!shows_stage(domain.as_bytes()), "{domain}");
        }
    }

    #[test]
    fn distinguishes_api_gateway_from_emulators() {
        for domain in [
            "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn",
            "a1b2c3d4e5-vpce-01.execute-api.eu-west-1.amazonaws.com",
            "api.example.com",
            "example.io",
            "api.xn--p1ai",
        ] {
            assert!(is_of_api_gateway(domain.as_bytes(), first_label(domain)), "{domain}");
            for prefix in ["", "a", domain] {
                assert!(!is_of_api_gateway(domain.as_bytes(), prefix.as_bytes()), "{domain}");
            }
        }
        for domain in [
            "",
            "localhost",
            "localhost:3000",
            "127.0.0.1",
            "127.0.0.1:3000",
            "::1",
            "[::1]:3000",
            "a1b2c3d4e5.execute-api.localhost",
            "a1b2c3d4e5.execute-api.localhost:4566",
            "a1b2c3d4e5.execute-api.localhost.localstack.cloud",
            "a1b2c3d4e5.execute-api.localhost.localstack.cloud:4566",
            "a1b2c3d4e5.execute-api.emulator.example.com",
            "localhost.localstack.cloud",
            "api.example.com:8080",
            "gateway",
            "api.local",
            "api.test",
            "host.docker.internal",
            "offlineContext_domainName",
            "a b.com",
            "api..com",
            "api.example.com.",
            "bucket.s3.amazonaws.com",
        ] {
            assert!(!is_of_api_gateway(domain.as_bytes(), first_label(domain)), "{domain}");
        }
    }
}
