//! The zip file for Lambda. It has the same bytes for the same binary.

use std::{
    fs,
    io::{self, Cursor, Write as _},
    path::Path,
};

use zip::{CompressionMethod, DateTime, System, ZipWriter, write::SimpleFileOptions};

/// Writes a zip file with a binary as `bootstrap`. Returns the size of the file.
pub(super) fn write(path: &Path, binary: &[u8]) -> io::Result<u64> {
    let bytes = zipped(binary)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, &bytes)?;
    Ok(bytes.len() as u64)
}

fn zipped(binary: &[u8]) -> io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        // The time of a build would change the bytes.
        .last_modified_time(DateTime::DEFAULT)
        // Lambda starts only an executable file. The mode has to be that of Unix on every machine.
        .system(System::Unix)
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", options)?;
    writer.write_all(binary)?;
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn contains_an_executable_bootstrap_and_has_the_same_bytes_each_time() {
        let bytes = zipped(b"binary").unwrap();
        assert_eq!(zipped(b"binary").unwrap(), bytes);
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_name("bootstrap").unwrap();
        assert_eq!((file.unix_mode(), file.last_modified()), (Some(0o100_755), Some(DateTime::DEFAULT)));
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        assert_eq!(content, b"binary");
    }
}
