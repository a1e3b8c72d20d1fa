//! The freeze of the environment between invocations.

/// Whether the processes of the environment run.
#[cfg_attr(not(feature = "process"), allow(dead_code, reason = "only `Function` has processes to freeze"))]
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freeze {
    #[default]
    Running,
    /// The processes stop now, and no invocation begins.
    Freezing,
    Frozen,
}
