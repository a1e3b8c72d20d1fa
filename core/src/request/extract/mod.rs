//! Extractors for the request extensions, in the frameworks that have extractors.
//!
//! The implementations are in this crate because Rust allows them only beside the type or beside the trait.

#[cfg(feature = "actix-web")]
mod actix_web;
#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "axum-07")]
mod axum_07;

/// Calls `$implement!` for each type that is a request extension, with the requests that have the extension.
macro_rules! for_each_extension {
    ($implement:ident) => {
        $implement!(crate::ClientAddr, "requests that Lodger passes to the app");
        $implement!(crate::PathPrefix, "requests from whose path a prefix was removed");
        #[cfg(any(feature = "lambda", feature = "server"))]
        $implement!(crate::AfterResponse, "requests that Lodger passes to the app");
        #[cfg(feature = "lambda")]
        $implement!(crate::lambda::Context, "Lambda");
        #[cfg(feature = "lambda")]
        $implement!(crate::lambda::RequestContext, "Lambda, behind a front that sends a request context");
        #[cfg(feature = "lambda")]
        $implement!(crate::lambda::Event, "Lambda");
        #[cfg(feature = "lambda")]
        $implement!(crate::lambda::SyntheticRequest, "requests that were made from events");
        #[cfg(feature = "vercel")]
        $implement!(crate::vercel::Context, "Vercel");
    };
}
use for_each_extension;

/// The text of the response if a handler requires an extension that the request does not have.
fn missing(path: &str, place: &str) -> String {
    let name = path.replace(' ', "").replace("crate::", "lodger::");
    format!("the extension `{name}` exists only on {place}; use `Option<{name}>` if the app also runs elsewhere")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_text_of_a_missing_extension_names_the_public_type() {
        let text = "the extension `lodger::lambda::Context` exists only on Lambda; use `Option<lodger::lambda::Context>` if the \
                    app also runs elsewhere";
        assert_eq!(super::missing("crate :: lambda :: Context", "Lambda"), text);
        assert_eq!(super::missing("crate::lambda::Context", "Lambda"), text);
    }
}
