//! The function of this project: one binary serves every path, on Vercel and locally. See `README.md`.
//!
//! ```text
//! cargo run -p example-vercel-axum
//! curl -N http://127.0.0.1:3000/countdown/5
//! ```

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    let cron_secret = std::env::var("CRON_SECRET").ok().filter(|secret| !secret.is_empty());
    lodger::run(example_vercel_axum::app(cron_secret)).await
}
