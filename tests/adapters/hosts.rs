//! Checks of an adapter, for an app with the route `POST /echo/{name}`.

use bytes::Bytes;
use lodger::{
    Host, Lodger,
    adapter::{BoxError, Run},
};
use lodger_gateway::{Front, RuntimeApi};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

pub async fn run_as_a_server<A, Marker>(app: A) -> Result<(), BoxError>
where
    A: Run<Marker> + 'static,
    Marker: 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let (end, ended) = oneshot::channel::<()>();
    let lodger = Lodger::new().host(Host::Server).listener(listener).shutdown(async { drop(ended.await) });
    let server = tokio::spawn(lodger.run(app));

    let mut client = TcpStream::connect(addr).await?;
    client.write_all(b"POST /echo/x HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbody").await?;
    let mut response = String::new();
    client.read_to_string(&mut response).await?;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("x from 127.0.0.1: body"), "{response}");
    drop(end);
    Ok(server.await??)
}

pub async fn run_on_lambda_behind_every_front<A, Marker>(app: A) -> Result<(), BoxError>
where
    A: Run<Marker> + 'static,
    Marker: 'static,
{
    let api = RuntimeApi::start().await?;
    tokio::spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).run(app));
    for front in Front::all() {
        let front = front.client([198, 51, 100, 4].into());
        let request = http::Request::post("/echo/x").body(Bytes::from_static(b"body")).unwrap();
        let response = api.send(&front, &request).await;
        assert_eq!(
            (response.status().as_u16(), &response.body()[..]),
            (200, &b"x from 198.51.100.4: body"[..]),
            "{front}"
        );
    }
    let request = http::Request::get("/none").body(Bytes::new()).unwrap();
    assert_eq!(api.send(&Front::function_url(), &request).await.status(), 404);
    Ok(())
}
