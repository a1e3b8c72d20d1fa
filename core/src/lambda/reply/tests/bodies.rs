//! Encoding and size limits of bodies.

use crate::lambda::reply::{limits::MAX_REPLY, tests::*};

#[tokio::test]
async fn encodes_binary_and_content_coded_bodies_as_base64() {
    // Rules 94 to 96.
    let is_base64 = async |headers: &[(&'static str, &[u8])], body| {
        reply(GET, response(200, headers, body)).await["isBase64Encoded"] == true
    };
    assert!(!is_base64(&[("content-type", b"image/png")], b"text after all").await);
    assert!(is_base64(&[("content-type", b"text/plain")], b"\xff\xfe").await);
    for coding in [&b"gzip"[..], b"BR", b"identity, zstd"] {
        assert!(is_base64(&[("content-encoding", coding)], b"text").await);
    }
    assert!(!is_base64(&[("content-encoding", b"Identity")], b"text").await);
    assert!(is_base64(&[("content-encoding", b"identity"), ("content-encoding", b"gzip")], b"text").await);
    let bom = reply(GET, response(200, &[], b"\xef\xbb\xbfx")).await;
    assert_eq!(bom["body"], "\u{feff}x");
}

#[tokio::test]
async fn joins_frames_and_drops_trailers() {
    // Rule 102.
    let trailers = Ok(Frame::trailers(HeaderMap::new()));
    // The second frame is longer than the first one.
    let response = frames([data(b""), data(b"one "), data(b"second "), data(b"three"), trailers]);
    assert_eq!(json(write(GET, response, "id").await.ok().unwrap().0)["body"], "one second three");
}

#[tokio::test]
async fn returns_the_error_of_a_body() {
    // Rule 101.
    let error = write(GET, frames([data(b"half"), Err("disk on fire")]), "id").await.err().unwrap();
    assert_eq!(error.to_string(), "the response body failed: disk on fire");
    assert_eq!(error.for_the_client(), None);
}

#[tokio::test]
async fn size_limits_apply_to_the_encoded_response() {
    // Rule 99: a quote takes two bytes, and three binary bytes take four.
    let write = async |byte: u8, length| write(GET, Response::new(Full::from(vec![byte; length])), "id").await;
    let size = async |byte: u8, length| match write(byte, length).await {
        Ok((Reply::Payload(payload), _)) => payload.len() as u64,
        Err(ReplyError::TooLarge { size, .. }) => size,
        other => panic!("{other:?}"),
    };
    let envelope = size(b'x', 1).await - 1;
    let max = MAX_REPLY - envelope as usize;
    assert!(write(b'x', max).await.is_ok());
    assert_eq!(size(b'x', max + 1).await, MAX_REPLY as u64 + 1);
    assert!(size(b'"', max / 2 + 1).await > MAX_REPLY as u64);
    assert!(size(0xff, MAX_REPLY / 4 * 3).await > MAX_REPLY as u64);
}

#[tokio::test]
async fn a_result_may_have_the_size_of_the_limit() {
    let shape = ReplyShape { format: &ReplyFormat::RESULT, without_body: false };
    for (more, is_accepted) in [(0, true), (1, false)] {
        let json: Vec<u8> = [&b"1"[..], &b" ".repeat(MAX_REPLY - 1 + more)].concat();
        let whole = write(shape, Response::new(Full::from(json.clone())), "id").await;
        assert_eq!(whole.is_ok(), is_accepted);
        let (start, end) = json.split_at(1000);
        let two = [start, end].map(|frame| Ok(Frame::data(Bytes::copy_from_slice(frame))));
        assert_eq!(write(shape, frames(two), "id").await.is_ok(), is_accepted);
    }
}

/// A body that must not be read, because it is known to be too large.
struct Unread;

impl Body for Unread {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        Poll::Ready(Some(Err("the body was read")))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(MAX_REPLY as u64 + 1)
    }
}

#[tokio::test]
async fn does_not_read_a_body_that_is_known_to_be_too_large() {
    let error = write(GET, Response::new(Unread), "id").await.err().unwrap();
    assert!(matches!(error, ReplyError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn stops_reading_an_endless_body_at_the_limit() {
    static MEGABYTE: [u8; 1 << 20] = [b'x'; 1 << 20];
    let error = write(GET, frames((0..1000).map(|_| data(&MEGABYTE))), "id").await.err().unwrap();
    assert!(matches!(error, ReplyError::TooLarge { size, .. } if size < 8 << 20));
    assert!(error.for_the_client().unwrap().contains("6291556"));
}

#[tokio::test]
async fn applies_the_size_limit_of_the_front() {
    // Rules 70 and 99.
    let format: &ReplyFormat = &ReplyFormat { max_size: 1000, max_size_of: "a load balancer", ..LISTS };
    let shape = ReplyShape { format, without_body: false };
    assert!(write(shape, Response::new(Full::from(vec![b'x'; 900])), "id").await.is_ok());
    let error = write(shape, Response::new(Full::from(vec![b'x'; 980])), "id").await.err().unwrap();
    assert!(
        error.to_string().contains("too large for a load balancer")
            && error.to_string().ends_with("the limit is 1000 bytes")
    );
    // The reply to a HEAD contains no body.
    let head = ReplyShape { without_body: true, ..shape };
    assert!(write(head, Response::new(Full::from(vec![b'x'; 980])), "id").await.is_ok());
}
