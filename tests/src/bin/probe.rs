//! The probe as a process of its own, in the framework that `PROBE_FRAMEWORK` names, and one that can fail to start.

use std::env;

use lodger::Lodger;
use lodger_tests::probe;

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    let lodger = Lodger::new();
    match env::var("PROBE_FRAMEWORK").as_deref() {
        Ok("actix-web") => lodger.run(probe::actix_web::app).await?,
        Ok("warp") => lodger.run(probe::warp::app()).await?,
        _ => {
            lodger
                .run_with(async || match env::var("PROBE_FAILS").as_deref() {
                    Ok("error") => Err("the database is out of reach"),
                    Ok("panic") => panic!("the database is out of reach"),
                    _ => Ok(probe::app()),
                })
                .await?;
        }
    }
    eprintln!("probe: ended");
    Ok(())
}
