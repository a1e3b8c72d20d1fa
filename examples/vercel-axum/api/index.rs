//! The function of this project: one binary serves every path, on Vercel and locally. See `README.md`.
//!
//! ```text
//! cargo run -p example-vercel-axum
//! curl -N http://127.0.0.1:3000/countdown/5
//! ```

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(example_vercel_axum::app()).await
}
