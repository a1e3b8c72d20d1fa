//! Extensions with room.

use http::Extensions;

/// Creates empty extensions whose clones have room for the extensions of a request: five from Lodger, and those that a
/// framework adds.
///
/// A map that grows with each of these requests takes 1,300 instructions more. `Extensions` has no constructor with a capacity,
/// but keeps the capacity of extensions that were removed.
pub(crate) fn with_room() -> Extensions {
    #[derive(Clone)]
    struct Filler<const N: usize>;

    let mut extensions = Extensions::new();
    extensions.insert(Filler::<0>);
    extensions.insert(Filler::<1>);
    extensions.insert(Filler::<2>);
    extensions.insert(Filler::<3>);
    extensions.insert(Filler::<4>);
    extensions.insert(Filler::<5>);
    extensions.insert(Filler::<6>);
    extensions.insert(Filler::<7>);
    extensions.clear();
    extensions
}
