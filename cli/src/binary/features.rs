//! The features of Lodger for hosts, by the texts that a binary contains.

/// The hosts that a binary with Lodger was built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostFeatures {
    pub has_lambda: bool,
    pub has_vercel: bool,
    pub has_server: bool,
}

/// A variable that Lodger reads on every host.
const LODGER: &[u8] = b"LODGER_HOST";
/// Part of the message of `Lodger::run` on a host whose feature is off. The compiler removes the message if all features are on.
const MISSING_FEATURE: &[u8] = b": Lodger was built without the feature ";
/// Part of the client of Lambda's Runtime API.
const LAMBDA: &[u8] = b"report the restore error";
/// A message of the connection to Vercel.
const VERCEL: &[u8] = b"cannot connect to Vercel: VERCEL_IPC_PATH is not set";
/// A cause in a message of the server.
const SERVER: &[u8] = b"; stop the other process, or set LODGER_ADDR or PORT";

impl HostFeatures {
    /// Finds the features in the bytes of a binary.
    ///
    /// Returns `None` if the binary was built without Lodger.
    pub(super) fn find(bytes: &[u8]) -> Option<Self> {
        let has = |text: &[u8]| memchr::memmem::find(bytes, text).is_some();
        let has_all = !has(MISSING_FEATURE);
        has(LODGER).then(|| Self {
            has_lambda: has_all || has(LAMBDA),
            has_vercel: has_all || has(VERCEL),
            has_server: has_all || has(SERVER),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(texts: &[&[u8]]) -> Option<[bool; 3]> {
        let found = HostFeatures::find(&texts.join(&0))?;
        Some([found.has_lambda, found.has_vercel, found.has_server])
    }

    #[test]
    fn needs_the_message_about_missing_features() {
        assert_eq!(find(&[MISSING_FEATURE, LAMBDA]), None);
        assert_eq!(find(&[LODGER, LAMBDA]), Some([true; 3]));
        assert_eq!(find(&[LODGER, LAMBDA, MISSING_FEATURE, SERVER]), Some([true, false, true]));
        assert_eq!(find(&[LODGER, VERCEL, MISSING_FEATURE]), Some([false, true, false]));
    }

    /// The other crates of the repository have the texts. A package has no other crates.
    #[test]
    fn the_texts_are_those_of_lodger() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (text, file) in [
            (LODGER, "core/src/settings/host.rs"),
            (&MISSING_FEATURE[1..], "adapters/src/lodger.rs"),
            (LAMBDA, "runtime-api/src/post.rs"),
            (VERCEL, "core/src/vercel/mod.rs"),
            (SERVER, "core/src/server/listener/bind.rs"),
        ] {
            let Ok(source) = std::fs::read(root.join(file)) else { continue };
            assert!(memchr::memmem::find(&source, text).is_some(), "{file}");
        }
    }
}
