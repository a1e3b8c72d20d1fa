use std::{collections::VecDeque, net::IpAddr};

use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::sync::watch;

/// How many messages are kept for those who come, or come back.
const KEPT: usize = 1000;

/// The messages of late, watched by those who follow.
#[derive(Clone, Default)]
pub struct Feed(watch::Sender<History>);

#[derive(Clone, Serialize)]
pub struct Message {
    pub id: u64,
    pub from: Option<IpAddr>,
    pub text: String,
}

impl Feed {
    pub fn publish(&self, from: Option<IpAddr>, text: String) -> Message {
        let mut message = Message { id: 0, from, text };
        self.0.send_modify(|history| {
            message.id = history.last() + 1;
            history.0.push_back(message.clone());
            if history.0.len() > KEPT {
                history.0.pop_front();
            }
        });
        message
    }

    /// The messages after the one with the id `seen`, and those to come. It does not end. Who is too slow misses what is no
    /// longer kept.
    pub fn after(&self, seen: u64) -> impl Stream<Item = Message> + use<> {
        // An id that is yet to come is of another run of this program.
        let seen = if seen > self.0.borrow().last() { 0 } else { seen };
        stream::unfold((self.0.subscribe(), seen), async |(mut history, seen)| {
            let next = history.wait_for(|history| history.last() > seen).await.ok()?.after(seen)?.clone();
            let seen = next.id;
            Some((next, (history, seen)))
        })
    }
}

/// In the order of their ids, which have no gaps.
#[derive(Default)]
struct History(VecDeque<Message>);

impl History {
    fn last(&self) -> u64 {
        self.0.back().map_or(0, |message| message.id)
    }

    fn after(&self, seen: u64) -> Option<&Message> {
        self.0.get(self.0.partition_point(|message| message.id <= seen))
    }
}
