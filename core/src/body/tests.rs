use super::*;
use http_body::Body as _;
use http_body_util::{BodyExt, Full};

#[tokio::test]
async fn returns_complete_bytes_unchanged() {
    let body = Body::from("hello");
    assert_eq!(body.size_hint().exact(), Some(5));
    assert!(!body.is_end_stream());
    assert_eq!(body.collect().await.unwrap().to_bytes(), "hello");
    assert!(Body::from("").is_end_stream());
}

#[test]
fn converts_from_bytes_and_text() {
    let bodies = [
        Body::from(Bytes::from_static(b"hello")),
        Body::from(b"hello".to_vec()),
        Body::from("hello"),
        Body::from("hello".to_owned()),
        Body::from(&b"hello"[..]),
        Body::from(Cow::Borrowed("hello")),
        Body::from(Cow::<str>::Owned("hello".to_owned())),
        Body::from(Cow::Borrowed(&b"hello"[..])),
        Body::from(Cow::<[u8]>::Owned(b"hello".to_vec())),
    ];
    for body in bodies {
        assert_eq!(body.as_bytes().unwrap(), "hello");
    }
    assert!(Body::from(()).is_end_stream());
}

#[tokio::test]
async fn reads_another_body_frame_by_frame() {
    let body = Body::new(Full::from("hello"));
    assert!(body.as_bytes().is_none());
    assert_eq!(body.size_hint().exact(), Some(5));
    assert_eq!(body.collect().await.unwrap().to_bytes(), "hello");
}

#[tokio::test]
async fn returns_the_error_of_a_body_as_the_source() {
    struct Fails;
    impl http_body::Body for Fails {
        type Data = Bytes;
        type Error = &'static str;
        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
            Poll::Ready(Some(Err("cut off")))
        }
    }
    let error = Body::new(Fails).collect().await.unwrap_err();
    assert_eq!(format!("{error:?}"), "cannot read the body: cut off");
}

#[test]
fn converts_into_the_body_of_every_framework() {
    fn check<T: Send + Sync + Unpin + 'static>() {}
    check::<Body>();
}
