use std::{borrow::Cow, error, fmt, io};

/// Any error, in the type that web frameworks use for it.
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// The error of every function of Lodger that can fail: of `run` and `host`, of reading a [`Body`](crate::Body), and of parsing.
///
/// The type is opaque. The message names the value at fault and the fix. Methods such as
/// [`is_invalid_setting`](Self::is_invalid_setting) check for one kind of error. At most one of them returns `true`. None does for
/// any other error, such as a failed hook, a host whose feature is off, or JSON that does not fit a type.
/// [`source`](error::Error::source) returns the cause.
///
/// `Display` prints the message only. `Debug` prints the causes as well, and `main` uses `Debug` to print an error that it returns.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// fn exit_code(error: &lodger::Error) -> u8 {
///     // `EX_CONFIG` and `EX_UNAVAILABLE` of sysexits.h
///     if error.is_invalid_setting() { 78 } else if error.is_listen() { 69 } else { 1 }
/// }
/// # assert_eq!(exit_code(&lodger::Error::new("")), 1);
/// ```
pub struct Error(Box<ErrorImpl>);

struct ErrorImpl {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<BoxError>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ErrorKind {
    InvalidSetting,
    Listen,
    Build,
    SecondRun,
    PlatformLost,
    RequestBody,
    Other,
}

impl Error {
    /// Creates an error with a message: lower case, specific, without a secret.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::Other, message)
    }

    /// Creates an error for an app that could not be built.
    pub fn build(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::Build, message)
    }

    pub(crate) fn invalid_setting(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::InvalidSetting, message)
    }

    #[cfg(feature = "server")]
    pub(crate) fn listen(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::Listen, message)
    }

    #[cfg(any(feature = "lambda", feature = "vercel"))]
    pub(crate) fn second_run(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::SecondRun, message)
    }

    #[cfg(any(feature = "lambda", feature = "vercel"))]
    pub(crate) fn platform_lost(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::PlatformLost, message)
    }

    pub(crate) fn request_body(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::RequestBody, message)
    }

    fn of_kind(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(ErrorImpl { kind, message: message.into(), source: None }))
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns whether a setting is invalid, or missing: a variable, a value that code has set, or a name or a path that was parsed.
    ///
    /// An address of the host is a setting too: `AWS_LAMBDA_RUNTIME_API` on Lambda, `VERCEL_IPC_PATH` on Vercel.
    pub fn is_invalid_setting(&self) -> bool {
        self.0.kind == ErrorKind::InvalidSetting
    }

    /// Returns whether the server cannot listen on its address, such as one that is in use.
    pub fn is_listen(&self) -> bool {
        self.0.kind == ErrorKind::Listen
    }

    /// Returns whether the app could not be built: `Lodger::run_with` returns this error if its closure fails, and on Lambda and on
    /// Vercel also if the closure panics.
    pub fn is_build(&self) -> bool {
        self.0.kind == ErrorKind::Build
    }

    /// Returns whether another `run` of the process already receives the requests of this host.
    pub fn is_second_run(&self) -> bool {
        self.0.kind == ErrorKind::SecondRun
    }

    /// Returns whether Lambda or Vercel cannot be reached, or has ended the process.
    ///
    /// | host | cause |
    /// |---|---|
    /// | Lambda | the Runtime API was unreachable for 60 seconds, reported that the process cannot go on, or took no snapshot |
    /// | Vercel | the socket in `VERCEL_IPC_PATH` cannot be opened, or its connection broke |
    ///
    /// A program cannot recover: exit, so that the host starts a new process.
    pub fn is_platform_lost(&self) -> bool {
        self.0.kind == ErrorKind::PlatformLost
    }

    /// Returns whether reading a [`Body`](crate::Body) failed, such as after a client has disconnected.
    pub fn is_request_body(&self) -> bool {
        self.0.kind == ErrorKind::RequestBody
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut cause = error::Error::source(self);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<Error> for io::Error {
    /// For a `main` that returns `io::Result<()>`, like in the examples of axum and actix-web.
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_prints_the_message_and_debug_prints_the_causes() {
        let error =
            Error::new("cannot listen").with_source(Error::new("address in use").with_source("port 80 is taken"));
        assert_eq!(error.to_string(), "cannot listen");
        assert_eq!(format!("{error:?}"), "cannot listen: address in use: port 80 is taken");
    }

    #[test]
    fn converts_into_the_errors_that_main_returns() {
        fn boxed() -> Result<(), Box<dyn error::Error + Send + Sync>> {
            Err(Error::new("no"))?
        }
        fn io() -> io::Result<()> {
            Err(Error::new("cannot listen").with_source("port 80 is taken"))?
        }
        assert!(boxed().is_err());
        assert!(format!("{:?}", io().unwrap_err()).contains("cannot listen: port 80 is taken"));
    }

    #[test]
    fn has_one_kind_and_keeps_it_with_a_source() {
        let is: [fn(&Error) -> bool; 6] = [
            Error::is_invalid_setting,
            Error::is_listen,
            Error::is_build,
            Error::is_second_run,
            Error::is_platform_lost,
            Error::is_request_body,
        ];
        let kinds = [
            ErrorKind::InvalidSetting,
            ErrorKind::Listen,
            ErrorKind::Build,
            ErrorKind::SecondRun,
            ErrorKind::PlatformLost,
            ErrorKind::RequestBody,
            ErrorKind::Other,
        ];
        for (at, kind) in kinds.into_iter().enumerate() {
            let error = Error::of_kind(kind, "message").with_source("cause");
            let expected: Vec<bool> = (0..is.len()).map(|other| other == at).collect();
            assert_eq!(is.map(|is| is(&error)).to_vec(), expected);
        }
    }

    #[test]
    fn is_one_word_large() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
