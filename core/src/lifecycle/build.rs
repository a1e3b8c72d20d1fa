use crate::{
    Error,
    util::catch_panic::{CatchPanic, Panicked, catch_panic_async},
};

/// Builds an app. A panic becomes an error.
pub(crate) async fn catch_build_panic<T>(build: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let panicked = |Panicked(message)| Error::build(format!("the app panicked while it was built: {message}"));
    catch_panic_async(CatchPanic::new(|| build)).await.map_err(panicked).flatten()
}
