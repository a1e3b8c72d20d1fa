//! The one function: on Vercel this binary serves every path, as it does on a laptop.
//!
//! ```text
//! cargo run -p example-vercel-axum
//! curl -N http://127.0.0.1:3000/countdown/5
//! ```

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(example_vercel_axum::app()).await
}
