//! Responses of an app through every front, buffered and streamed: the client receives the status, the headers and the body.

#![no_main]

use std::cell::OnceCell;

use arbitrary::Arbitrary;
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use lodger::ResponseMode;
use lodger_fuzz::{
    app,
    frameworks::Framework,
    function::{Function, fronts},
    http_message::AnyResponse,
    model::{expected_response, received_response},
};
use lodger_gateway::Front;
use serde_json::Value;

#[derive(Debug, Arbitrary)]
struct Input {
    front: u8,
    is_streamed: bool,
    is_head: bool,
    response: AnyResponse,
}

thread_local! {
    static FUNCTIONS: [OnceCell<Function>; 2] = const { [const { OnceCell::new() }; 2] };
    static FRONTS: Vec<Front> = fronts();
}

fuzz_target!(|input: Input| {
    FRONTS.with(|fronts| {
        let front = &fronts[usize::from(input.front) % fronts.len()];
        let is_streamed = input.is_streamed && front.can_stream();
        let front = if is_streamed { &front.clone().streaming() } else { front };
        let mode = if is_streamed { ResponseMode::Stream } else { ResponseMode::Buffered };
        FUNCTIONS.with(|functions| {
            let start = || Function::start_with(Framework::Hyper, mode);
            respond(functions[usize::from(is_streamed)].get_or_init(start), front, &input);
        });
    });
});

fn respond(function: &Function, front: &Front, input: &Input) {
    let planned = &input.response.0;
    app::plan(planned.clone());
    let request = Request::builder().method(if input.is_head { "HEAD" } else { "GET" }).uri("/");
    let request = request.header("host", "example.com").body(Default::default()).expect("a valid request");
    let response: Response<_> = function.send(front, &request);
    assert_eq!(app::take_requests().len(), 1, "the app gets one request");
    for (name, value) in response.headers() {
        assert!(!app::has_line_end(value.as_bytes()), "the header {name} has the value {value:?}");
    }
    let mut received = received_response(&response, input.is_head);
    let mut expected = expected_response(front, planned, input.is_head);
    if front.is_streaming() && expected["body"] == "" {
        // Without a body, a streaming front chooses the type by another rule, and a REST API sends no length.
        [&mut received, &mut expected].into_iter().for_each(remove_description);
    }
    assert_eq!(received, expected, "{front}");
}

fn remove_description(response: &mut Value) {
    let headers = response["headers"].as_array_mut().expect("the model has made it");
    let names = ["content-type", "content-length", "x-amzn-remapped-content-length"];
    headers.retain(|header| !names.iter().any(|name| header[0] == *name));
}
