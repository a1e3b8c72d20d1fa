//! The header and the needed versions of an ELF file. A damaged file is an error.

use std::{fs, path::Path};

use object::{
    Endianness,
    elf::{self, FileHeader64},
    read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _, SectionHeader as _},
};

use super::{GlibcVersion, Machine, features::HostFeatures};
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
        let damaged = |error: object::read::Error| format!("the ELF file is damaged: {error}");
        let interpreter = interpreter(header, endian, bytes).map_err(damaged)?;
        if !is_program(header, endian, bytes, interpreter.is_some()).map_err(damaged)? {
            return Err(
                "the file is an object file or a library, and no program; use the binary that cargo builds".into()
            );
        }
        if interpreter.is_some() && header.section_headers(endian, bytes).map_err(damaged)?.is_empty() {
            return Err(
                "a tool such as sstrip has removed the section headers, so that the needed glibc is unknown; use \
                        the binary that cargo builds"
                    .into(),
            );
        }
        Ok(Self {
            machine: Machine::from_elf(number).ok_or(number.0),
            interpreter,
            glibc: glibc(header, endian, bytes).map_err(damaged)?,
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

type Header = FileHeader64<Endianness>;

/// Returns the path of the program that loads a dynamic binary.
fn interpreter(header: &Header, endian: Endianness, bytes: &[u8]) -> object::read::Result<Option<String>> {
    for segment in header.program_headers(endian, bytes)? {
        if let Some(path) = segment.interpreter(endian, bytes)? {
            return Ok(Some(String::from_utf8_lossy(path).into_owned()));
        }
    }
    Ok(None)
}

/// Whether the kernel can start the file. A library needs other libraries, and has no interpreter that loads them.
fn is_program(header: &Header, endian: Endianness, bytes: &[u8], is_dynamic: bool) -> object::read::Result<bool> {
    let can_be_loaded = [elf::ET_EXEC, elf::ET_DYN].contains(&header.e_type(endian)) && header.e_entry(endian) != 0;
    let mut needs_libraries = false;
    for segment in header.program_headers(endian, bytes)? {
        let entries = segment.dynamic(endian, bytes)?.unwrap_or_default();
        needs_libraries |= entries.iter().any(|entry| entry.d_tag(endian) == elf::DT_NEEDED);
    }
    Ok(can_be_loaded && (is_dynamic || !needs_libraries))
}

/// Returns the newest version of glibc among the needed versions of symbols, as `readelf -V` prints them.
fn glibc(header: &Header, endian: Endianness, bytes: &[u8]) -> object::read::Result<Option<GlibcVersion>> {
    let sections = header.sections(endian, bytes)?;
    let mut newest = None;
    for section in sections.iter() {
        let Some((mut libraries, strings)) = section.gnu_verneed(endian, bytes)? else { continue };
        let strings = sections.strings(endian, bytes, strings)?;
        while let Some((_, mut versions)) = libraries.next()? {
            while let Some(version) = versions.next()? {
                newest = newest.max(GlibcVersion::from_symbol_version(version.name(endian, strings)?));
            }
        }
    }
    Ok(newest)
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

    /// A small file with versions of symbols: the header, the text of the names, the versions, and a table of three sections.
    fn small(machine: elf::Machine, versions: &[&str]) -> Vec<u8> {
        let (names_at, mut names) = (64_u64, b"\0libc.so.6\0".to_vec());
        let mut needed = Vec::new();
        needed.extend([1_u16, versions.len() as u16].map(u16::to_le_bytes).concat());
        needed.extend([1_u32, 16, 0].map(u32::to_le_bytes).concat());
        for (index, version) in versions.iter().enumerate() {
            let next = if index + 1 == versions.len() { 0 } else { 16 };
            needed.extend([0, 0, names.len() as u32, next].map(u32::to_le_bytes).concat());
            names.extend(version.bytes().chain([0]));
        }
        names.resize(names.len().next_multiple_of(8), 0);
        let needed_at = names_at + names.len() as u64;
        let table_at = needed_at + needed.len() as u64;
        let mut bytes =
            [&b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"[..], &3_u16.to_le_bytes(), &machine.0.to_le_bytes()].concat();
        bytes.extend(1_u32.to_le_bytes());
        // The entry, no segments, and the table.
        bytes.extend([1, 0, table_at].map(u64::to_le_bytes).concat());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend([64_u16, 0, 0, 64, 3, 1].map(u16::to_le_bytes).concat());
        bytes.extend(names.iter().chain(&needed));
        for (kind, at, size, strings) in
            [(0, 0, 0, 0), (3, names_at, names.len(), 0), (elf::SHT_GNU_VERNEED.0, needed_at, needed.len(), 1)]
        {
            bytes.extend([0, kind].map(u32::to_le_bytes).concat());
            bytes.extend([0, 0, at, size as u64].map(u64::to_le_bytes).concat());
            bytes.extend([strings, 1].map(u32::to_le_bytes).concat());
            bytes.extend([1_u64, 0].map(u64::to_le_bytes).concat());
        }
        bytes
    }

    #[test]
    fn rejects_files_that_are_no_program() {
        let program = small(elf::EM_X86_64, &[]);
        // The types of an object file and of a core dump, and a library without an entry.
        for (at, value) in [(16, 1), (16, 4), (24, 0)] {
            let mut other = program.clone();
            other[at] = value;
            let error = ElfBinary::parse(&other).unwrap_err().to_string();
            assert!(error.contains("an object file or a library"), "{error}");
        }
        assert_eq!(ElfBinary::parse(&program).unwrap().c_library(), "static");
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
        // The offset of the names.
        let at = damaged.len() - 128 + 24;
        damaged[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(ElfBinary::parse(&damaged).unwrap_err().to_string().contains("damaged"));
    }
}
