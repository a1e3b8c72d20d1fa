//! The handlers of a file: its public functions with the names of methods.

use std::iter::Peekable;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree, token_stream::IntoIter};

/// The names of all handlers. `any` handles the methods without a handler of their own.
const HANDLERS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "any"];

/// Returns the names of the handlers in `source`, without duplicates.
///
/// Source code that is not valid Rust has none: the compiler reports the error.
///
/// # Errors
/// A message if the file has no handler, or a conditional one.
pub(crate) fn parse_handlers(source: &str) -> Result<Vec<&'static str>, String> {
    let Ok(tokens) = source.parse::<TokenStream>() else { return Ok(vec![]) };
    let mut found = vec![];
    // Whether the next item or the whole file has a `cfg` attribute.
    let (mut is_conditional, mut is_file_conditional) = (false, false);
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if is_punct(&token, '#') {
            let is_inner = tokens.next_if(|token| is_punct(token, '!')).is_some();
            if let Some(TokenTree::Group(attribute)) = tokens.peek() {
                let is_cfg = is_cfg(attribute);
                is_conditional |= is_cfg;
                is_file_conditional |= is_cfg && is_inner;
                tokens.next();
            }
            continue;
        }
        if !is_word(&token, "pub") {
            is_conditional = false;
            continue;
        }
        let Some(handler) = next_handler(&mut tokens) else { continue };
        if is_conditional || is_file_conditional {
            return Err(format!("the handler `{handler}` has a `cfg` attribute; move the condition into the function"));
        }
        if !found.contains(&handler) {
            found.push(handler);
        }
    }
    if found.is_empty() {
        let names = HANDLERS.map(|name| format!("`{name}`")).join(", ");
        return Err(format!(
            "no handler found; add a public function named {names}, or begin the name of the file with `_` if it is not a route"
        ));
    }
    Ok(found)
}

/// Reads the tokens after `pub`. Returns the name of the handler if they begin one.
fn next_handler(tokens: &mut Peekable<IntoIter>) -> Option<&'static str> {
    // `pub(crate)` is sufficient, because the router is in the same crate.
    if let Some(TokenTree::Group(group)) = tokens.peek()
        && group.delimiter() == Delimiter::Parenthesis
    {
        let is_private = group.stream().into_iter().any(|token| is_word(&token, "self"));
        tokens.next();
        if is_private {
            return None;
        }
    }
    while tokens.peek().is_some_and(|token| ["async", "const", "unsafe"].iter().any(|word| is_word(token, word))) {
        tokens.next();
    }
    tokens.next_if(|token| is_word(token, "fn"))?;
    let Some(TokenTree::Ident(name)) = tokens.peek() else { return None };
    HANDLERS.into_iter().find(|handler| name == handler)
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_punct(token: &TokenTree, punct_char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == punct_char)
}

fn is_cfg(attribute: &Group) -> bool {
    attribute.stream().into_iter().next().is_some_and(|token| is_word(&token, "cfg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> String {
        parse_handlers(source)
            .map_or_else(|error| error.split("; ").next().unwrap().to_owned(), |names| names.join(" "))
    }

    #[test]
    fn finds_public_functions_of_the_file_itself() {
        assert_eq!(found("pub async fn get() {} pub(crate) fn post() {} pub(super) async fn any() {}"), "get post any");
        assert_eq!(
            found("pub const fn put() {} pub async unsafe fn head() {} /// x\n#[inline] pub fn get() {}"),
            "put head get"
        );
        for none in [
            "async fn get() {} fn post() {} pub struct get; pub fn other() {} pub use x::delete; pub(self) fn any() {}",
            "mod inner { pub fn get() {} } impl X { pub fn post() {} }",
            "// pub fn get() {}\n/* pub fn post() {} */ const X: &str = \"pub fn put() {}\";",
            "",
        ] {
            assert_eq!(found(none), "no handler found", "{none}");
        }
        // The compiler reports this.
        assert_eq!(parse_handlers("pub fn get("), Ok(vec![]));
    }

    #[test]
    fn rejects_a_conditional_handler() {
        let error = "the handler `get` has a `cfg` attribute";
        for source in
            ["#[cfg(unix)] pub fn get() {}", "#![cfg(unix)] use x; pub fn get() {}", "#[cfg(a)] #[b] pub fn get() {}"]
        {
            assert_eq!(found(source), error, "{source}");
        }
        assert_eq!(found("#[cfg(test)] mod tests { #[test] fn x() {} } pub fn get() {}"), "get");
        assert_eq!(found("#[cfg(unix)] use x; #[cfg_attr(unix, inline)] pub fn get() {}"), "get");
    }
}
