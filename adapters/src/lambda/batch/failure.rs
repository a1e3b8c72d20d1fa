//! The reasons for failed records, and their log lines.

use std::fmt;

use lodger_core::{BoxError, Panicked, log};
use tracing::Level;

use super::{BatchSource, ItemIdentifier};

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
                let mut cause = error.source();
                while let Some(error) = cause {
                    write!(f, ": {error}")?;
                    cause = error.source();
                }
                Ok(())
            }
            Self::Panic(panicked) => write!(f, "panicked: {panicked}"),
            Self::Deadline => f.write_str("cancelled at the deadline; raise the function's timeout"),
        }
    }
}

/// Logs a record that failed, and the number of records that do not begin because of it.
pub(super) fn log_failure(source: BatchSource, id: &ItemIdentifier, failure: &Failure, rest: usize) {
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
