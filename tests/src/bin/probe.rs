//! The probe as a process of its own, and one that can fail to start.

use lodger::Lodger;
use lodger_tests::probe;

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    Lodger::new()
        .run_with(async || match std::env::var("PROBE_FAILS").as_deref() {
            Ok("error") => Err("the database is out of reach"),
            Ok("panic") => panic!("the database is out of reach"),
            _ => Ok(probe::app()),
        })
        .await?;
    eprintln!("probe: ended");
    Ok(())
}
