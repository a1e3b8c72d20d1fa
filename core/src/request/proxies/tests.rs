//! Each rule, with headers that a client has forged.

use http::HeaderValue;

use super::{
    Proxies,
    rule::{ClientRule, TRUSTED_PROXIES},
};
use crate::{ClientAddr, Request};

/// An address of a client, of the kind for documentation (RFC 5737).
const CLIENT: &str = "203.0.113.9";
/// An address that a client claims to have.
const FORGED: &str = "6.6.6.6";

/// Returns the client of a request from `peer`, and `peer` itself for that address. An empty `peer` is a Unix socket.
fn client_from(peer: &str, proxies: &str, headers: &[(&'static str, &str)]) -> String {
    let mut request = Request::default();
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_str(value).unwrap());
    }
    let address = peer.parse().unwrap_or(ClientAddr::UNKNOWN.0);
    match proxies.parse::<Proxies>().unwrap().client(&request, address) {
        client if client == ClientAddr::UNKNOWN.0 => UNKNOWN.to_owned(),
        client if client == address => peer.to_owned(),
        client => client.ip().to_string(),
    }
}

const UNKNOWN: &str = "unknown";
const PEER: &str = "10.0.0.1:4000";

fn client(proxies: &str, headers: &[(&'static str, &str)]) -> String {
    client_from(PEER, proxies, headers)
}

/// Returns the client for the lists in `values`, one header for each.
fn client_of_list(proxies: &str, values: &[&str]) -> String {
    client(proxies, &values.iter().map(|value| ("x-forwarded-for", *value)).collect::<Vec<_>>())
}

#[test]
fn a_number_takes_its_entry_from_the_right() {
    assert_eq!(client_of_list("1", &["6.6.6.6, 203.0.113.9"]), CLIENT);
    assert_eq!(client_of_list("2", &["6.6.6.6, 203.0.113.9, 10.0.0.2"]), CLIENT);
    assert_eq!(client_of_list("3", &["6.6.6.6,203.0.113.9,10.0.0.3", "10.0.0.2"]), CLIENT);
    assert_eq!(client_of_list("2", &["6.6.6.6", "203.0.113.9", "10.0.0.2"]), CLIENT);
}

#[test]
fn a_number_of_zero_reads_no_header() {
    assert_eq!(client_of_list("0", &[FORGED]), UNKNOWN);
    assert!(Proxies::count(0).is_none() && !Proxies::count(1).is_none() && !Proxies::FLY.is_none());
}

#[test]
fn the_client_is_unknown_if_the_entry_is_not_an_address() {
    for list in
        ["", " ", "unknown", "_hidden", "203.0.113.9, ", "203.0.113.9 6.6.6.6", "\"203.0.113.9\"", "for=203.0.113.9"]
    {
        assert_eq!(client_of_list("1", &[list]), UNKNOWN, "{list:?}");
        assert_eq!(client_of_list("10.0.0.0/8", &[list]), UNKNOWN, "{list:?}");
    }
    assert_eq!(client_of_list("1", &[]), UNKNOWN);
    assert_eq!(client_of_list("2", &[FORGED]), UNKNOWN);
    assert_eq!(client_of_list("1", &[FORGED, "unknown"]), UNKNOWN);
}

#[test]
fn an_entry_may_have_a_port_and_brackets() {
    let address = |list: &'static str| {
        let mut request = Request::default();
        request.headers_mut().append("x-forwarded-for", HeaderValue::from_static(list));
        Proxies::count(1).client(&request, ClientAddr::UNKNOWN.0).to_string()
    };
    assert_eq!(address("6.6.6.6, 203.0.113.9:4711"), "203.0.113.9:4711");
    assert_eq!(address("[2001:db8::1]:80"), "[2001:db8::1]:80");
    assert_eq!(address("2001:db8::1"), "[2001:db8::1]:0");
    assert_eq!(address("::ffff:203.0.113.9"), "203.0.113.9:0");
    assert_eq!(address("[::ffff:203.0.113.9]:80"), "203.0.113.9:80");
}

#[test]
fn networks_take_the_last_entry_outside_of_them() {
    let networks = "10.0.0.0/8, fd00::/8,192.0.2.7";
    assert_eq!(client_of_list(networks, &["6.6.6.6, 203.0.113.9"]), CLIENT);
    assert_eq!(client_of_list(networks, &["6.6.6.6, 203.0.113.9, 10.9.9.9:80, 192.0.2.7", "fd00::1"]), CLIENT);
    assert_eq!(client_of_list(networks, &["10.0.0.9, 10.0.0.2"]), "10.0.0.9");
    // A proxy in a network has sent an entry that is not an address.
    assert_eq!(client_of_list(networks, &["203.0.113.9, unknown, 10.0.0.2"]), UNKNOWN);
}

#[test]
fn networks_need_no_peer_on_a_platform() {
    let mut request = Request::default();
    request.headers_mut().append("x-forwarded-for", HeaderValue::from_static("6.6.6.6, 203.0.113.9, 10.0.0.2"));
    let networks: Proxies = "10.0.0.0/8".parse().unwrap();
    assert_eq!(networks.client_of_trusted_peer(&request).ip().to_string(), CLIENT);
}

#[test]
fn networks_count_only_if_the_peer_is_in_one() {
    let headers = [("x-forwarded-for", "203.0.113.9, 10.0.0.2")];
    assert_eq!(client_from("198.51.100.1:1", "10.0.0.0/8", &headers), "198.51.100.1:1");
    assert_eq!(client_from("[fd00::1]:1", "fd00::/8,10.0.0.0/8", &headers), CLIENT);
    assert_eq!(client_from("[::ffff:10.0.0.1]:1", "10.0.0.0/8", &headers), CLIENT);
    // A Unix socket has no address.
    assert_eq!(client_from("", "0.0.0.0/0,::/0", &headers), UNKNOWN);
    assert_eq!(client_from("", "2", &headers), CLIENT);
    assert_eq!(client_from("", "1", &[("x-forwarded-for", CLIENT)]), CLIENT);
}

#[test]
fn a_list_that_is_too_long_cannot_hide_the_client() {
    let long = format!("{}203.0.113.9", "6.6.6.6, ".repeat(10_000));
    assert_eq!(client_of_list("1", &[&long]), CLIENT);
    assert_eq!(client_of_list("10.0.0.0/8", &[&long]), CLIENT);
    let all_proxies = "10.0.0.2, ".repeat(10_000) + "10.0.0.2";
    assert_eq!(client_of_list("10.0.0.0/8", &[&all_proxies]), UNKNOWN);
}

/// Headers that a client sends to be taken for [`FORGED`].
const FORGERIES: [(&str, &str); 8] = [
    ("forwarded", "for=6.6.6.6"),
    ("x-forwarded-for", FORGED),
    ("fly-client-ip", FORGED),
    ("x-real-ip", FORGED),
    ("cf-connecting-ip", FORGED),
    ("true-client-ip", FORGED),
    ("x-client-ip", FORGED),
    ("x-envoy-external-address", FORGED),
];

/// Returns the headers of a request that a client forged, after the proxies of the platform, according to its documentation.
fn behind(platform: &str) -> Vec<(&'static str, &'static str)> {
    let (appended, replaced): (_, &[_]) = match platform {
        "cloud-run" | "heroku" | "alb" => ("6.6.6.6, 203.0.113.9", &[]),
        // The last entry is an address of the app.
        "fly" => ("6.6.6.6, 203.0.113.9, 66.241.124.1", &[("fly-client-ip", CLIENT)]),
        // The list is replaced, and its last entry is an address of the edge.
        "railway" => ("203.0.113.9, 152.233.33.1", &[("x-real-ip", CLIENT)]),
        // Two proxies: Cloudflare's and Render's.
        "render" => (
            "6.6.6.6,203.0.113.9, 172.71.95.118, 10.19.64.237",
            &[("cf-connecting-ip", CLIENT), ("true-client-ip", CLIENT)],
        ),
        "cloudflare" => ("6.6.6.6,203.0.113.9", &[("cf-connecting-ip", CLIENT), ("x-real-ip", "")]),
        _ => panic!("{platform} needs a row here"),
    };
    let mut headers: Vec<_> = FORGERIES.to_vec();
    for &(name, value) in replaced.iter().chain(&[("x-forwarded-for", appended)]) {
        headers.retain(|(other, _)| *other != name);
        headers.extend((!value.is_empty()).then_some((name, value)));
    }
    headers
}

#[test]
fn a_client_cannot_forge_its_address_behind_a_platform() {
    for platform in TRUSTED_PROXIES {
        assert_eq!(client(platform.name, &behind(platform.name)), CLIENT, "{}", platform.name);
    }
}

#[test]
fn a_platform_reads_only_its_own_header() {
    for platform in TRUSTED_PROXIES {
        let own = match platform.name {
            "fly" => "fly-client-ip",
            "railway" => "x-real-ip",
            "render" | "cloudflare" => "cf-connecting-ip",
            _ => "x-forwarded-for",
        };
        let others: Vec<_> = FORGERIES.into_iter().filter(|(name, _)| *name != own).collect();
        assert_eq!(client(platform.name, &others), UNKNOWN, "{}", platform.name);
    }
}

#[test]
fn a_header_for_one_address_must_be_there_once() {
    for (platform, header) in [("fly", "fly-client-ip"), ("railway", "x-real-ip"), ("cloudflare", "cf-connecting-ip")] {
        for values in [&[FORGED, CLIENT][..], &[CLIENT, FORGED], &["6.6.6.6, 203.0.113.9"], &["unknown"], &[""]] {
            let headers: Vec<_> = values.iter().map(|value| (header, *value)).collect();
            assert_eq!(client(platform, &headers), UNKNOWN, "{platform} {values:?}");
        }
    }
}

/// The router of Heroku appends to the first of several headers: <https://github.com/heroku/roadmap/issues/238>.
#[test]
fn heroku_has_no_client_if_the_list_is_in_two_headers() {
    assert_eq!(client_of_list("heroku", &["6.6.6.6, 203.0.113.9", FORGED]), UNKNOWN);
    assert_eq!(client_of_list("cloud-run", &[FORGED, CLIENT]), CLIENT);
}

#[test]
fn displays_and_parses_every_value() {
    for (text, displayed) in [
        ("0", "0"),
        ("32", "32"),
        ("10.0.0.0/8, fd00::/8", "10.0.0.0/8,fd00::/8"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
    ] {
        let proxies: Proxies = text.parse().unwrap();
        assert_eq!(proxies.to_string(), displayed);
        assert_eq!(displayed.parse::<Proxies>().unwrap(), proxies);
    }
    for platform in TRUSTED_PROXIES {
        assert_eq!(platform.name.parse::<Proxies>().unwrap().to_string(), platform.name);
        assert!(Proxies::EXPECTED.contains(&format!("`{}`", platform.name)), "{}", platform.name);
    }
    assert_eq!(Proxies::EXPECTED.matches('`').count(), 2 * (TRUSTED_PROXIES.len() + 1));
    assert_eq!(Proxies::count(200).to_string(), "32");
}

#[test]
fn rejects_other_values() {
    for text in ["", "33", "-1", "+1", "1.5", "Fly", "nginx", "10.0.0.0/33", "10.0.0.0/8,", "fly,10.0.0.0/8", "*"] {
        let error = text.parse::<Proxies>().unwrap_err();
        assert!(error.is_invalid_setting(), "{error:?}");
        assert_eq!(error.to_string(), format!("invalid proxies {text:?}: expected {}", Proxies::EXPECTED));
    }
}

#[test]
fn the_book_has_a_row_for_each_platform() {
    let page = include_str!("../../../../docs/src/hosts/client_address.md");
    for platform in TRUSTED_PROXIES {
        let (header, rule) = match platform.rule {
            ClientRule::LastForwardedFor => ("x-forwarded-for", "last entry"),
            ClientRule::OnlyForwardedFor => ("x-forwarded-for", "last entry of the only header"),
            ClientRule::Header(header) => (header, "only value"),
        };
        let row = format!("\n| `{}` | `{header}` | {rule} | [", platform.name);
        assert_eq!(page.matches(&row).count(), 1, "{row}");
    }
}
