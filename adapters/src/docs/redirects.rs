//! Redirects, links and the removed path prefix.
//!
//! Lodger removes the stage of an API, the [base path](crate::Lodger::base_path) and the prefix of a service on Vercel
//! from the path before the app sees the request. Lodger adds the prefix to the `Location` of the response, on every
//! host, if `Location` is an absolute path without the prefix:
//!
//! | the app responds with | the client gets, behind the stage `prod` |
//! |---|---|
//! | `Location: /items` | `Location: /prod/items` |
//! | `Location: /prod/items`, `//host/items`, `https://host/items`, `items` | the same |
//!
//! So `Redirect::to("/login")`, the trailing slash that `ServeDir` adds, and middleware that redirects to a login page
//! work unchanged. [`Lodger::rewrite_location`](crate::Lodger::rewrite_location) turns this off, for clients that do
//! not see the prefix.
//!
//! # Limits
//!
//! - Only `Location` changes. An app that writes absolute paths into a body (links, forms, scripts) or into
//!   `Content-Location`, `Refresh`, `Link` or the `Path` of a cookie adds the [`PathPrefix`] of the request itself.
//! - A `Location` with a host does not change, even if the host is the request's own.
//! - A `Location` that begins with the prefix does not change. If the app has a route of that name, such as `/prod/x`
//!   behind the stage `prod`, a redirect to that route has to contain the prefix twice.
//! - A relative path needs no prefix: `login` leads from `/a/b` to `/a/login`. At the prefix itself without a slash,
//!   such as `/prod`, a relative path leads out of the prefix.
//!
//! # Links
//!
//! ```
//! use axum::response::Html;
//! use lodger::PathPrefix;
//!
//! async fn index(prefix: Option<PathPrefix>) -> Html<String> {
//!     let prefix = prefix.as_ref().map_or("", |prefix| prefix.as_str());
//!     Html(format!(r#"<a href="{prefix}/login">Log in</a>"#))
//! }
//! ```
//!
//! [`PathPrefix`]: crate::PathPrefix
