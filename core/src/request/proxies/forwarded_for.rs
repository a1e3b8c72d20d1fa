//! The list of addresses in the header `X-Forwarded-For`.

use crate::RequestHead;

const NAME: &str = "x-forwarded-for";
/// The number of bytes at the end of the list that count. They contain 80 addresses of the longest form.
///
/// Proxies append addresses, so that a client can only write a list that is too long at its beginning.
const MAX_LENGTH: usize = 4096;

/// The end of the list in `X-Forwarded-For`. Several headers are one list, in their order (RFC 9110, section 5.3).
#[derive(Debug, Default)]
pub(super) struct ForwardedFor {
    /// The entries, separated by commas.
    list: Vec<u8>,
    /// The number of headers.
    pub(super) headers: usize,
    /// The list was longer than [`MAX_LENGTH`], and the first entry of `list` may be a part of an entry.
    pub(super) is_cut: bool,
}

impl ForwardedFor {
    pub(super) fn read<H: RequestHead + ?Sized>(head: &H) -> Self {
        let mut entries = Self::default();
        head.for_each_header(&mut |name, value| {
            if name == NAME {
                entries.append(value);
            }
        });
        entries
    }

    fn append(&mut self, value: &[u8]) {
        if self.headers > 0 {
            self.list.push(b',');
        }
        self.headers += 1;
        let end = value.get(value.len().saturating_sub(MAX_LENGTH)..).unwrap_or_default();
        self.is_cut |= end.len() < value.len();
        self.list.extend_from_slice(end);
        if self.list.len() > MAX_LENGTH {
            self.list.drain(..self.list.len() - MAX_LENGTH);
            self.is_cut = true;
        }
    }

    /// The entries from the right to the left, without one that may be a part of an entry. Empty if there is no header.
    pub(super) fn entries_from_right(&self) -> impl Iterator<Item = &[u8]> {
        let is_comma = |byte: &u8| *byte == b',';
        let whole = match (self.headers, self.is_cut) {
            (0, _) => None,
            (_, false) => Some(self.list.as_slice()),
            (_, true) => self.list.iter().position(is_comma).and_then(|comma| self.list.get(comma + 1..)),
        };
        whole.into_iter().flat_map(move |whole| whole.rsplit(is_comma))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> ForwardedFor {
        let mut list = ForwardedFor::default();
        values.iter().for_each(|value| list.append(value.as_bytes()));
        list
    }

    fn entries(values: &[&str]) -> Vec<String> {
        let list = list(values);
        list.entries_from_right().map(|entry| String::from_utf8_lossy(entry).into_owned()).collect()
    }

    #[test]
    fn joins_headers_in_their_order() {
        assert_eq!(entries(&["a, b", "", "c"]), ["c", "", " b", "a"]);
        assert_eq!(entries(&[""]), [""]);
        assert!(entries(&[]).is_empty());
    }

    #[test]
    fn keeps_whole_entries_at_the_end_of_a_long_list() {
        let long = "a".repeat(MAX_LENGTH);
        assert_eq!(entries(&[&long]), [long.as_str()]);
        assert!(!list(&[&long]).is_cut);
        for values in [&[format!("{long},b,c")][..], &[long.clone(), "b".into(), "c".into()]] {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            assert_eq!((entries(&values), list(&values).is_cut), (vec!["c".into(), "b".into()], true));
        }
        // The rest of an entry could be another address.
        assert!(entries(&[&format!("1{}", " ".repeat(MAX_LENGTH))]).is_empty());
    }

    #[test]
    fn has_a_limit_for_any_number_of_headers() {
        let value = "9".repeat(MAX_LENGTH * 3);
        assert!(list(&[value.as_str(); 100]).list.capacity() <= MAX_LENGTH * 4);
    }
}
