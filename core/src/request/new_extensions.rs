use std::sync::LazyLock;

use http::Extensions;

/// Creates the extensions of a request, with room for seven values: Lodger inserts up to four, and axum as many.
///
/// Without the room, the map would grow twice in almost every request. That takes 400 of 15,000 instructions.
pub(crate) fn new_extensions() -> Extensions {
    // A clone has the room of its original, and `Extensions` has no method that reserves room.
    static EMPTY: LazyLock<Extensions> = LazyLock::new(|| {
        let mut extensions = Extensions::new();
        extensions.insert(Filler::<0>);
        extensions.insert(Filler::<1>);
        extensions.insert(Filler::<2>);
        extensions.insert(Filler::<3>);
        extensions.remove::<Filler<0>>();
        extensions.remove::<Filler<1>>();
        extensions.remove::<Filler<2>>();
        extensions.remove::<Filler<3>>();
        extensions
    });
    EMPTY.clone()
}

#[derive(Clone)]
struct Filler<const N: usize>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_extensions_are_empty_and_separate() {
        let mut extensions = new_extensions();
        assert!(extensions.is_empty());
        extensions.insert("a value");
        assert!(new_extensions().is_empty());
    }
}
