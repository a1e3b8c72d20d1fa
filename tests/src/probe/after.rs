//! Work after the response: the routes `/after/{name}/..`.

use std::sync::Mutex;

use http::Response;
use serde_json::Value;

use super::{HostExtensions, span};

/// The completed work of this process, by name, and the span of each.
static DONE: Mutex<Vec<(String, Value)>> = Mutex::new(vec![]);

/// Whether the work of `/after/{name}/..` is complete.
pub fn has_done(name: &str) -> bool {
    done_in(name).is_some()
}

/// The span of the work of `/after/{name}/..`, if it is complete.
pub fn done_in(name: &str) -> Option<Value> {
    DONE.lock().unwrap().iter().find(|(done, _)| done == name).map(|(_, span)| span.clone())
}

/// Starts work after the response that ends with `waits`.
///
/// If the name begins with `panic`, the work panics. If it begins with `said`, the process prints a line.
pub(super) fn after(
    extensions: &HostExtensions,
    name: &str,
    waits: impl Future<Output = ()> + Send + 'static,
) -> Response<Vec<u8>> {
    let Some(after) = &extensions.after else {
        return Response::builder().status(501).body(vec![]).unwrap();
    };
    let name = name.to_owned();
    after.run(async move {
        waits.await;
        assert!(!name.starts_with("panic"), "asked to panic after the response");
        if name.starts_with("said") {
            eprintln!("probe: {name} after the response");
        }
        DONE.lock().unwrap().push((name, span::current()));
    });
    Response::new(b"handed over".to_vec())
}
