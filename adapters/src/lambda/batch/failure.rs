//! The reasons for failed records, and their log lines.

use std::fmt;

use lodger_core::{BoxError, Panicked, log};
use tracing::Level;

use super::{BatchSource, ItemIdentifier};
use crate::lambda::diagnostic::causes;

/// Why a record that has begun failed.
#[derive(Debug)]
pub(super) enum Failure {
    Error(BoxError),
    Panic(Panicked),
    Deadline,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => {
                write!(f, "{error}")?;
                causes(&**error).try_for_each(|cause| write!(f, ": {cause}"))
            }
            Self::Panic(panicked) => write!(f, "panicked: {panicked}"),
            Self::Deadline => f.write_str("cancelled at the deadline; raise the function's timeout"),
        }
    }
}

/// The first characters of an identifier, with control characters escaped: a line of the log stays one line.
struct Shortened<'a>(&'a ItemIdentifier);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Longer than the identifiers of every source. The longest is of Kafka: a topic has up to 249 characters.
        const MAX_CHARACTERS: usize = 300;
        let id = self.0.to_string();
        id.chars().take(MAX_CHARACTERS).try_for_each(|character| write!(f, "{}", character.escape_debug()))
    }
}

/// Logs a record that failed, and the number of records that do not begin because of it.
pub(super) fn log_failure(source: BatchSource, id: &ItemIdentifier, failure: &Failure, rest: usize) {
    let id = Shortened(id);
    if rest == 0 {
        log(Level::ERROR, format_args!("cannot process record {id} of {source}: {failure}"));
    } else {
        let order = source.order();
        log(
            Level::ERROR,
            format_args!(
                "cannot process record {id} of {source}, and did not begin {rest} later records of its {order}: {failure}"
            ),
        );
    }
}

/// Logs the number of records that did not begin before the deadline, if there are any.
pub(super) fn log_not_begun(source: BatchSource, records: usize) {
    if records > 0 {
        log(
            Level::ERROR,
            format_args!(
                "cannot process {records} records of {source}: the deadline came before they began; raise the function's \
                 timeout, lower the batch size, or raise `Batch::concurrency`"
            ),
        );
    }
}
