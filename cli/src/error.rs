//! The errors of the commands.

/// An error that ends the command. Its text says what failed, and how to mend it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// The result of a command or a part of it.
pub type Result<T> = std::result::Result<T, Error>;
