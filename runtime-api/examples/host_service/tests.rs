use lodger_gateway::{Invocation, RuntimeApi};

use super::*;

#[tokio::test]
async fn hosts_a_service_with_layers() {
    let api = RuntimeApi::start().await.unwrap();
    let client = Client::new(&api.address()).unwrap();
    let service = ServiceBuilder::new().timeout(Duration::from_millis(200)).service(service_fn(async |event| {
        let event: LambdaEvent<Value> = event;
        if event.payload["sleeps"] == true {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        double(event).await
    }));
    tokio::spawn(serve(client, service));

    let invoke = async |event: &'static str| api.invoke(Invocation::new(event)).await.unwrap();
    assert_eq!(invoke(r#"{"number":7}"#).await.unwrap(), r#"{"number":14}"#);
    for (event, message) in [
        ("{}", "the event has no number"),
        (r#"{"number":9223372036854775807}"#, "the number is too large"),
        (r#"{"sleeps":true}"#, "request timed out"),
        ("not JSON", "expected ident at line 1 column 2"),
    ] {
        let error = invoke(event).await.unwrap_err();
        assert_eq!(error.to_string(), format!("Function.HandlerError: {message}"));
    }
    assert_eq!(invoke(r#"{"number":1}"#).await.unwrap(), r#"{"number":2}"#);
    assert_eq!(api.protocol_errors(), [""; 0]);
}
