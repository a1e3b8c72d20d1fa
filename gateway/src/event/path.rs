//! Paths: what percent-encoding they arrive in, and what stands before them.

use http::{Uri, uri::PathAndQuery};

use crate::{front::Front, kind::Kind};

/// What an HTTP API makes of a path, as captured from AWS (rule 11): it decodes it, cuts it at a question mark that this
/// brought to light, and decodes it again. `None` where that cannot be done.
pub(super) fn decoded(path: &str) -> Option<String> {
    let once = percent_decoded(path.as_bytes())?;
    let path = once.split(|byte| *byte == b'?').next()?;
    percent_decoded(path).map(|twice| String::from_utf8_lossy(&twice).into_owned())
}

/// The URI below the stage, which a client has to name on the domain that AWS gives an API (rule 24): it is the first
/// segment of the path. `None` if the path is of no stage.
pub(crate) fn below_stage(front: &Front, uri: &Uri) -> Option<Uri> {
    let has_stage = match front.kind {
        Kind::RestApi => true,
        Kind::HttpApi | Kind::HttpApiV1 => front.stage != "$default",
        _ => false,
    };
    if !has_stage || front.has_custom_domain {
        return Some(uri.clone());
    }
    let rest = uri.path_and_query()?.as_str().strip_prefix('/')?.strip_prefix(front.stage.as_str())?;
    let path = match rest.chars().next() {
        Some('/') => rest.to_owned(),
        None | Some('?') => format!("/{rest}"),
        // It is the beginning of a segment.
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

/// The bytes that `encoded` stands for; `None` if an escape in it is not one.
pub(crate) fn percent_decoded(mut encoded: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(encoded.len());
    while let Some((&byte, rest)) = encoded.split_first() {
        encoded = rest;
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let (digits, rest) = rest.split_first_chunk::<2>()?;
        let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
        decoded.push(u8::try_from(high? << 4 | low?).ok()?);
        encoded = rest;
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;
    use bytes::Bytes;
    use http::Request;

    /// What was sent, and what a HTTP API was seen to make of it.
    const PATHS: [(&str, Option<&str>); 10] = [
        ("/capture/plain", Some("/capture/plain")),
        ("/capture/space%20value", Some("/capture/space value")),
        ("/capture/question%3Fvalue", Some("/capture/question")),
        ("/capture/percent%25done", None),
        ("/capture/hash%23value", Some("/capture/hash#value")),
        ("/capture/slash%2Fvalue", Some("/capture/slash/value")),
        ("/capture/unicode-%CE%BB-%E4%B8%96%E7%95%8C", Some("/capture/unicode-λ-世界")),
        ("/capture/literal%252Fvalue", Some("/capture/literal/value")),
        ("/capture/literal%253Fvalue", Some("/capture/literal?value")),
        ("/capture/literal%2525value", Some("/capture/literal%value")),
    ];

    #[test]
    fn an_http_api_makes_of_ten_paths_what_aws_made_of_them() {
        for (sent, made) in PATHS {
            for front in [Front::http_api(), Front::http_api_v1()] {
                let Some(made) = made else {
                    let request = Request::get(sent).body(Bytes::new()).unwrap();
                    assert_eq!(front.event(&request).unwrap_err().status(), 400, "{front}");
                    continue;
                };
                let event = event(&front, Request::get(sent), b"");
                if front.name() == "http-api" {
                    assert_eq!(
                        (&event["rawPath"], &event["requestContext"]["http"]["path"]),
                        (&made.into(), &made.into())
                    );
                } else {
                    assert_eq!((&event["path"], &event["requestContext"]["path"]), (&sent.into(), &made.into()));
                    assert_eq!(event["pathParameters"]["proxy"], made.trim_start_matches('/'));
                }
            }
        }
    }

    #[test]
    fn the_other_fronts_leave_a_path_as_it_was_sent() {
        let odd = ["//double//slash/", "/a/./b/../c", "/a/%2e%2e/b", "/trailing/", "/+plus+/%2B", "/[x]|^\"{}\\", "/"];
        for sent in PATHS.map(|(sent, _)| sent).into_iter().chain(odd) {
            let path = sent.parse::<http::uri::PathAndQuery>().unwrap();
            for front in Front::all().into_iter().filter(|front| !front.name().starts_with("http-api")) {
                let event = event(&front, Request::get(http::Uri::from(path.clone())), b"");
                let name = ["rawPath", "path", "raw_path"].into_iter().find(|name| event.get(*name).is_some());
                assert_eq!(event[name.unwrap()], sent, "{front}");
            }
        }
        let event = event(&Front::function_url(), Request::get("/space%20value"), b"");
        assert_eq!(event["requestContext"]["http"]["path"], "/space value");
    }

    #[test]
    fn a_stage_is_taken_off_as_a_whole_segment_and_once() {
        let below = |front: &Front, sent: &str| below_stage(front, &sent.parse().unwrap()).map(|uri| uri.to_string());
        for front in [Front::rest_api(), Front::http_api().stage("prod"), Front::http_api_v1().stage("prod")] {
            for (sent, expected) in [
                ("/prod/pets?a=/prod", Some("/pets?a=/prod")),
                ("/prod", Some("/")),
                ("/prod?a=1", Some("/?a=1")),
                ("/prod/", Some("/")),
                ("/prod/prod/x", Some("/prod/x")),
                ("/prod//x", Some("//x")),
                ("http://a.example/prod/x", Some("http://a.example/x")),
                ("/products", None),
                ("/pets/prod", None),
                ("/", None),
            ] {
                assert_eq!(below(&front, sent).as_deref(), expected, "{front}: {sent}");
            }
            for sent in ["/prod/x", "/x"] {
                let front = front.clone().custom_domain("a.example");
                assert_eq!(below(&front, sent).as_deref(), Some(sent), "{front}");
            }
        }
        assert_eq!(below(&Front::http_api(), "/$default/x").as_deref(), Some("/$default/x"));
        assert_eq!(below(&Front::alb().stage("prod"), "/prod/x").as_deref(), Some("/prod/x"));
    }
}
