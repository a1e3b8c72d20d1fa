//! Requests of clients through every front to an app in every framework, and damaged events of them.

#![no_main]

use std::cell::OnceCell;

use arbitrary::Arbitrary;
use http::Response;
use libfuzzer_sys::{Corpus, fuzz_target};
use lodger_fuzz::{
    app,
    frameworks::Framework,
    function::{EVENTS_PATH, Function, WEBSOCKET_PATH, fronts, is_below, may_be_reserved},
    http_message::{AnyRequest, AnyResponse},
    model::{expected_request, expected_response, received_response},
    mutation::Mutation,
};
use lodger_gateway::{Front, FunctionResult, WebSocketApi};

#[derive(Debug, Arbitrary)]
struct Input {
    /// The last number is a WebSocket API.
    front: u8,
    framework: Framework,
    request: AnyRequest,
    response: AnyResponse,
    mutations: Vec<Mutation>,
}

thread_local! {
    /// The function in each framework, from its first input on.
    static FUNCTIONS: [OnceCell<Function>; 5] = const { [const { OnceCell::new() }; 5] };
    static FRONTS: Vec<Front> = fronts();
}

fuzz_target!(|input: Input| -> Corpus {
    FUNCTIONS.with(|functions| {
        let function = functions[input.framework as usize].get_or_init(|| Function::start(input.framework));
        app::plan(input.response.0.clone());
        FRONTS.with(|fronts| match fronts.get(usize::from(input.front) % (fronts.len() + 1)) {
            Some(front) if input.mutations.is_empty() => exchange(function, front, &input),
            front => damage(function, front, &input),
        })
    })
});

/// Compares the request and the response with the model of the front.
fn exchange(function: &Function, front: &Front, input: &Input) -> Corpus {
    let request = input.request.0.request();
    let expected = expected_request(front, input.framework, &input.request.0);
    let event = match front.event(&request) {
        Ok(event) => event,
        Err(response) => {
            assert_eq!(expected, None, "{front} rejects the request with {response:?}");
            return Corpus::Keep;
        }
    };
    let result = function.invoke(event.to_vec());
    let [seen] = &app::take_requests()[..] else {
        // The path of a client must never lead to the route for events. Every other request of a client is valid.
        let status = front.response(&result).status();
        assert_eq!(status, 404, "no request of the app: {result:?}");
        assert!(may_be_reserved(&input.request.0.target), "404 for {:?}", input.request.0.target);
        return Corpus::Keep;
    };
    seen.check();
    assert_eq!(Some(seen.describe()), expected, "{front}");
    let is_head = input.request.0.method == "HEAD";
    let received = received_response(&front.response_to(&request, &result), is_head);
    assert_eq!(received, expected_response(front, &input.response.0, is_head), "{front}");
    Corpus::Keep
}

/// Checks the properties that hold for an event with any content.
fn damage(function: &Function, front: Option<&Front>, input: &Input) -> Corpus {
    let request = input.request.0.request();
    let event = match front {
        Some(front) => match front.event(&request) {
            Ok(event) => event,
            Err(_) => return Corpus::Reject,
        },
        None if input.request.0.method == "GET" => WebSocketApi::new().connect(&request),
        None => WebSocketApi::new().message("$default", input.request.0.body.clone()),
    };
    let mut event = event.to_vec();
    input.mutations.iter().take(8).for_each(|mutation| mutation.apply(&mut event));
    let result = function.invoke(event);
    let requests = app::take_requests();
    assert!(requests.len() <= 1, "the app got {} requests for one event", requests.len());
    for request in &requests {
        request.check();
        let is_reserved = [EVENTS_PATH, WEBSOCKET_PATH].iter().any(|path| is_below(request.uri.path(), path));
        assert!(!is_reserved || request.is_synthetic != Some(false), "a client has requested {:?}", request.uri);
        assert!(is_reserved || request.is_synthetic != Some(true), "an event has the path {:?}", request.uri);
    }
    check_reply(front, &result, requests.is_empty());
    Corpus::Keep
}

/// Checks that a client could not be sent other headers than those of the app.
fn check_reply(front: Option<&Front>, result: &FunctionResult, has_no_request: bool) {
    let (Some(front), Ok(_)) = (front, result) else { return };
    let response: Response<_> = front.response(result);
    for (name, value) in response.headers() {
        assert!(!app::has_line_end(value.as_bytes()), "the header {name} has the value {value:?}");
        assert!(!has_no_request || name != "set-cookie", "a response of Lodger has a cookie: {value:?}");
    }
}
