//! The segments of an ELF file. The kernel and the loader read these, and no section headers, which tools can remove.

use object::{
    Endianness, U32, U64,
    elf::{self, Dyn64, FileHeader64, ProgramHeader64, SectionHeader64},
    read::{
        StringTable,
        elf::{Dyn as _, FileHeader as _, ProgramHeader as _, SectionHeader as _},
    },
};

use super::GlibcVersion;
use crate::Result;

/// The segments and the dynamic section of an ELF file.
pub(super) struct Segments<'a> {
    headers: &'a [ProgramHeader64<Endianness>],
    /// The entries of the dynamic section. `None` without this section.
    dynamic: Option<&'a [Dyn64<Endianness>]>,
    endian: Endianness,
    bytes: &'a [u8],
}

impl<'a> Segments<'a> {
    /// Reads the table of segments.
    ///
    /// # Errors
    /// The table or the dynamic section is outside the file.
    pub(super) fn read(header: &FileHeader64<Endianness>, endian: Endianness, bytes: &'a [u8]) -> Result<Self> {
        let headers = header.program_headers(endian, bytes)?;
        let mut dynamic = None;
        for segment in headers {
            dynamic = dynamic.or(segment.dynamic(endian, bytes)?);
        }
        Ok(Self { headers, dynamic, endian, bytes })
    }

    /// Returns the path of the program that loads a dynamic binary.
    ///
    /// # Errors
    /// The path is outside the file.
    pub(super) fn interpreter(&self) -> Result<Option<String>> {
        for segment in self.headers {
            if let Some(path) = segment.interpreter(self.endian, self.bytes)? {
                return Ok(Some(String::from_utf8_lossy(path).into_owned()));
            }
        }
        Ok(None)
    }

    /// Whether a file without an interpreter is a library. A static program needs no library, and linkers mark one that is
    /// relocatable (static-pie) as a program. A compressed program (UPX) has no dynamic section.
    pub(super) fn is_library(&self, kind: elf::FileType) -> bool {
        let is_marked = self.value(elf::DT_FLAGS_1).is_some_and(|flags| flags & elf::DF_1_PIE.0 != 0);
        let is_relocatable = self.dynamic.is_some() && kind == elf::ET_DYN;
        self.value(elf::DT_NEEDED).is_some() || (is_relocatable && !is_marked)
    }

    /// Returns the newest version of glibc among the needed versions of symbols, as `readelf -V` prints them.
    ///
    /// # Errors
    /// The versions or their names are outside the file.
    pub(super) fn glibc(&self) -> Result<Option<GlibcVersion>> {
        let Some(address) = self.value(elf::DT_VERNEED) else { return Ok(None) };
        let versions = self.bytes_at(address).ok_or("the needed versions are in no segment")?;
        let names = self.value(elf::DT_STRTAB).and_then(|address| self.bytes_at(address));
        let names = names.ok_or("the names of the needed versions are in no segment")?;
        let names = StringTable::new(names, 0, names.len() as u64);
        let mut newest = None;
        // `object` finds versions by a section only. The list ends by itself, before the end of the segment.
        let section = versions_section(self.endian, versions.len());
        let Some((mut libraries, _)) = section.gnu_verneed(self.endian, versions)? else { return Ok(None) };
        while let Some((_, mut versions)) = libraries.next()? {
            while let Some(version) = versions.next()? {
                newest = newest.max(GlibcVersion::from_symbol_version(version.name(self.endian, names)?));
            }
        }
        Ok(newest)
    }

    /// The value of the first entry with a tag in the dynamic section.
    fn value(&self, tag: elf::DynamicTag) -> Option<u64> {
        let entries = self.dynamic.unwrap_or_default().iter();
        let mut entries = entries.take_while(|entry| entry.d_tag(self.endian) != elf::DT_NULL);
        entries.find(|entry| entry.d_tag(self.endian) == tag).map(|entry| entry.d_val(self.endian))
    }

    /// The bytes from an address in memory to the end of its segment.
    fn bytes_at(&self, address: u64) -> Option<&'a [u8]> {
        let loaded = self.headers.iter().filter(|segment| segment.p_type(self.endian) == elf::PT_LOAD);
        loaded.into_iter().find_map(|segment| {
            let start = usize::try_from(address.checked_sub(segment.p_vaddr(self.endian))?).ok()?;
            let data = segment.data(self.endian, self.bytes).ok()?;
            data.get(start..).filter(|rest| !rest.is_empty())
        })
    }
}

/// A section of needed versions that begins at the first byte.
fn versions_section(endian: Endianness, size: usize) -> SectionHeader64<Endianness> {
    let (zero, none) = (U32::new(endian, 0), U64::new(endian, 0));
    SectionHeader64 {
        sh_name: zero,
        sh_type: U32::new(endian, elf::SHT_GNU_VERNEED),
        sh_flags: U64::new(endian, elf::SectionFlags(0)),
        sh_addr: none,
        sh_offset: none,
        sh_size: U64::new(endian, size as u64),
        sh_link: zero,
        sh_info: zero,
        sh_addralign: none,
        sh_entsize: none,
    }
}
