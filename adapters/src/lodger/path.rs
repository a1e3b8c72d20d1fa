//! The prefixes of paths.

use crate::{Lodger, Stage};

impl Lodger {
    /// Sets a prefix to remove from the path of each request, on every host: whole segments, once.
    ///
    /// For a prefix that a custom domain's mapping or a proxy has added. The app finds the prefix as a
    /// [`PathPrefix`](crate::PathPrefix), except under warp's own server. A path without the prefix reaches the app unchanged.
    pub fn base_path(mut self, prefix: impl Into<String>) -> Self {
        self.settings.base_path = Some(prefix.into());
        self
    }

    /// Sets whether a removed path prefix is added to the `Location` of responses. The default is yes, on every host.
    ///
    /// A prefix is the stage of an API, the [`base_path`](Self::base_path) or the prefix of a service on Vercel. An app
    /// does not see it and responds with `Location: /items`, which leads a client out of the prefix. Lodger sends
    /// `/prod/items`, as nginx does with `proxy_redirect default`.
    ///
    /// Only an absolute path without the prefix changes. `/prod/items`, `//host/items`, `https://host/items` and
    /// `items` do not change, and neither does any other header. The book
    /// (`docs/src/hosts/redirects.md` in the repository) has the limits.
    ///
    /// Turn this off if clients do not see the prefix either, such as behind a CloudFront distribution whose origin path
    /// is the stage.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::Router;
    /// use lodger::Lodger;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), lodger::Error> {
    /// # let app = Router::new();
    /// // CloudFront adds the stage to the path of each request.
    /// Lodger::new().rewrite_location(false).run(app).await
    /// # }
    /// ```
    pub fn rewrite_location(mut self, is_on: bool) -> Self {
        self.settings.rewrite_location = Some(is_on);
        self
    }

    /// Sets whether the stage of an API Gateway API is removed from the path or stays there.
    ///
    /// The default is [`Stage::Strip`].
    pub fn stage(mut self, stage: Stage) -> Self {
        self.settings.stage = stage;
        self
    }
}
