use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Defines the counters, and a getter for each.
macro_rules! counters {
    ($($(#[$attribute:meta])* $name:ident,)*) => {
        #[derive(Debug, Default)]
        struct Counters { $($name: AtomicU64,)* }

        impl Stats {
            $($(#[$attribute])*
            #[must_use]
            pub fn $name(&self) -> u64 {
                self.0.$name.load(Relaxed)
            })*
        }

        impl fmt::Debug for Stats {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Stats")$(.field(stringify!($name), &self.$name()))*.finish()
            }
        }
    };
}

/// Counters of an extension since its start. Clones count together.
///
/// # Example
///
/// ```no_run
/// use lodger_extension::{Extension, telemetry::Record};
///
/// # async fn run() -> Result<(), lodger_extension::Error> {
/// let extension = Extension::new().on_telemetry(async |records: Vec<Record>| { /* .. */ });
/// let stats = extension.stats();
/// extension.run().await?;
/// println!("{} of {} records were handled", stats.handled_records(), stats.records());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Stats(Arc<Counters>);

counters! {
    /// The batches of records that Lambda has sent.
    batches,
    /// The records in these batches.
    records,
    /// The records for which a handler has been called, including calls that failed.
    handled_records,
    /// The batches that had to wait because the [queue](crate::telemetry::Subscription::queue_bytes) was full.
    delayed_batches,
    /// The batches that were not a JSON array. The records before the damage were kept.
    damaged_batches,
    /// The requests to the listener that contained no batch, or one that was too large.
    rejected_requests,
    /// The calls of handlers that returned an error or panicked.
    failed_calls,
    /// The records that had not been handled when the extension ended.
    dropped_records,
}

impl Stats {
    pub(crate) fn add_batch(&self, records: usize) {
        self.0.batches.fetch_add(1, Relaxed);
        self.0.records.fetch_add(count(records), Relaxed);
    }

    pub(crate) fn add_handled_records(&self, records: usize) {
        self.0.handled_records.fetch_add(count(records), Relaxed);
    }

    pub(crate) fn add_delayed_batch(&self) {
        self.0.delayed_batches.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_damaged_batch(&self) {
        self.0.damaged_batches.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_rejected_request(&self) {
        self.0.rejected_requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_failed_call(&self) {
        self.0.failed_calls.fetch_add(1, Relaxed);
    }

    /// Counts the records that are left at the end. Returns their number.
    pub(crate) fn drop_rest(&self) -> u64 {
        let rest = self.records().saturating_sub(self.handled_records());
        self.0.dropped_records.store(rest, Relaxed);
        rest
    }
}

fn count(records: usize) -> u64 {
    u64::try_from(records).unwrap_or(u64::MAX)
}
