//! Linux binaries: their architecture, the glibc that they need, and the hosts of Lodger that they contain.

mod elf;
mod features;
mod glibc;
mod machine;
mod requirement;
mod segments;

pub use self::{
    elf::ElfBinary,
    glibc::GlibcVersion,
    machine::Machine,
    requirement::{MismatchKind, Requirement},
};
