//! The app under `axum::serve`, on the address in `LODGER_ADDR`.

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::var("LODGER_ADDR").map_err(std::io::Error::other)?;
    axum::serve(tokio::net::TcpListener::bind(address).await?, bench_apps::axum_app::app()).await
}
