//! The handlers of a file: its public functions with the names of methods.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// All that there are. `any` answers what the others do not.
const HANDLERS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "any"];

/// The handlers in `source`, each once. Of what is no Rust there are none: the compiler says so better when it comes to it.
pub(crate) fn of(source: &str) -> Vec<&'static str> {
    let Ok(tokens) = source.parse::<TokenStream>() else { return vec![] };
    let mut found = vec![];
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if !is_word(&token, "pub") {
            continue;
        }
        // `pub(crate)` is as good as `pub`: the router is in the same crate.
        if matches!(tokens.peek(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis) {
            tokens.next();
        }
        while tokens.peek().is_some_and(|token| ["async", "const", "unsafe"].iter().any(|word| is_word(token, word))) {
            tokens.next();
        }
        if !tokens.peek().is_some_and(|token| is_word(token, "fn")) {
            continue;
        }
        tokens.next();
        if let Some(TokenTree::Ident(name)) = tokens.peek()
            && let Some(handler) = HANDLERS.into_iter().find(|handler| name == handler)
            && !found.contains(&handler)
        {
            found.push(handler);
        }
    }
    found
}

/// How handlers are called, for an error.
pub(crate) fn names() -> String {
    HANDLERS.map(|name| format!("`{name}`")).join(", ")
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> String {
        of(source).join(" ")
    }

    #[test]
    fn handlers_are_public_functions_of_the_file_itself() {
        assert_eq!(found("pub async fn get() {} pub(crate) fn post() {} pub(super) async fn any() {}"), "get post any");
        assert_eq!(found("#[cfg(unix)] pub fn put() {} #[cfg(not(unix))] pub fn put() {}"), "put");
        assert_eq!(found("async fn get() {} fn post() {} pub struct get; pub fn other() {} pub use x::delete;"), "");
        assert_eq!(found("mod inner { pub fn get() {} } impl X { pub fn post() {} }"), "");
        assert_eq!(found("// pub fn get() {}\n/* pub fn post() {} */ const X: &str = \"pub fn put() {}\";"), "");
        assert_eq!(found("pub fn get("), "");
    }
}
