//! The files of the page.

use http::{HeaderValue, Method, Response, StatusCode, header::CONTENT_TYPE};

use super::error::ApiError;
use crate::platform::{BoxBody, full};

const HTML: &str = "text/html; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The path, the media type and the content of each file.
const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("page/index.html")),
    ("/actions.js", JS, include_str!("page/actions.js")),
    ("/api.js", JS, include_str!("page/api.js")),
    ("/app.js", JS, include_str!("page/app.js")),
    ("/body.css", CSS, include_str!("page/body.css")),
    ("/body.js", JS, include_str!("page/body.js")),
    ("/bytes.js", JS, include_str!("page/bytes.js")),
    ("/compare.css", CSS, include_str!("page/compare.css")),
    ("/compare.js", JS, include_str!("page/compare.js")),
    ("/detail.css", CSS, include_str!("page/detail.css")),
    ("/detail.js", JS, include_str!("page/detail.js")),
    ("/dialog.css", CSS, include_str!("page/dialog.css")),
    ("/dom.js", JS, include_str!("page/dom.js")),
    ("/edit.js", JS, include_str!("page/edit.js")),
    ("/icon.svg", SVG, include_str!("page/icon.svg")),
    ("/json.js", JS, include_str!("page/json.js")),
    ("/keys.js", JS, include_str!("page/keys.js")),
    ("/list.css", CSS, include_str!("page/list.css")),
    ("/list.js", JS, include_str!("page/list.js")),
    ("/page.css", CSS, include_str!("page/page.css")),
    ("/panes.css", CSS, include_str!("page/panes.css")),
    ("/panes.js", JS, include_str!("page/panes.js")),
    ("/project.js", JS, include_str!("page/project.js")),
    ("/search.js", JS, include_str!("page/search.js")),
    ("/store.js", JS, include_str!("page/store.js")),
    ("/style.css", CSS, include_str!("page/style.css")),
    ("/theme.js", JS, include_str!("page/theme.js")),
    ("/timing.css", CSS, include_str!("page/timing.css")),
    ("/timing.js", JS, include_str!("page/timing.js")),
    ("/tree.js", JS, include_str!("page/tree.js")),
];

/// Returns a file of the page.
///
/// # Errors
/// There is no file of this path.
pub fn respond(method: &Method, path: &str) -> Result<Response<BoxBody>, ApiError> {
    let file = FILES.iter().find(|(name, ..)| *name == path).filter(|_| *method == Method::GET);
    let (_, media_type, content) =
        file.ok_or_else(|| (StatusCode::NOT_FOUND, format!("cannot find {method} {path}")))?;
    let mut response = Response::new(full(*content));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    #[test]
    fn serves_every_file_of_the_page() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/inspector/page");
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let served = FILES.iter().map(|(path, ..)| {
            match path.strip_prefix("/") {
                Some("") => "index.html",
                Some(name) => name,
                None => panic!("{path}"),
            }
            .to_owned()
        });
        assert_eq!(files.collect::<BTreeSet<_>>(), served.collect());
        assert_eq!(respond(&Method::GET, "/unknown").unwrap_err().0, StatusCode::NOT_FOUND);
        assert!(respond(&Method::POST, "/").is_err());
    }
}
