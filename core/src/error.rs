use std::{borrow::Cow, error, fmt, io};

/// Any error, as the web frameworks pass it around.
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// Why [`run`](https://docs.rs/lodger/latest/lodger/fn.run.html) gave up, or why a body could not be read.
///
/// It is opaque: it says in words what went wrong, with the value at fault and what to do about it, and what caused it is
/// its [`source`](error::Error::source). `Display` prints its own level only; `Debug`, which is what `main` prints when
/// it returns an error, prints the causes as well.
pub struct Error {
    message: Cow<'static, str>,
    source: Option<BoxError>,
}

impl Error {
    /// An error that says `message`: lower case, specific, without a secret in it.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// The same error, caused by `source`.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
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
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<Error> for io::Error {
    /// For a `main` that returns `io::Result<()>`, as those of axum and actix-web do.
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_one_level_and_debug_is_the_chain() {
        let error =
            Error::new("cannot listen").with_source(Error::new("address in use").with_source("port 80 is taken"));
        assert_eq!(error.to_string(), "cannot listen");
        assert_eq!(format!("{error:?}"), "cannot listen: address in use: port 80 is taken");
    }

    #[test]
    fn an_error_goes_into_the_usual_mains() {
        fn boxed() -> Result<(), Box<dyn error::Error + Send + Sync>> {
            Err(Error::new("no"))?
        }
        fn of_io() -> io::Result<()> {
            Err(Error::new("cannot listen").with_source("port 80 is taken"))?
        }
        assert!(boxed().is_err());
        assert!(format!("{:?}", of_io().unwrap_err()).contains("cannot listen: port 80 is taken"));
    }
}
