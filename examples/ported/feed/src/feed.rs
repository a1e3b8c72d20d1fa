use std::{collections::VecDeque, net::IpAddr};

use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::sync::watch;

/// The number of messages that the feed stores for clients that connect later.
const MAX_MESSAGES: usize = 1000;

/// The latest messages. Each open stream watches them.
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
            if history.0.len() > MAX_MESSAGES {
                history.0.pop_front();
            }
        });
        message
    }

    /// Returns an endless stream of the messages after the id `seen`. A client that is too slow misses messages that the feed no
    /// longer stores.
    pub fn after(&self, seen: u64) -> impl Stream<Item = Message> + use<> {
        // An id above the last one is from another run of this program.
        let seen = if seen > self.0.borrow().last() { 0 } else { seen };
        stream::unfold((self.0.subscribe(), seen), async |(mut history, seen)| {
            let next = history.wait_for(|history| history.last() > seen).await.ok()?.after(seen)?.clone();
            let seen = next.id;
            Some((next, (history, seen)))
        })
    }
}

/// The messages in the order of their ids, which have no gaps.
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
