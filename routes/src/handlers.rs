//! The handlers of a file: its public functions with the names of methods.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// All that there are. `any` answers what the others do not.
const HANDLERS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "any"];

/// The names of the handlers in `source`, each once. Of what is no Rust there are none: the compiler comes to it as well, and
/// says it better.
///
/// # Errors
/// Why it has none, or why there is no telling.
pub(crate) fn of(source: &str) -> Result<Vec<&'static str>, String> {
    let Ok(tokens) = source.parse::<TokenStream>() else { return Ok(vec![]) };
    let mut found = vec![];
    // Whether the item that begins is there by a condition, or the whole file.
    let (mut is_conditional, mut is_file_conditional) = (false, false);
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if is_mark(&token, '#') {
            let is_of_file = tokens.next_if(|token| is_mark(token, '!')).is_some();
            if let Some(TokenTree::Group(attribute)) = tokens.peek() {
                let is_cfg = is_cfg(attribute);
                is_conditional |= is_cfg;
                is_file_conditional |= is_cfg && is_of_file;
                tokens.next();
            }
            continue;
        }
        if !is_word(&token, "pub") {
            is_conditional = false;
            continue;
        }
        // `pub(crate)` is as good as `pub`: the router is in the same crate.
        if let Some(TokenTree::Group(group)) = tokens.peek()
            && group.delimiter() == Delimiter::Parenthesis
        {
            let is_private = group.stream().into_iter().any(|token| is_word(&token, "self"));
            tokens.next();
            if is_private {
                continue;
            }
        }
        while tokens.peek().is_some_and(|token| ["async", "const", "unsafe"].iter().any(|word| is_word(token, word))) {
            tokens.next();
        }
        if tokens.next_if(|token| is_word(token, "fn")).is_none() {
            continue;
        }
        if let Some(TokenTree::Ident(name)) = tokens.peek()
            && let Some(handler) = HANDLERS.into_iter().find(|handler| name == handler)
        {
            if is_conditional || is_file_conditional {
                return Err(format!("its handler `{handler}` is behind a `cfg`, which belongs into the function"));
            }
            if !found.contains(&handler) {
                found.push(handler);
            }
        }
    }
    if found.is_empty() {
        let names = HANDLERS.map(|name| format!("`{name}`")).join(", ");
        return Err(format!(
            "it has no handler, which is a public function named {names}; a file that is no route begins with `_`"
        ));
    }
    Ok(found)
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_cfg(attribute: &Group) -> bool {
    attribute.stream().into_iter().next().is_some_and(|token| is_word(&token, "cfg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> String {
        of(source).map_or_else(|why| why.split(", ").next().unwrap().to_owned(), |names| names.join(" "))
    }

    #[test]
    fn handlers_are_public_functions_of_the_file_itself() {
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
            assert_eq!(found(none), "it has no handler", "{none}");
        }
        // The compiler says it.
        assert_eq!(of("pub fn get("), Ok(vec![]));
    }

    #[test]
    fn a_handler_that_may_not_be_there_is_an_error() {
        let error = "its handler `get` is behind a `cfg`";
        for source in
            ["#[cfg(unix)] pub fn get() {}", "#![cfg(unix)] use x; pub fn get() {}", "#[cfg(a)] #[b] pub fn get() {}"]
        {
            assert_eq!(found(source), error, "{source}");
        }
        assert_eq!(found("#[cfg(test)] mod tests { #[test] fn x() {} } pub fn get() {}"), "get");
        assert_eq!(found("#[cfg(unix)] use x; #[cfg_attr(unix, inline)] pub fn get() {}"), "get");
    }
}
