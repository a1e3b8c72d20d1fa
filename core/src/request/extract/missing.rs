/// The text of the response if a handler requires an extension that the request does not have.
pub(super) fn missing(path: &str, place: &str) -> String {
    format!(
        "the extension `lodger::{path}` exists only on {place}; use `Option<lodger::{path}>` if the app also runs elsewhere"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_text_of_a_missing_extension_names_the_public_type() {
        let text = "the extension `lodger::lambda::Context` exists only on Lambda; use `Option<lodger::lambda::Context>` if the \
                    app also runs elsewhere";
        assert_eq!(super::missing("lambda::Context", "Lambda"), text);
    }
}
