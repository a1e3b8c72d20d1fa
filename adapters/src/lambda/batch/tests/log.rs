use std::sync::{Arc, Mutex};

use tracing::{
    Event as LogEvent, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::with_default,
};

use super::{
    events::{fifo, sqs},
    *,
};

/// A subscriber that keeps the messages of level `ERROR`.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &LogEvent<'_>) {
        assert_eq!((event.metadata().target(), *event.metadata().level()), ("lodger", Level::ERROR));
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl Visit for Lines {
    fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
        self.0.lock().unwrap().push(format!("{value:?}"));
    }
}

/// The log lines of a future.
fn lines_of(future: impl Future) -> Vec<String> {
    let lines = Lines::default();
    with_default(lines.clone(), || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(future);
    });
    lines.0.lock().unwrap().clone()
}

#[derive(serde::Deserialize)]
struct Order {
    total: u32,
}

#[test]
fn each_failure_is_one_line_without_values() {
    let bodies =
        [r#"{"total": 0}"#, r#"{"total": 1}"#, r#"{"total": 2}"#, r#"{"total": "hunter2"}"#, r#"{"total": 9}"#];
    let messages: Vec<_> = ["a", "b", "c", "d", "e"].into_iter().zip(bodies).collect();
    let batch = batch::<Order>(&sqs(&messages)).concurrency(1);
    let lines = lines_of(batch.for_each(async |record| match record.payload.total {
        0 => Err(Error::new("cannot save the order").with_source(std::io::Error::other("disk full"))),
        1 => panic!("out of {}", "stock"),
        2 => Err(Error::new("line\nbreak")),
        _ => Ok(()),
    }));
    let order = std::any::type_name::<Order>();
    assert_eq!(
        lines,
        [
            "cannot process record a of SQS: cannot save the order: disk full",
            "cannot process record b of SQS: panicked: out of stock",
            "cannot process record c of SQS: line\nbreak",
            &format!(
                "cannot process record d of SQS: cannot read the payload as {order}: total: invalid type: string, expected u32"
            ),
        ]
    );
}

#[test]
fn an_endless_chain_of_causes_is_cut() {
    #[derive(Debug)]
    struct Endless;

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("again")
        }
    }

    impl std::error::Error for Endless {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(self)
        }
    }

    let lines = lines_of(batch::<Raw>(&sqs(&[("a", "")])).for_each(async |_| Err(Endless)));
    assert_eq!(lines, [format!("cannot process record a of SQS: again{}", ": again".repeat(64))]);
}

#[test]
fn an_identifier_is_escaped_and_cut() {
    let (hostile, long) = ("a\n\u{1b}[31mb", "x".repeat(1 << 20));
    let event = sqs(&[(hostile, ""), (&long, "")]);
    let lines = lines_of(batch::<Raw>(&event).for_each(async |_| Err::<(), _>("no")));
    let expected = [r"a\n\u{1b}[31mb", &"x".repeat(300)];
    assert_eq!(lines, expected.map(|id| format!("cannot process record {id} of SQS: no")));
}

#[test]
fn a_failure_names_the_number_of_records_after_it() {
    let batch = batch::<String>(&fifo(&[("a1", "a"), ("b1", "b"), ("a2", "a"), ("a3", "a")]));
    let lines = lines_of(batch.for_each(async |record| if record.payload == "a1" { Err("no") } else { Ok(()) }));
    assert_eq!(
        lines,
        ["cannot process record a1 of SQS FIFO, and did not begin 2 later records of its message group: no"]
    );
}

#[test]
fn the_deadline_is_logged_for_each_record_in_flight_and_once_for_the_rest() {
    let batch = Batch::<Raw>::from_event(
        &sqs(&[("a", ""), ("b", ""), ("c", "")]),
        &Context::from_headers([("lambda-runtime-deadline-ms", "4102444800000")]),
    );
    let batch = batch.unwrap().concurrency(1);
    let lines = lines_of(batch.for_each(async |_| std::future::pending::<Result<(), Error>>().await));
    assert_eq!(
        lines,
        [
            "cannot process record a of SQS: cancelled at the deadline; raise the function's timeout",
            "cannot process 2 records of SQS: the deadline came before they began; raise the function's timeout, lower the batch \
             size, or raise `Batch::concurrency`",
        ]
    );
}
