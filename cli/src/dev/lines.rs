//! The lines about invocations.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use tokio::sync::broadcast::error::RecvError;

use crate::{
    history::{History, State, Summary, Update},
    terminal::Terminal,
};

/// The number of invocations and of complaints that are remembered, so that each has one line.
const MAX_REMEMBERED: usize = 1_000;

/// Writes a line for each invocation that has ended, and each complaint once.
pub async fn print_invocations(history: Arc<History>, terminal: Terminal) {
    let mut updates = history.subscribe();
    let (mut printed, mut complaints) = (VecDeque::new(), BTreeSet::new());
    loop {
        match updates.recv().await {
            Ok(Update::Changed(summary)) => {
                if summary.state == State::Done && !printed.contains(&summary.id) {
                    printed.push_back(summary.id);
                    terminal.invocation(&summary);
                }
                print_complaints(&summary, &history, &mut complaints, &terminal);
                // Later updates of an invocation come soon after its end.
                while printed.len() > MAX_REMEMBERED {
                    printed.pop_front();
                }
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

fn print_complaints(summary: &Summary, history: &History, known: &mut BTreeSet<String>, terminal: &Terminal) {
    let Some(record) = history.get(summary.id).filter(|_| summary.complaints > 0) else { return };
    let texts: Vec<_> =
        record.read(|detail| detail.complaint_list.iter().map(|complaint| complaint.text.clone()).collect());
    for text in texts {
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        if known.insert(text.clone()) {
            terminal.warning(&text);
        }
    }
}
