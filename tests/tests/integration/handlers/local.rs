//! Handlers whose futures are not `Send`, beside apps of actix-web.

use std::{cell::Cell, rc::Rc, time::Duration};

use actix_web::{App, HttpResponse, web};
use lodger::{
    Lodger,
    lambda::{self, Context, events::sqs::SqsEvent},
};
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{client::ClientRequest, test_host::TestHost, wait::wait_until};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{error_of, result_of, sqs};

/// Counts the messages in a value that stays on its thread.
async fn count(event: SqsEvent, _: Context) -> Value {
    let count = Rc::new(Cell::new(0));
    for message in event.records {
        assert_ne!(message.body.as_deref(), Some("poison"), "poison in the queue");
        let count = Rc::clone(&count);
        actix_web::rt::spawn(async move { count.set(count.get() + 1) }).await.unwrap();
    }
    json!({"count": count.get(), "thread": std::thread::current().name()})
}

fn app() -> App<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Error = actix_web::Error,
        InitError = (),
        Response = actix_web::dev::ServiceResponse,
    >,
> {
    App::new().default_service(web::to(async || HttpResponse::Ok().body("from the app")))
}

#[tokio::test]
async fn local_and_other_handlers_run_beside_an_app_of_actix_web() {
    let lodger = |lodger: Lodger| lodger.on(lambda::local(count)).on_any(async |event: Value, _| event);
    let api = TestHost::lambda().on_own_thread().start(move |host| lodger(host).run(app)).await;
    let expected = json!({"count": 2, "thread": "lodger-handlers"});
    assert_eq!(result_of(&api, &sqs("orders", &["a", "b"])).await, expected);
    assert_eq!(result_of(&api, &json!({"a": 1})).await, json!({"a": 1}));
    let response = api.send(&Front::http_api(), &ClientRequest::get("/").request()).await;
    assert_eq!(&response.body()[..], b"from the app");

    let report = error_of(&api, &sqs("orders", &["poison"])).await;
    assert_eq!(report.error_type, "Function.Panicked");
    assert!(report.message.contains("poison in the queue"), "{report:?}");
    assert_eq!(result_of(&api, &sqs("orders", &["a", "b"])).await, expected);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn local_handlers_run_at_the_same_time() {
    let (sender, receiver) = mpsc::channel::<()>(1);
    let receiver = std::sync::Arc::new(tokio::sync::Mutex::new(Some(receiver)));
    let meet = async move |event: Value, _: Context| match event.as_str() {
        Some("wait") => drop(receiver.lock().await.take().unwrap().recv().await),
        _ => sender.send(()).await.unwrap(),
    };
    let host = TestHost::lambda().max_concurrency(2);
    let api = host.start(|lodger| lodger.on_any(lambda::local(meet)).run(axum::Router::new())).await;
    let (waits, sends) = (json!("wait"), json!("send"));
    tokio::join!(result_of(&api, &waits), result_of(&api, &sends));
}

#[tokio::test]
async fn the_deadline_drops_a_local_handler() {
    let (sender, receiver) = mpsc::channel::<()>(1);
    let wait = async move |_: Value, _: Context| {
        let _sender = sender.clone();
        std::future::pending::<()>().await;
    };
    let host = TestHost::lambda().timeout(Duration::from_millis(600));
    let api = host.start(|lodger| lodger.on_any(lambda::local(wait)).run(axum::Router::new())).await;
    let error = RuntimeApi::invoke(&api, "{}").await.unwrap().unwrap_err();
    assert_eq!(error.error_type, "Function.Timeout");
    wait_until("the future of the handler was dropped", || receiver.sender_strong_count() == 1).await;
}
