// error: is not an app
// error: in `lodger::axum::service(..)`

use axum::middleware::Next;
use tower::Layer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger::Error> {
    let layer = axum::middleware::from_fn(async |request, next: Next| next.run(request).await);
    lodger::run(layer.layer(axum::Router::new())).await
}
