//! Events that a handler receives instead of the app.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing::Span;

use crate::{
    Settings,
    lambda::{
        Context, EventHandler, HandlerFuture, HandlerScope, IncomingEvent,
        event::{
            tests::{payload_v2, websocket},
            *,
        },
    },
    path::reserved::Reserved,
    request::new_extensions::new_event_extensions,
};

/// A handler that takes all events or none, and keeps the scope of the last one.
#[derive(Default)]
struct TestHandler {
    takes_events: bool,
    is_whole_function: bool,
    scope: Mutex<Option<HandlerScope>>,
}

impl EventHandler for TestHandler {
    fn handle(&self, incoming: &IncomingEvent<'_>) -> Option<HandlerFuture> {
        *self.scope.lock().unwrap() = Some(incoming.scope);
        self.takes_events.then(|| Box::pin(std::future::pending()) as HandlerFuture)
    }

    fn event_types(&self) -> Vec<String> {
        vec!["Order".to_owned()]
    }

    fn is_whole_function(&self) -> bool {
        self.is_whole_function
    }
}

/// The receiver of an event: the app, a handler in this scope, or nothing for this reason.
fn receiver(event: &Value, handler: TestHandler, settings: &Settings) -> String {
    let handler = Arc::new(handler);
    let handlers: [Arc<dyn EventHandler>; 1] = [Arc::clone(&handler) as _];
    let context = Context::new(lodger_runtime_api::Context::default());
    let reserved = Reserved::new(settings.events_path.as_deref(), settings.websocket_path.as_deref());
    let (mut names, extensions) = (HeaderNameCache::new(), new_event_extensions());
    let span = Span::none();
    let context = DecodeContext::new(&context, &span, settings, &handlers, &reserved, &mut names, &extensions);
    match read(&event.to_string().into(), context) {
        Ok(Recipient::App(_)) => "app".to_owned(),
        Ok(Recipient::Handler(_)) => format!("{:?}", handler.scope.lock().unwrap().unwrap()),
        Err(Rejection::Failed { message, .. }) => message,
        Err(rejection) => panic!("{rejection:?}"),
    }
}

#[test]
fn receive_events_that_are_not_http_and_have_no_route() {
    let with_routes =
        Settings { events_path: Some("/events".into()), websocket_path: Some("/ws".into()), ..Settings::default() };
    let without_routes = Settings::default();
    let takes = |event: &Value, settings: &Settings| {
        receiver(event, TestHandler { takes_events: true, ..TestHandler::default() }, settings)
    };
    let refuses = |event: &Value, settings: &Settings| receiver(event, TestHandler::default(), settings);

    let http = payload_v2::event(json!({}));
    assert_eq!((takes(&http, &with_routes), takes(&http, &without_routes)), ("app".into(), "app".into()));

    let queue = json!({"Records": [{"eventSource": "aws:sqs"}]});
    assert_eq!((takes(&queue, &with_routes), takes(&queue, &without_routes)), ("All".into(), "All".into()));
    assert_eq!(refuses(&queue, &with_routes), "app");
    let reason = refuses(&queue, &without_routes);
    assert!(reason.contains("no handler takes the event; there are handlers for Order"), "{reason}");

    let message = websocket::event("MESSAGE", json!({}));
    assert_eq!((takes(&message, &with_routes), takes(&message, &without_routes)), ("app".into(), "Typed".into()));
    assert!(refuses(&message, &without_routes).contains("LODGER_WEBSOCKET_PATH"));

    let authorizer = json!({"methodArn": "arn", "type": "TOKEN", "authorizationToken": "x"});
    assert_eq!(
        (takes(&authorizer, &with_routes), takes(&authorizer, &without_routes)),
        ("Typed".into(), "Typed".into())
    );
    assert!(refuses(&authorizer, &with_routes).contains("cannot serve an event of an authorizer"));
}

#[test]
fn receive_http_requests_if_they_are_the_whole_function() {
    let handler = TestHandler { takes_events: true, is_whole_function: true, ..TestHandler::default() };
    assert_eq!(receiver(&payload_v2::event(json!({})), handler, &Settings::default()), "Named");
}
