//! Prints the events of each front for a dozen requests, for checks by other tools.
//!
//! Each line is a JSON object: `cargo run -p lodger-gateway --example events`.

#![allow(clippy::print_stdout, reason = "the example prints events")]

use std::error::Error;

use bytes::Bytes;
use http::Request;
use lodger_gateway::{Front, WebSocketApi};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let requests = requests()?;
    for front in Front::all() {
        // A REST API passes on bodies that are not text only with a binary media type.
        let front = front.binary_media_types(["*/*"]);
        for request in &requests {
            // Some fronts reject some of the requests.
            if let Ok(event) = front.event(request) {
                print(front.name(), &event)?;
            }
        }
    }
    let connection = WebSocketApi::new();
    print("websocket-api", &connection.connect(&Request::get("/?room=1").body(Bytes::new())?))?;
    print("websocket-api", &connection.message("$default", r#"{"action":"say","text":"hello"}"#))?;
    print("websocket-api", &connection.message("say", vec![0, 1, 2, 255]))?;
    print("websocket-api", &connection.disconnect())
}

fn requests() -> Result<Vec<Request<Bytes>>, http::Error> {
    let cookies = Request::get("/cookies").header("cookie", "a=1; b=2").header("cookie", "c=3");
    let repeated = Request::get("/headers").header("x-a", "1").header("x-a", "2, 3").header("accept", "text/html");
    let browser = Request::get("/").header("user-agent", "Mozilla/5.0").header("x-forwarded-for", "203.0.113.7");
    let json = Request::post("/json").header("content-type", "application/json; charset=utf-8");
    let form = Request::post("/form").header("content-type", "application/x-www-form-urlencoded");
    let image = Request::put("/image").header("content-type", "image/png");
    let gzip = Request::patch("/gzip").header("content-type", "text/plain").header("content-encoding", "gzip");
    Ok(vec![
        Request::get("/").body(Bytes::new())?,
        Request::get("/pets/7?limit=10").body(Bytes::new())?,
        Request::get("/a%20b/%2Fc/%C3%A9/;p=1/").body(Bytes::new())?,
        Request::get("/query?r=1&r=2&plus=a+b&encoded=%26%3D%2B&flag&empty=").body(Bytes::new())?,
        Request::get("/percent%25done").body(Bytes::new())?,
        cookies.body(Bytes::new())?,
        repeated.body(Bytes::new())?,
        browser.body(Bytes::new())?,
        json.body(r#"{"text":"é \" \n"}"#.into())?,
        form.body("a=1&b=%20+".into())?,
        image.body(Bytes::from_static(b"\x89PNG\r\n\x1a\n\x00"))?,
        gzip.body(Bytes::from_static(b"\x1f\x8b\x08\x00"))?,
        Request::delete("/pets/7").body(Bytes::new())?,
        Request::head("/pets/7").body(Bytes::new())?,
    ])
}

fn print(front: &str, event: &[u8]) -> Result<(), Box<dyn Error>> {
    let event: Value = serde_json::from_slice(event)?;
    println!("{}", json!({"front": front, "event": event}));
    Ok(())
}
