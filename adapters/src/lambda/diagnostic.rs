//! Errors of handlers, as Lambda reports them to the caller.

use std::{any::type_name, error::Error, fmt};

use lodger_core::{BoxError, lambda::ErrorReport};

/// An error of a handler that chooses its own `errorType`.
///
/// Lambda returns an error of a handler to the caller as JSON. For any error that a handler returns, `errorType` is the short name of
/// the error's type, `errorMessage` its text, and `stackTrace` the texts of its [sources](Error::source). Return a `Diagnostic`, or
/// an error that has one among its sources, to choose another type. A type of yours becomes one by `From`.
///
/// Callers, Step Functions and Lambda's own retries see these values. Lodger adds nothing that the error does not print itself:
/// only `Display` is called, never `Debug`.
///
/// Source: [errors of a function](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror).
///
/// # Example
///
/// ```
/// use lodger::lambda::Diagnostic;
///
/// enum OrderError {
///     OutOfStock { article: u32 },
/// }
///
/// impl From<OrderError> for Diagnostic {
///     fn from(error: OrderError) -> Self {
///         match error {
///             OrderError::OutOfStock { article } => Self::new("OutOfStock", format!("article {article} is out of stock")),
///         }
///     }
/// }
///
/// fn order(article: u32) -> Result<(), Diagnostic> {
///     Err(OrderError::OutOfStock { article })?
/// }
/// assert_eq!(order(7).unwrap_err().error_type(), "OutOfStock");
/// ```
#[derive(Debug)]
pub struct Diagnostic {
    error_type: String,
    message: String,
    source: Option<BoxError>,
}

impl Diagnostic {
    /// Creates an error with a type, such as `OutOfStock`, and a message. Neither should contain a secret.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self { error_type: error_type.into(), message: message.into(), source: None }
    }

    /// Adds the cause, which becomes part of `stackTrace`.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The `errorType`.
    pub fn error_type(&self) -> &str {
        &self.error_type
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Diagnostic {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// An error that a handler returns: every type that converts into `Box<dyn Error + Send + Sync>`.
///
/// Such types are all errors of the standard library, of `thiserror`, `anyhow` and `eyre`, and strings. [`Diagnostic`] describes
/// their reports. A type of yours that is not an [`Error`] can implement the trait to choose its whole report.
///
/// # Example
///
/// ```
/// use lodger::lambda::{ErrorReport, IntoErrorReport, LambdaEvent, service_fn};
/// use serde_json::Value;
///
/// enum OrderError {
///     OutOfStock,
/// }
///
/// impl IntoErrorReport for OrderError {
///     fn into_error_report(self) -> ErrorReport {
///         let message = "the article is out of stock".to_owned();
///         ErrorReport { error_type: "OutOfStock".to_owned(), message, stack_trace: Vec::new() }
///     }
/// }
///
/// async fn order(_: LambdaEvent<Value>) -> Result<(), OrderError> {
///     Err(OrderError::OutOfStock)
/// }
/// let run = lodger::run(service_fn(order));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error of a handler",
    label = "not an error of a handler",
    note = "return an error that converts into `Box<dyn Error + Send + Sync>`, such as `lodger::lambda::Error`, or implement \
            `IntoErrorReport`"
)]
pub trait IntoErrorReport {
    /// Converts the error into its report for the caller.
    fn into_error_report(self) -> ErrorReport;
}

impl<E: Into<BoxError>> IntoErrorReport for E {
    fn into_error_report(self) -> ErrorReport {
        report(self)
    }
}

/// The maximum number of causes in a report: a chain of sources may be endless.
const MAX_CAUSES: usize = 64;

/// Returns the report of an error that a handler returned.
pub(crate) fn report<E: Into<BoxError>>(error: E) -> ErrorReport {
    let error: BoxError = error.into();
    let diagnostic = (error.downcast_ref::<Diagnostic>())
        .or_else(|| causes(&*error).find_map(|cause| cause.downcast_ref::<Diagnostic>()));
    ErrorReport {
        error_type: diagnostic.map_or_else(short_name::<E>, |diagnostic| diagnostic.error_type.clone()),
        message: error.to_string(),
        stack_trace: causes(&*error).map(ToString::to_string).collect(),
    }
}

/// Returns the causes of an error, the nearest first.
pub(crate) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source()).take(MAX_CAUSES)
}

/// The types of errors that contain any other error, whose name is not known at run time.
const OPAQUE: [&str; 5] = ["Box", "Report", "String", "Cow", "BoxError"];

/// Returns the name of an error's type without its path and parameters. Of an opaque type, `Error`.
fn short_name<E>() -> String {
    let name = type_name::<E>();
    let path = name.split('<').next().unwrap_or(name);
    let short = path.rsplit("::").next().unwrap_or(path);
    let is_name = short.chars().all(|character| character.is_alphanumeric() || character == '_') && !short.is_empty();
    if !is_name || OPAQUE.contains(&short) { "Error".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct PaymentFailed<T>(T);

    impl<T> fmt::Display for PaymentFailed<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("cannot pay")
        }
    }

    impl<T: Error + 'static> Error for PaymentFailed<T> {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn reports_the_short_type_the_text_and_the_causes_of_an_error() {
        let failed = || PaymentFailed(lodger_core::Error::new("no bank").with_source("secret? printed by the error"));
        let expected = |error_type: &str| ErrorReport {
            error_type: error_type.to_owned(),
            message: "cannot pay".to_owned(),
            stack_trace: vec!["no bank".to_owned(), "secret? printed by the error".to_owned()],
        };
        assert_eq!(report(failed()), expected("PaymentFailed"));
        assert_eq!(report(BoxError::from(failed())), expected("Error"));
        for (text, error_type) in [(report("text"), "Error"), (report("text".to_owned()), "Error")] {
            assert_eq!((text.error_type.as_str(), text.message.as_str()), (error_type, "text"));
        }
    }

    #[test]
    fn a_diagnostic_names_the_type_also_as_a_source() {
        let diagnostic = || Diagnostic::new("OutOfStock", "article 7").with_source("empty shelf");
        let direct = report(diagnostic());
        assert_eq!((direct.error_type.as_str(), direct.message.as_str()), ("OutOfStock", "article 7"));
        assert_eq!(direct.stack_trace, ["empty shelf"]);
        assert_eq!(report(BoxError::from(diagnostic())), direct);
        let inner = report(PaymentFailed(diagnostic()));
        assert_eq!((inner.error_type.as_str(), inner.message.as_str()), ("OutOfStock", "cannot pay"));
        assert_eq!(inner.stack_trace, ["article 7", "empty shelf"]);
    }

    #[test]
    fn reports_a_limited_number_of_causes() {
        #[derive(Debug)]
        struct Endless;
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("again")
            }
        }
        impl Error for Endless {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(self)
            }
        }
        assert_eq!(report(Endless).stack_trace.len(), MAX_CAUSES);
    }
}
