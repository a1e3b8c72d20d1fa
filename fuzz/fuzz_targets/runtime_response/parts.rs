//! The parts of a response, found without Lodger's code and without hyper.

/// The heads of a response, and the bytes after them.
pub struct Parts<'a> {
    /// The heads of interim responses, and the final head. Each ends before its empty line, unless it is incomplete.
    pub heads: Vec<&'a [u8]>,
    pub after_heads: &'a [u8],
    /// The positions of the digits of each status 101.
    switching: Vec<usize>,
}

/// Names and values.
pub type Headers = Vec<(Vec<u8>, Vec<u8>)>;

const END: &[u8] = b"\r\n\r\n";

impl<'a> Parts<'a> {
    pub fn split(response: &'a [u8]) -> Self {
        let mut parts = Parts { heads: vec![], after_heads: response, switching: vec![] };
        loop {
            let start = response.len() - parts.after_heads.len();
            let Some((head, rest)) = split_once(parts.after_heads, END) else {
                parts.heads.push(std::mem::take(&mut parts.after_heads));
                return parts;
            };
            parts.heads.push(head);
            parts.after_heads = rest;
            let line = head.strip_prefix(b"\r\n").unwrap_or(head);
            let status = [&b"HTTP/1.1 "[..], b"HTTP/1.0 "].iter().find_map(|version| line.strip_prefix(*version));
            match status {
                Some([b'1', b'0', b'1', ..]) => parts.switching.push(start + head.len() - line.len() + 9),
                Some([b'1', ..]) => {}
                _ => return parts,
            }
        }
    }

    /// Returns the response with the status 100 in place of 101. hyper takes a 101 for a final response, after which another protocol
    /// follows. To Lodger it is an interim response, because no request asks for another protocol (RFC 9110, section 15.2.2).
    pub fn without_switching_protocols(&self, response: &[u8]) -> Vec<u8> {
        let mut response = response.to_vec();
        for &at in &self.switching {
            response[at + 2] = b'0';
        }
        response
    }

    pub fn final_head(&self) -> &'a [u8] {
        self.heads.last().copied().unwrap_or_default()
    }

    /// The status and the headers of the final head, in their order.
    pub fn read_by_httparse(&self) -> (u16, Headers) {
        let head = [self.final_head(), END].concat();
        let mut headers = [httparse::EMPTY_HEADER; 100];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(&head);
        assert!(parsed.is_ok_and(|status| status.is_complete()), "httparse rejects {}", head.escape_ascii());
        let headers = response.headers.iter().map(|header| (header.name.into(), header.value.into())).collect();
        (response.code.unwrap_or_default(), headers)
    }

    /// The trailers of a chunked body that is valid.
    pub fn trailers(&self) -> &'a [u8] {
        let mut rest = self.after_heads;
        while let Some((line, after)) = split_once(rest, b"\r\n") {
            let digits: Vec<u8> = line.iter().copied().take_while(u8::is_ascii_hexdigit).collect();
            let length = usize::from_str_radix(&String::from_utf8_lossy(&digits), 16).unwrap_or_default();
            if length == 0 {
                return if after.starts_with(b"\r\n") {
                    b""
                } else {
                    split_once(after, END).map_or(after, |(trailers, _)| trailers)
                };
            }
            rest = after.get(length + 2..).unwrap_or_default();
        }
        b""
    }
}

/// The values of the headers with the name.
pub fn values<'h>(headers: &'h [(Vec<u8>, Vec<u8>)], name: &str) -> Vec<&'h [u8]> {
    let is_named = |header: &&(Vec<u8>, Vec<u8>)| header.0.eq_ignore_ascii_case(name.as_bytes());
    headers.iter().filter(is_named).map(|(_, value)| &value[..]).collect()
}

fn split_once<'b>(bytes: &'b [u8], separator: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = bytes.windows(separator.len()).position(|part| part == separator)?;
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}
