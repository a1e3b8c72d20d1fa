//! Sizes of packages and payloads, and the limits of hosts for packages.

/// The maximum size of a zip file in a request to Lambda. Larger files need Amazon S3.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const LAMBDA_MAX_UPLOAD: u64 = 50 * MB;
/// The maximum size of the files of a function, on Lambda and on Vercel.
///
/// Source: <https://vercel.com/docs/functions/limitations>, and the page above.
pub const MAX_FUNCTION_SIZE: u64 = 250 * MB;
/// The maximum size of the variables of a function on Lambda.
pub const LAMBDA_MAX_VARIABLES: usize = 4 << 10;

const MB: u64 = 1 << 20;

/// A size for people, in MB as the hosts count them.
pub fn human_size(bytes: u64) -> String {
    // Rounded up, so that a size over the limit never looks like the limit.
    let tenths = bytes.saturating_mul(10).div_ceil(MB);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

/// A size for people, in KB or MB, rounded to the nearest tenth.
pub fn rounded_size(bytes: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
    let size = bytes as f64;
    match bytes {
        1_048_576.. => format!("{:.1} MB", size / 1_048_576.0),
        _ => format!("{:.1} KB", size / 1024.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_up() {
        for (bytes, expected) in
            [(0, "0.0 MB"), (1, "0.1 MB"), (MB, "1.0 MB"), (MB + 1, "1.1 MB"), (250 * MB, "250.0 MB")]
        {
            assert_eq!(human_size(bytes), expected);
        }
        assert!(human_size(u64::MAX).ends_with(" MB"));
    }
}
