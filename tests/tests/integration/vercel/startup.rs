//! Functions that cannot start: an app that cannot be built, and a platform without a socket.

use actix_web::{App, HttpResponse, web};
use axum::Router;
use lodger::{Error, Host, Lodger};
use lodger_tests::wait::SOON;
use tokio::time::timeout;

use super::{apps, messages_without_log, start};

#[tokio::test]
async fn reports_an_app_that_cannot_be_built() {
    let without_database =
        || App::new().data_factory(async || Err::<(), _>("no database")).default_service(web::to(HttpResponse::Ok));
    let failing = async || Err::<Router, _>(std::io::Error::other("no database"));
    let panicking = async || -> Result<Router, Error> { panic!("no database") };
    for (mut function, expected) in [
        (start(move |lodger| lodger.run_with(failing)).await, "cannot build the app: no database"),
        (start(move |lodger| lodger.run_with(panicking)).await, "the app panicked while it was built: no database"),
        (start(move |lodger| lodger.run(without_database)).await, "cannot build the app"),
    ] {
        let (exit_code, message) = timeout(SOON, function.platform.unrecoverable_error()).await.unwrap();
        assert!(exit_code == 1 && message.starts_with(expected), "{exit_code}: {message}");
        assert!(format!("{:?}", function.result().await.unwrap_err()).starts_with(expected));
        assert_eq!(messages_without_log(&function).len(), 1);
    }
}

#[tokio::test]
async fn returns_an_error_if_it_cannot_connect_to_the_platform() {
    for (lodger, expected) in [
        (
            Lodger::new().vercel_ipc_path("/nowhere/ipc.sock"),
            "cannot connect to Vercel on the socket \"/nowhere/ipc.sock\"",
        ),
        (Lodger::new(), "cannot connect to Vercel: VERCEL_IPC_PATH is not set"),
    ] {
        let error = lodger.host(Host::Vercel).run(apps::router()).await.unwrap_err();
        assert!(format!("{error:?}").starts_with(expected), "{error:?}");
    }
}
