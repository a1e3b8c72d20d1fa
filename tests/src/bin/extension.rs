//! An external extension that prints its events.
//!
//! With `EXTENSION_INVOKE`, the extension is registered for INVOKE, and handles each event for that many milliseconds. With
//! `EXTENSION_SHUTDOWN`, its handler of SHUTDOWN never returns: `waits` can be cancelled, and `blocks` cannot.

use std::{env, thread, time::Duration};

use lodger_extension::{Extension, InvokeEvent, ShutdownEvent};
use tokio::time::sleep;

async fn shut_down(event: ShutdownEvent) {
    println!("extension: SHUTDOWN {}", event.reason.as_str());
    match env::var("EXTENSION_SHUTDOWN").as_deref() {
        Ok("waits") => std::future::pending().await,
        Ok("blocks") => thread::sleep(Duration::from_secs(3600)),
        _ => {}
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger_extension::Error> {
    let mut extension = Extension::new().on_shutdown(shut_down);
    if let Ok(duration) = env::var("EXTENSION_INVOKE") {
        let duration = Duration::from_millis(duration.parse().expect("EXTENSION_INVOKE is a number of milliseconds"));
        extension = extension.on_invoke(move |event: InvokeEvent| async move {
            sleep(duration).await;
            println!("extension: INVOKE {}", event.request_id);
        });
    }
    let registered = extension.register().await?;
    println!("extension: registered for {}", registered.function().name);
    registered.run().await?;
    println!("extension: ended");
    Ok(())
}
