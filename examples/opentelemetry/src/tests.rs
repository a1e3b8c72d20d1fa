use bytes::Bytes;
use http::Request;
use lodger::Host;
use lodger_gateway::{Front, RuntimeApi};
use opentelemetry_sdk::trace::InMemorySpanExporter;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn sends_spans_in_the_trace_of_the_invocation_before_the_next_poll() {
    let api = RuntimeApi::start().await.unwrap();
    let sent = InMemorySpanExporter::default();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address());
    tokio::spawn(flush_before_freeze(lodger, init_tracing(sent.clone())).run(app()));

    let request = Request::get("/").body(Bytes::new()).unwrap();
    assert_eq!(api.send(&Front::function_url(), &request).await.body(), "hello\n");
    // Without the hook, the exporter would send the batch only after five seconds, long after the next poll.
    api.wait_for_polls(2).await;
    let spans = sent.get_finished_spans().unwrap();
    let [work, request] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((&*work.name, &*request.name), ("work", "/"));
    // The trace of the emulator: Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8.
    let trace = "67d1d1be0123456789abcdef01234567";
    assert_eq!(work.span_context.trace_id().to_string(), trace);
    assert_eq!(request.span_context.trace_id().to_string(), trace);
    assert_eq!(request.parent_span_id.to_string(), "53995c3f42cd8ad8");
    assert_eq!(work.parent_span_id, request.span_context.span_id());
}
