use std::fmt;

use object::elf;

/// An architecture of functions, with the names of AWS and Vercel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Machine {
    #[value(name = "arm64")]
    Arm64,
    #[value(name = "x86_64")]
    X86_64,
}

impl Machine {
    /// Returns the architecture of this machine, if functions can have it.
    pub fn current() -> Option<Self> {
        match std::env::consts::ARCH {
            "aarch64" => Some(Self::Arm64),
            "x86_64" => Some(Self::X86_64),
            _ => None,
        }
    }

    /// Returns the architecture with a number in the header of an ELF file.
    pub(super) fn from_elf(number: elf::Machine) -> Option<Self> {
        match number {
            elf::EM_AARCH64 => Some(Self::Arm64),
            elf::EM_X86_64 => Some(Self::X86_64),
            _ => None,
        }
    }

    /// Returns the architecture with a name, as templates have it.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Arm64, Self::X86_64].into_iter().find(|machine| machine.name() == name)
    }

    /// The name of the architecture on AWS and Vercel.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }

    /// The paths of the program that loads binaries on Amazon Linux, the usual one first.
    pub(super) fn interpreters(self) -> &'static [&'static str] {
        match self {
            Self::Arm64 => &["/lib/ld-linux-aarch64.so.1", "/lib64/ld-linux-aarch64.so.1"],
            Self::X86_64 => &["/lib64/ld-linux-x86-64.so.2"],
        }
    }

    /// The target of Rust with glibc.
    pub fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
