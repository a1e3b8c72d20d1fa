//! Threads that call an app in process, for events: the counterpart of the workers of actix's server.

use std::num::NonZeroUsize;

use actix_http::{Request, body::MessageBody};
use actix_service::IntoServiceFactory;

use super::{app_factory::AppFactory, service_app::build, thread::AppThread};
use crate::{Error, adapter::LambdaRuntime};

/// Polls for events on threads of their own.
///
/// The socket to the Runtime API is on the thread of the app, so that no response wakes another thread. There is one
/// thread, or one for each processor if Lambda sends several events at the same time. Each thread builds its own app.
pub(super) async fn run<F, I, S, B>(new_app: F, runtime: LambdaRuntime) -> Result<(), Error>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    let threads = match runtime.slots() {
        1 => 1,
        _ => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
    };
    let start = |mut runtime: LambdaRuntime| {
        let new_app = new_app.clone();
        AppThread::start(move || async move {
            let app = runtime.build(build(new_app)).await?;
            runtime.run_local(app).await
        })
    };
    let mut threads = runtime.split(threads).into_iter().map(start).collect::<Result<Vec<_>, _>>()?;
    let mut result = Ok(());
    for thread in &mut threads {
        result = result.and(thread.join().await);
    }
    result
}
