//! Paths: percent-encoding and stages.

use http::{Uri, uri::PathAndQuery};

/// Decodes a path like captured HTTP APIs (rule 11): decodes the path, drops the text after a decoded question mark, and decodes
/// the rest again. Returns `None` if an escape is invalid.
pub(crate) fn decode_path(path: &str) -> Option<String> {
    let once = percent_decode(path.as_bytes())?;
    let path = once.split(|byte| *byte == b'?').next()?;
    percent_decode(path).map(|twice| String::from_utf8_lossy(&twice).into_owned())
}

/// Removes the stage, which is the first segment of a path (rule 24). Returns `None` if the path has another first segment.
pub(crate) fn remove_stage(uri: &Uri, stage: &str) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix('/')?.strip_prefix(stage)?;
    let path = match rest.chars().next() {
        Some('/') => rest.to_owned(),
        None | Some('?') => format!("/{rest}"),
        // The stage is only the beginning of the segment.
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

/// Decodes percent-encoding. Returns `None` if an escape is invalid.
pub(crate) fn percent_decode(mut encoded: &[u8]) -> Option<Vec<u8>> {
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

    use crate::{Front, testing::event};
    use bytes::Bytes;
    use http::Request;

    /// Paths as sent, and as decoded by an HTTP API, captured from AWS.
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
    fn decodes_paths_like_captured_http_apis() {
        for (sent, decoded) in PATHS {
            for front in [Front::http_api(), Front::http_api_v1()] {
                let Some(decoded) = decoded else {
                    let request = Request::get(sent).body(Bytes::new()).unwrap();
                    assert_eq!(front.event(&request).unwrap_err().status(), 400, "{front}");
                    continue;
                };
                let event = event(&front, Request::get(sent), b"");
                if front.name() == "http-api" {
                    assert_eq!(
                        (&event["rawPath"], &event["requestContext"]["http"]["path"]),
                        (&decoded.into(), &decoded.into())
                    );
                } else {
                    assert_eq!((&event["path"], &event["requestContext"]["path"]), (&sent.into(), &decoded.into()));
                    assert_eq!(event["pathParameters"]["proxy"], decoded.trim_start_matches('/'));
                }
            }
        }
    }

    #[test]
    fn keeps_the_path_as_sent_behind_other_fronts() {
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
    fn removes_a_stage_once_and_as_a_whole_segment() {
        let below =
            |front: &Front, sent: &str| front.uri_below_stage(&sent.parse().unwrap()).ok().map(|uri| uri.to_string());
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
