use super::names::impl_names;

/// A choice: remove the stage of an API Gateway API from the path, or keep it.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::Stage;
///
/// assert_eq!("keep".parse::<Stage>().unwrap(), Stage::Keep);
/// assert_eq!(Stage::default(), Stage::Strip);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Removes the stage. The app sees the same path as on every other host, and the stage as a
    /// [`PathPrefix`](crate::PathPrefix).
    ///
    /// Behind a custom domain the path of an HTTP API never contains the stage, so nothing is removed there. The path of a REST
    /// API contains the stage if the domain is mapped to the API without a stage. The event does not show the mapping. So behind
    /// a custom domain a REST API's path that begins with the name of the stage always loses this segment. If the app has such
    /// routes, rename the stage, or use `Keep`.
    #[default]
    Strip,
    /// Keeps the path as the event has it. The path of an HTTP API contains the stage, the path of a REST API does not: routes
    /// that begin with the stage do not match behind a REST API.
    Keep,
}

impl_names!(Stage, "stage", "`strip` or `keep`", { Strip: "strip", Keep: "keep" });

/// The transfer of responses behind fronts that can stream: Function URLs and REST APIs.
///
/// Behind every other front a response is buffered, whatever the mode is.
///
/// An event does not show the transfer mode of its front, so the app has to set it. Function URLs stream if their invoke mode is
/// `RESPONSE_STREAM`, and a method of a REST API streams if its response transfer mode is `STREAM`. If the mode here and the
/// mode of the front differ, the client receives the JSON of the reply instead of the response.
///
/// Sources: [response streaming](https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html),
/// [response streaming for REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html).
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::ResponseMode;
///
/// assert_eq!("stream-url".parse::<ResponseMode>().unwrap(), ResponseMode::StreamUrl);
/// assert_eq!(ResponseMode::default(), ResponseMode::Buffered);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseMode {
    /// Sends the response when it is complete, up to 6 MB.
    #[default]
    Buffered,
    /// Sends each part of the response as soon as the app has written it, up to 200 MB.
    Stream,
    /// Streams behind Function URLs, and buffers behind REST APIs.
    StreamUrl,
    /// Streams behind REST APIs, and buffers behind Function URLs.
    StreamRest,
}

impl_names!(ResponseMode, "response mode", "`buffered`, `stream`, `stream-url` or `stream-rest`", {
    Buffered: "buffered",
    Stream: "stream",
    StreamUrl: "stream-url",
    StreamRest: "stream-rest",
});

#[cfg(feature = "lambda")]
impl ResponseMode {
    pub(crate) fn streams_urls(self) -> bool {
        matches!(self, Self::Stream | Self::StreamUrl)
    }

    pub(crate) fn streams_rest_apis(self) -> bool {
        matches!(self, Self::Stream | Self::StreamRest)
    }
}
