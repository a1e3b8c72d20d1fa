use std::time::Duration;

use http::HeaderValue;

/// The CORS configuration of an HTTP API or a Function URL, for [`Front::cors`](crate::Front::cors).
///
/// Names and values are sent as they are written here, separated by commas. Header names are case-insensitive for browsers. A
/// list that is empty sends no header.
///
/// AWS rejects some configurations, such as `*` with credentials for an HTTP API, or `OPTIONS` as a method of a Function URL.
/// This type does not.
///
/// Sources: [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html),
/// [Function URLs](https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors).
///
/// ```
/// use std::time::Duration;
/// use bytes::Bytes;
/// use lodger_gateway::{Cors, Front};
///
/// let cors = Cors::new()
///     .allow_origins(["https://app.example.com"])
///     .allow_methods(["GET", "POST"])
///     .allow_headers(["authorization", "content-type"])
///     .max_age(Duration::from_secs(300));
/// let front = Front::http_api().cors(cors);
///
/// let preflight = http::Request::options("/pets")
///     .header("origin", "https://app.example.com")
///     .header("access-control-request-method", "POST");
/// // The front responds, and does not invoke the function.
/// let response = front.event(&preflight.body(Bytes::new()).unwrap()).unwrap_err();
/// assert_eq!(response.status(), 204);
/// assert_eq!(response.headers()["access-control-allow-methods"], "GET,POST");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    origins: Vec<String>,
    methods: Vec<String>,
    headers: Vec<String>,
    exposed_headers: Vec<String>,
    max_age: Option<Duration>,
    allows_credentials: bool,
}

impl Cors {
    /// Creates a configuration that allows no origin.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the allowed origins, such as `https://app.example.com`. `*` stands for all origins.
    ///
    /// For an HTTP API, `https://*` and `http://*` stand for all origins of a scheme.
    #[must_use]
    pub fn allow_origins<T: Into<String>>(mut self, origins: impl IntoIterator<Item = T>) -> Self {
        self.origins = strings(origins);
        self
    }

    /// Sets the methods that preflight responses allow. `*` stands for all methods.
    #[must_use]
    pub fn allow_methods<T: Into<String>>(mut self, methods: impl IntoIterator<Item = T>) -> Self {
        self.methods = strings(methods);
        self
    }

    /// Sets the request headers that preflight responses allow. `*` stands for all headers except `Authorization`.
    #[must_use]
    pub fn allow_headers<T: Into<String>>(mut self, headers: impl IntoIterator<Item = T>) -> Self {
        self.headers = strings(headers);
        self
    }

    /// Sets the response headers that scripts can read.
    #[must_use]
    pub fn expose_headers<T: Into<String>>(mut self, headers: impl IntoIterator<Item = T>) -> Self {
        self.exposed_headers = strings(headers);
        self
    }

    /// Sets the time for which browsers keep a preflight response, in whole seconds.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Allows cookies and other credentials in requests.
    #[must_use]
    pub fn allow_credentials(mut self) -> Self {
        self.allows_credentials = true;
        self
    }

    /// Returns whether the configuration allows every origin with `*`.
    pub(crate) fn allows_all_origins(&self) -> bool {
        self.origins.iter().any(|allowed| allowed == "*")
    }

    /// Returns the value of `Access-Control-Allow-Origin` for an origin, if the origin is allowed.
    pub(crate) fn allowed_origin(&self, origin: &HeaderValue, has_scheme_wildcards: bool) -> Option<HeaderValue> {
        if self.allows_all_origins() {
            return Some(HeaderValue::from_static("*"));
        }
        let matches = |allowed: &String| match allowed.as_str() {
            "https://*" | "http://*" if has_scheme_wildcards => {
                origin.as_bytes().starts_with(allowed.trim_end_matches('*').as_bytes())
            }
            allowed => origin == allowed,
        };
        self.origins.iter().any(matches).then(|| origin.clone())
    }

    /// The headers of every response to an allowed origin, besides the origin.
    pub(crate) fn response_headers(&self) -> impl Iterator<Item = (&'static str, HeaderValue)> {
        let credentials = self.allows_credentials.then(|| HeaderValue::from_static("true"));
        let headers = [
            ("access-control-expose-headers", list(&self.exposed_headers)),
            ("access-control-allow-credentials", credentials),
        ];
        headers.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }

    /// The headers of a preflight response to an allowed origin, besides the origin.
    pub(crate) fn preflight_headers(&self) -> impl Iterator<Item = (&'static str, HeaderValue)> {
        let credentials = self.allows_credentials.then(|| HeaderValue::from_static("true"));
        let headers = [
            ("access-control-allow-headers", list(&self.headers)),
            ("access-control-allow-methods", list(&self.methods)),
            ("access-control-max-age", self.max_age.map(|age| age.as_secs().into())),
            ("access-control-allow-credentials", credentials),
        ];
        headers.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

fn strings<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    values.into_iter().map(Into::into).collect()
}

/// Returns a header value with all items. A list with a character that no header can contain sends no header.
fn list(items: &[String]) -> Option<HeaderValue> {
    if items.is_empty() { None } else { HeaderValue::try_from(items.join(",")).ok() }
}
