//! Functions on Lambda, with a Runtime API of `lodger-gateway`, in the process of the target.

use bytes::Bytes;
use http::{Request, Response};
use lodger::{Host, Lodger, ResponseMode};
use lodger_core::fuzzing;
use lodger_gateway::{Front, FunctionResult, RuntimeApi};
use tokio::runtime::Runtime;

use crate::{frameworks::Framework, new_runtime};

/// The path at which the function receives events that are not HTTP.
pub const EVENTS_PATH: &str = "/for/events";
/// The path at which the function receives messages of WebSocket APIs.
pub const WEBSOCKET_PATH: &str = "/for/websockets";

/// A Lambda function whose app is of one framework.
pub struct Function {
    runtime: Runtime,
    api: RuntimeApi,
}

impl Function {
    /// Starts the function.
    pub fn start(framework: Framework) -> Self {
        Self::start_with(framework, ResponseMode::Buffered)
    }

    /// Starts the function with a response mode.
    pub fn start_with(framework: Framework, mode: ResponseMode) -> Self {
        let runtime = new_runtime();
        let api = runtime.block_on(RuntimeApi::start()).expect("a loopback port is free");
        let address = api.address();
        let run = move || {
            let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(address);
            lodger.response_mode(mode).events_path(EVENTS_PATH).websocket_path(WEBSOCKET_PATH)
        };
        if framework == Framework::ActixWeb {
            std::thread::spawn(move || {
                let ended = actix_web::rt::System::new().block_on(framework.run(run()));
                panic!("the function has ended: {ended:?}");
            });
        } else {
            runtime.spawn(async move {
                let ended = framework.run_send(run()).await;
                panic!("the function has ended: {ended:?}");
            });
        }
        runtime.block_on(api.wait_for_polls(1));
        Self { runtime, api }
    }

    /// Sends a request through a front, and returns the response to the client.
    pub fn send(&self, front: &Front, request: &Request<Bytes>) -> Response<Bytes> {
        let response = self.runtime.block_on(self.api.send(front, request));
        assert_eq!(self.api.protocol_errors(), [""; 0], "the function broke the protocol");
        response
    }

    /// Sends an event, and waits for the one result that the function sends.
    pub fn invoke(&self, event: Vec<u8>) -> FunctionResult {
        let result = self.runtime.block_on(self.api.invoke(event)).expect("the function responds in time");
        assert_eq!(self.api.protocol_errors(), [""; 0], "the function broke the protocol");
        if let Err(error) = &result {
            // `Runtime.UnreadableEvent` would be a panic that Lodger has caught.
            let expected = [
                "Runtime.MalformedEvent",
                "Runtime.UnsupportedEvent",
                "Function.ErrorStatus",
                "Function.UnreadableResult",
            ];
            assert!(expected.contains(&&*error.error_type), "unexpected error: {error}");
        }
        result
    }
}

/// Every front. The REST API has the binary media type `*/*`, so that bodies keep their bytes.
pub fn fronts() -> Vec<Front> {
    Front::all().into_iter().map(|front| front.binary_media_types(["*/*"])).collect()
}

/// Returns whether a path is a reserved one or below it.
pub fn is_below(path: &str, reserved: &str) -> bool {
    path.strip_prefix(reserved).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns whether Lodger may respond to a target with 404, because it resembles a reserved path.
///
/// Lodger rejects more than the spellings that lead to a reserved path: a router may see any part of a parameter as a segment, and no
/// router decodes a path as often as some of them need.
pub fn may_be_reserved(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    if is_plain(path) {
        return [EVENTS_PATH, WEBSOCKET_PATH].iter().any(|reserved| fuzzing::may_lead_to(path, reserved));
    }
    ["events", "websockets"].iter().any(|segment| fuzzing::may_contain(path, segment))
        || path.matches("%25").count() > 2
        || path.contains("25252")
}

/// Returns whether all readers see the same segments in a path.
pub fn is_plain(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'/' | b'-' | b'_');
    path.bytes().all(is_plain)
}
