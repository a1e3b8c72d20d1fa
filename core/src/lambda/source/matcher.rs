//! Compares an event with the table of kinds, one member at a time.

use std::sync::LazyLock;

use crate::{
    json::read::Text,
    lambda::source::kinds::{Condition, EventKind, KINDS, Place, Test},
};

/// The conditions that an event satisfies: one bit for each condition of a [`Matcher`].
pub(super) type Satisfied = u128;

/// The table of kinds, prepared for events of any number of members: a member costs a binary search, and a row one comparison.
#[derive(Debug)]
pub(super) struct Matcher {
    /// Sorted and without repetitions. The position is the number of the bit.
    conditions: Vec<Condition>,
    /// The bits of each shape.
    shapes: Vec<(Satisfied, EventKind)>,
}

impl Matcher {
    /// The matcher of the table.
    pub(super) fn get() -> &'static Self {
        static MATCHER: LazyLock<Matcher> = LazyLock::new(Matcher::new);
        &MATCHER
    }

    fn new() -> Self {
        let shapes = || KINDS.iter().flat_map(|row| row.shapes.iter().map(|shape| (*shape, row.kind)));
        let mut conditions: Vec<Condition> = shapes().flat_map(|(shape, _)| shape).copied().collect();
        conditions.sort_unstable();
        conditions.dedup();
        let bit = |condition: &Condition| conditions.binary_search(condition).map_or(0, |bit| 1 << bit);
        let bits = |shape: &[Condition]| shape.iter().fold(0, |bits, condition| bits | bit(condition));
        let shapes = shapes().map(|(shape, kind)| (bits(shape), kind)).collect();
        Self { conditions, shapes }
    }

    /// Evaluates the conditions on one member, whose value is `json`, and a string if there is a `text`.
    ///
    /// A repeated member replaces the previous one.
    pub(super) fn evaluate(
        &self,
        satisfied: &mut Satisfied,
        member: (Place, &[u8]),
        json: &[u8],
        text: Option<Text<'_>>,
    ) {
        let first = self.conditions.partition_point(|condition| condition.member() < member);
        let conditions = self.conditions.iter().enumerate().skip(first);
        for (bit, condition) in conditions.take_while(|(_, condition)| condition.member() == member) {
            let text = || text.and_then(Text::decode).unwrap_or_default();
            let holds = match condition.test {
                Test::Present => json != b"null",
                Test::Equals(expected) => *text() == *expected.as_bytes(),
                Test::StartsWith(prefix) => text().starts_with(prefix.as_bytes()),
            };
            *satisfied = *satisfied & !(1 << bit) | Satisfied::from(holds) << bit;
        }
    }

    /// The kind of an event that satisfies these conditions.
    pub(super) fn kind(&self, satisfied: Satisfied) -> EventKind {
        self.matches(satisfied).next().unwrap_or(EventKind::Unknown)
    }

    fn matches(&self, satisfied: Satisfied) -> impl Iterator<Item = EventKind> {
        self.shapes.iter().filter(move |(shape, _)| satisfied & shape == *shape).map(|(_, kind)| *kind)
    }

    /// The kinds of all shapes that an event has, in the order of the table.
    #[cfg(test)]
    pub(super) fn kinds(&self, satisfied: Satisfied) -> Vec<EventKind> {
        self.matches(satisfied).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_a_bit_for_each_condition() {
        let matcher = Matcher::new();
        assert!(matcher.conditions.len() < Satisfied::BITS as usize, "{} conditions", matcher.conditions.len());
        assert!(matcher.shapes.iter().all(|(shape, _)| *shape != 0));
    }
}
