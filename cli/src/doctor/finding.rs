use std::fmt;

/// A host that a package is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum CheckedHost {
    Lambda,
    Vercel,
    Server,
}

impl CheckedHost {
    pub const ALL: [Self; 3] = [Self::Lambda, Self::Vercel, Self::Server];
}

impl fmt::Display for CheckedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lambda => "Lambda",
            Self::Vercel => "Vercel",
            Self::Server => "server",
        })
    }
}

/// A subject of checks: a row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The files of a package, and their modes.
    Files,
    Architecture,
    Glibc,
    Size,
    Features,
    Panics,
    Streaming,
    Permissions,
    SnapStart,
    Variables,
}

impl Check {
    pub(super) const ALL: [Self; 10] = [
        Self::Files,
        Self::Architecture,
        Self::Glibc,
        Self::Size,
        Self::Features,
        Self::Panics,
        Self::Streaming,
        Self::Permissions,
        Self::SnapStart,
        Self::Variables,
    ];

    /// The name in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Architecture => "architecture",
            Self::Glibc => "glibc",
            Self::Size => "size",
            Self::Features => "features",
            Self::Panics => "panics",
            Self::Streaming => "streaming",
            Self::Permissions => "permissions",
            Self::SnapStart => "SnapStart",
            Self::Variables => "variables",
        }
    }
}

/// The effect of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, or it depends on code that the command does not see.
    Warning,
    /// The deployment or its requests fail.
    Error,
}

/// A mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    pub check: Check,
    pub hosts: Vec<CheckedHost>,
    /// The file, and the resource in it.
    pub place: String,
    pub problem: String,
    pub fix: String,
}
