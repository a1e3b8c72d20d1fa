use std::fmt;

/// A version of glibc, such as 2.34.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GlibcVersion {
    major: u32,
    minor: u32,
}

impl GlibcVersion {
    /// The version of Amazon Linux 2023, on which Lambda's `provided.al2023` and Vercel's functions run.
    ///
    /// Source: <https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html>
    pub const AMAZON_LINUX_2023: Self = Self { major: 2, minor: 34 };
    /// The version of Amazon Linux 2, on which Lambda's `provided.al2` runs.
    pub const AMAZON_LINUX_2: Self = Self { major: 2, minor: 26 };

    /// Parses the name of a version of symbols, such as `GLIBC_2.34` or `GLIBC_2.2.5`. A third number does not count.
    pub(super) fn from_symbol_version(name: &[u8]) -> Option<Self> {
        let version = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
        let mut numbers = version.split('.').map(str::parse);
        Some(Self { major: numbers.next()?.ok()?, minor: numbers.next()?.ok()? })
    }
}

impl fmt::Display for GlibcVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_numbers_and_not_text() {
        let version = |name: &str| GlibcVersion::from_symbol_version(name.as_bytes()).unwrap();
        assert!(version("GLIBC_2.4") < version("GLIBC_2.34") && version("GLIBC_2.34") < version("GLIBC_2.36"));
        assert_eq!(version("GLIBC_2.2.5").to_string(), "2.2");
        assert_eq!(version("GLIBC_2.34"), GlibcVersion::AMAZON_LINUX_2023);
    }

    #[test]
    fn ignores_names_that_are_no_version() {
        for name in ["GLIBC_PRIVATE", "GLIBC_ABI_DT_RELR", "GCC_3.0", "GLIBC_", "GLIBC_2", "GLIBC_2.x", "\u{fffd}"] {
            assert_eq!(GlibcVersion::from_symbol_version(name.as_bytes()), None, "{name}");
        }
        assert_eq!(GlibcVersion::from_symbol_version(b"GLIBC_\xff.1"), None);
    }
}
