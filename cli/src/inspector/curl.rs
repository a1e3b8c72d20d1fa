//! A request as a command of curl. The parts of the request come from a client, so that each is one word for the shell and no
//! option for curl.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;
use serde_json::{Value, json};

use super::{api, error::ApiError};
use crate::{history::RequestRecord, platform::Platform};

/// Headers that curl writes itself.
const OF_CURL: [&str; 4] = ["host", "content-length", "connection", "transfer-encoding"];

/// The maximum length of a body as a word of the command. Linux limits a word to 131,072 bytes.
const MAX_WORD: usize = 100_000;

/// The request of an invocation as a command.
///
/// # Errors
/// There is no such invocation, it is no request, or the history has only the beginning of its body.
pub fn curl(platform: &Platform, id: &str) -> Result<Value, ApiError> {
    let bad = |error: &str| (StatusCode::BAD_REQUEST, error.to_owned());
    let record = api::record(platform, id)?;
    let (front, request) = record.read(|detail| (detail.summary.front.clone(), detail.request.clone()));
    let request = request.ok_or_else(|| bad("the invocation has no request"))?;
    if request.body.is_truncated() {
        return Err(bad(
            "cannot copy the request: its body is larger than 1 MB, and the history has only the beginning",
        ));
    }
    Ok(json!({"command": command(&platform.url(&front), &request)}))
}

fn command(url: &str, request: &RequestRecord) -> String {
    let mut words = vec!["curl".to_owned()];
    let mut before = String::new();
    let has_body = request.body.size() > 0;
    // With another method of this name, curl waits for a body.
    if request.method == "HEAD" && !has_body {
        words.push("--head".to_owned());
    } else {
        words.push(format!("-i -X {}", word(&request.method)));
    }
    if request.target.contains(['[', ']', '{', '}']) {
        words.push("--globoff".to_owned());
    }
    if request.target.contains("/.") {
        words.push("--path-as-is".to_owned());
    }
    words.extend(headers(request, has_body).iter().map(|header| format!("-H {}", quoted(header))));
    if has_body {
        match request.body.text().filter(|text| text.len() <= MAX_WORD && !text.contains('\0')) {
            Some(text) => words.push(format!("--data-raw {}", quoted(text))),
            None => {
                before = format!("printf %s {} | base64 -d | ", STANDARD.encode(request.body.bytes()));
                words.push("--data-binary @-".to_owned());
            }
        }
    }
    if request.target.starts_with('/') {
        words.push(quoted(&format!("{url}{}", request.target)));
    } else {
        // For `OPTIONS *`.
        words.push(format!("--request-target {} {}", quoted(&request.target), quoted(url)));
    }
    before + &words.join(" ")
}

/// The arguments of the option for headers, without those that curl writes itself.
fn headers(request: &RequestRecord, has_body: bool) -> Vec<String> {
    let sent = request.headers.iter().filter(|(name, _)| !OF_CURL.contains(&name.as_str()));
    // Without a value, the colon removes a header.
    let sent = sent.map(|(name, value)| if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") });
    // Headers that curl adds unless they are removed.
    let added = [("accept", true), ("user-agent", true), ("content-type", has_body)].into_iter();
    let removed = added.filter(|(name, is_added)| *is_added && !request.headers.iter().any(|(of, _)| of == name));
    sent.chain(removed.map(|(name, _)| format!("{name}:"))).collect()
}

/// A word of the shell, without quotes if it needs none.
fn word(text: &str) -> String {
    let is_plain = !text.is_empty() && text.chars().all(|char| char.is_ascii_alphanumeric() || char == '-');
    if is_plain { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::BodyRecord;

    const USUAL: [(&str, &str); 3] = [("host", "x"), ("accept", "*/*"), ("user-agent", "curl")];

    fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> RequestRecord {
        RequestRecord {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: BodyRecord::new(None, body),
        }
    }

    fn get(method: &str, target: &str) -> String {
        command("http://x", &request(method, target, &USUAL, b""))
    }

    #[test]
    fn quotes_a_request_for_the_shell() {
        let headers = [USUAL.as_slice(), &[("x-a", "it's `b`"), ("content-type", "a/b")]].concat();
        let post = |body: &[u8]| command("http://alb.localhost:1", &request("POST", "/it's?a=$b", &headers, body));
        let sent = "-H 'accept: */*' -H 'user-agent: curl' -H 'x-a: it'\\''s `b`' -H 'content-type: a/b'";
        let url = "'http://alb.localhost:1/it'\\''s?a=$b'";
        assert_eq!(post(b"a'\nb"), format!("curl -i -X POST {sent} --data-raw 'a'\\''\nb' {url}"));
        // It is no file.
        assert_eq!(post(b"@/etc/hostname"), format!("curl -i -X POST {sent} --data-raw '@/etc/hostname' {url}"));
        for (body, encoded) in [(b"\xff".as_slice(), "/w=="), (b"a\0", "YQA=")] {
            let expected = format!("printf %s {encoded} | base64 -d | curl -i -X POST {sent} --data-binary @- {url}");
            assert_eq!(post(body), expected);
        }
        assert!(post(&[b'a'; MAX_WORD + 1]).starts_with("printf %s YWFh"));
        assert_eq!(
            get("GET`id$IFS'a'`", "/").replace("-H 'accept: */*' -H 'user-agent: curl' ", ""),
            "curl -i -X 'GET`id$IFS'\\''a'\\''`' 'http://x/'"
        );
    }

    #[test]
    fn keeps_curl_from_changing_the_request() {
        assert!(get("HEAD", "/").starts_with("curl --head -H"));
        assert!(get("GET", "/?a={1,2}").contains(" --globoff "));
        assert!(get("GET", "/?filter[name]=x").contains(" --globoff "));
        assert!(get("GET", "/a/../b").contains(" --path-as-is "));
        assert!(get("OPTIONS", "*").ends_with(" --request-target '*' 'http://x'"));
        let headers = |headers, body| super::headers(&request("POST", "/", headers, body), !body.is_empty());
        assert_eq!(
            headers(&[("x-empty", ""), ("accept", "a")], b"b"),
            ["x-empty;", "accept: a", "user-agent:", "content-type:"]
        );
        assert_eq!(headers(&[], b""), ["accept:", "user-agent:"]);
    }
}
