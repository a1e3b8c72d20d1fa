/// The size of a chunk of a payload that is one slice, in bytes.
const CHUNK: usize = 48 * 1024;

/// A request body of known length that is written chunk by chunk.
///
/// Anything that is `AsRef<[u8]>` is a payload: `&str`, `String`, `Vec<u8>`, [`Bytes`](bytes::Bytes). Implement the trait for
/// a type that encodes a large body only when it is sent. A payload may be written more than once, because a request that
/// Lambda has not received is sent again.
///
/// The chunks must add up to [`len`](Self::len), which must not change. If they do not, the request fails and the connection is
/// closed. Lambda then waits until the invocation times out.
pub trait Payload: Send + Sync {
    /// The length of all chunks together, in bytes.
    fn len(&self) -> usize;

    /// Whether the length is zero.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the chunk with this index to `out`, and returns whether there is one. Chunks should be about 48 KB. `out` may
    /// contain other data, which must stay as it is.
    fn write_chunk(&self, index: usize, out: &mut Vec<u8>) -> bool;
}

impl<T: AsRef<[u8]> + Send + Sync> Payload for T {
    fn len(&self) -> usize {
        self.as_ref().len()
    }

    fn write_chunk(&self, index: usize, out: &mut Vec<u8>) -> bool {
        let Some(chunk) = self.as_ref().chunks(CHUNK).nth(index) else { return false };
        out.extend_from_slice(chunk);
        true
    }
}
