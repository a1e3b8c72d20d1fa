//! The header and the needed versions of an ELF file. A damaged file is an error.

use std::{fs, path::Path};

use object::{
    Endianness,
    elf::{self, FileHeader64},
    read::elf::FileHeader as _,
};

use super::{GlibcVersion, Machine, features::HostFeatures, segments::Segments};
use crate::Result;

/// A binary for Linux.
#[derive(Debug)]
pub struct ElfBinary {
    /// The architecture, or its number in the ELF header if functions cannot have it.
    pub machine: std::result::Result<Machine, u16>,
    /// The program that loads a dynamic binary, such as `/lib64/ld-linux-x86-64.so.2`. `None` for a static binary.
    pub interpreter: Option<String>,
    /// The newest glibc whose symbols the binary needs. `None` for a static binary.
    pub glibc: Option<GlibcVersion>,
    /// The hosts that Lodger was built for. `None` without Lodger.
    pub features: Option<HostFeatures>,
    /// The size in bytes.
    pub size: u64,
}

impl ElfBinary {
    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read, or is not an ELF file for a 64-bit machine.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Self::parse(&bytes).map_err(|error| format!("cannot read {}: {error}", path.display()).into())
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// The bytes are not an ELF file for a 64-bit machine, no program, or damaged.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        if !bytes.starts_with(&elf::ELFMAG) {
            return Err("the file is not a Linux binary (ELF); build for Linux, such as with cargo-zigbuild".into());
        }
        let header = FileHeader64::<Endianness>::parse(bytes)
            .map_err(|_| "the file is not a Linux binary for a 64-bit machine, or its ELF header is damaged")?;
        let endian = header.endian()?;
        let number = header.e_machine(endian);
        let damaged = |error: Box<dyn std::error::Error + Send + Sync>| format!("the ELF file is damaged: {error}");
        let segments = Segments::read(header, endian, bytes).map_err(damaged)?;
        let interpreter = segments.interpreter().map_err(damaged)?;
        let kind = header.e_type(endian);
        let has_entry = [elf::ET_EXEC, elf::ET_DYN].contains(&kind) && header.e_entry(endian) != 0;
        if !has_entry || (interpreter.is_none() && segments.is_library(kind)) {
            return Err(
                "the file is an object file or a library, and no program; use the binary that cargo builds".into()
            );
        }
        Ok(Self {
            machine: Machine::from_elf(number).ok_or(number.0),
            interpreter,
            glibc: segments.glibc().map_err(damaged)?,
            features: HostFeatures::find(bytes),
            size: bytes.len() as u64,
        })
    }

    /// The C library, for messages: `static`, `glibc 2.34`, or the interpreter of another library.
    pub fn c_library(&self) -> String {
        match (&self.interpreter, self.glibc) {
            (_, Some(version)) => format!("glibc {version}"),
            (Some(interpreter), None) => interpreter.clone(),
            (None, None) => "static".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn reads_the_architecture_and_glibc_of_a_real_binary() {
        let binary = ElfBinary::read(&std::env::current_exe().unwrap()).unwrap();
        assert_eq!(binary.machine.ok(), Machine::current());
        assert!(binary.glibc.unwrap() >= GlibcVersion::AMAZON_LINUX_2, "{binary:?}");
        assert!(binary.interpreter.as_ref().unwrap().contains("/ld-linux-"), "{binary:?}");
    }

    #[test]
    fn reads_the_architecture() {
        for (number, expected) in
            [(elf::EM_AARCH64, Ok(Machine::Arm64)), (elf::EM_X86_64, Ok(Machine::X86_64)), (elf::EM_RISCV, Err(243))]
        {
            assert_eq!(ElfBinary::parse(&small(number, &[])).unwrap().machine, expected);
        }
    }

    #[test]
    fn rejects_other_files() {
        for (bytes, cause) in [
            (&b"#!/bin/sh\n"[..], "not a Linux binary (ELF)"),
            (b"", "not a Linux binary (ELF)"),
            (b"\xcf\xfa\xed\xfe\x07\x00\x00\x01", "not a Linux binary (ELF)"),
            (b"\x7fELF", "64-bit"),
            (b"\x7fELF\x01\x01\x01", "64-bit"),
        ] {
            let error = ElfBinary::parse(bytes).unwrap_err().to_string();
            assert!(error.contains(cause), "{error}");
        }
    }

    /// A small program without section headers: the header, two segments, the dynamic section, the names and the versions.
    fn small(machine: elf::Machine, versions: &[&str]) -> Vec<u8> {
        let mut names = b"\0libc.so.6\0".to_vec();
        let mut needed = Vec::new();
        needed.extend([1_u16, versions.len() as u16].map(u16::to_le_bytes).concat());
        needed.extend([1_u32, 16, 0].map(u32::to_le_bytes).concat());
        for (index, version) in versions.iter().enumerate() {
            let next = if index + 1 == versions.len() { 0 } else { 16 };
            needed.extend([0, 0, names.len() as u32, next].map(u32::to_le_bytes).concat());
            names.extend(version.bytes().chain([0]));
        }
        names.resize(names.len().next_multiple_of(8), 0);
        let (names_at, needed_at) = (DYNAMIC_AT + 64, DYNAMIC_AT + 64 + names.len());
        let size = needed_at + needed.len();
        let mut bytes =
            [&b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"[..], &3_u16.to_le_bytes(), &machine.0.to_le_bytes()].concat();
        bytes.extend(1_u32.to_le_bytes());
        // The entry, the table of segments, and no sections.
        bytes.extend([1_u64, 64, 0].map(u64::to_le_bytes).concat());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend([64_u16, 56, 2, 64, 0, 0].map(u16::to_le_bytes).concat());
        for (kind, at, size) in [(elf::PT_LOAD, 0, size), (elf::PT_DYNAMIC, DYNAMIC_AT, 64)] {
            bytes.extend([kind.0, 4].map(u32::to_le_bytes).concat());
            let address = if at == 0 { BASE } else { BASE + at as u64 };
            let size = size as u64;
            bytes.extend([at as u64, address, address, size, size, 8].map(u64::to_le_bytes).concat());
        }
        for (tag, value) in [
            (elf::DT_FLAGS_1, elf::DF_1_PIE.0),
            (elf::DT_STRTAB, BASE + names_at as u64),
            (elf::DT_VERNEED, BASE + needed_at as u64),
            (elf::DT_NULL, 0),
        ] {
            bytes.extend((tag.0 as u64).to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(names.iter().chain(&needed));
        bytes
    }

    /// The offset of the dynamic section in a small file.
    const DYNAMIC_AT: usize = 64 + 2 * 56;
    /// The address of a small file in memory. It differs from the offset in the file.
    const BASE: u64 = 0x10000;

    #[test]
    fn rejects_files_that_are_no_program() {
        let program = small(elf::EM_X86_64, &[]);
        // An object file, a core dump, a library without an entry, and one with an entry, which is not marked as a program.
        for (at, value) in [(16, 1), (16, 4), (24, 0), (DYNAMIC_AT + 11, 0)] {
            let mut other = program.clone();
            other[at] = value;
            let error = ElfBinary::parse(&other).unwrap_err().to_string();
            assert!(error.contains("an object file or a library"), "{error}");
        }
        assert_eq!(ElfBinary::parse(&program).unwrap().c_library(), "static");
        // A program at a fixed address needs no mark, and a compressed one has no dynamic section.
        for (at, value) in [(16, 2), (64 + 56, 0)] {
            let mut other = program.clone();
            (other[at], other[DYNAMIC_AT + 11]) = (value, 0);
            assert_eq!(ElfBinary::parse(&other).unwrap().c_library(), "static");
        }
    }

    #[test]
    fn finds_the_newest_version() {
        let newest = |versions: &[&str]| ElfBinary::parse(&small(elf::EM_AARCH64, versions)).unwrap().glibc;
        let version = |name: &str| GlibcVersion::from_symbol_version(name.as_bytes());
        assert_eq!(newest(&["GLIBC_2.4", "GLIBC_2.39", "GLIBC_2.17", "GLIBC_PRIVATE"]), version("GLIBC_2.39"));
        assert_eq!((newest(&["GCC_3.0"]), newest(&[])), (None, None));
    }

    #[test]
    fn a_damaged_binary_causes_no_panic() {
        let bytes = small(elf::EM_X86_64, &["GLIBC_2.34", "GLIBC_2.2.5"]);
        for length in 0..bytes.len() {
            let _ = ElfBinary::parse(&bytes[..length]);
        }
        for (at, value) in (0..bytes.len()).flat_map(|at| [0, 1, 0x7f, 0x80, 0xff].map(|value| (at, value))) {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            let _ = ElfBinary::parse(&damaged);
        }
        let mut damaged = bytes;
        // The address of the names.
        let at = DYNAMIC_AT + 16 + 8;
        damaged[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(ElfBinary::parse(&damaged).unwrap_err().to_string().contains("damaged"));
    }
}
