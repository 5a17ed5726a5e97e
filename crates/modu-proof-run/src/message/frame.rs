//! Frames: a length, a kind, and fields one after another.

/// Bytes of the length in front of a frame.
pub(crate) const LENGTH_BYTES: usize = 4;
/// The longest frame.
pub(crate) const LONGEST: u64 = 1 << 30;
/// The longest reason or name that a child may give.
pub(super) const LONGEST_TEXT: usize = 16 << 10;
/// What is wrong with a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) &'static str);

/// Puts a frame together.
#[derive(Debug)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn new(kind: u8) -> Self {
        // Room for the length, which is known at the end.
        Self(vec![0, 0, 0, 0, kind])
    }

    pub(super) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn bytes(mut self, value: &[u8]) -> Self {
        self = self.u64(value.len() as u64);
        self.0.extend(value);
        self
    }

    pub(super) fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    /// Takes room for so many bytes at once.
    pub(super) fn reserve(mut self, bytes: u64) -> Self {
        self.0
            .reserve(usize::try_from(bytes.min(LONGEST)).unwrap_or(0));
        self
    }

    /// Numbers without their count.
    pub(super) fn numbers<T: Copy, const N: usize>(
        mut self,
        values: &[T],
        write: impl Fn(T) -> [u8; N],
    ) -> Self {
        let start = self.0.len();
        self.0.resize(start + values.len() * N, 0);
        let (places, _) = self.0[start..].as_chunks_mut::<N>();
        for (place, &value) in places.iter_mut().zip(values) {
            *place = write(value);
        }
        self
    }

    /// The frame with its length; none where it is longer than [`LONGEST`].
    pub(super) fn finish(mut self) -> Option<Vec<u8>> {
        let length = self.0.len() - LENGTH_BYTES;
        if length as u64 > LONGEST {
            return None;
        }
        let length = u32::try_from(length).ok()?;
        self.0[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
        Some(self.0)
    }
}

/// Takes a frame apart.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Opens a frame of one kind, without its length.
    pub(super) fn open(frame: &'a [u8], kind: u8) -> Result<Self, Unreadable> {
        match frame.split_first() {
            Some((first, rest)) if *first == kind => Ok(Self(rest)),
            _ => Err(Unreadable("another message was expected")),
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(Unreadable("a message ends early"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Unreadable> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn u64(&mut self) -> Result<u64, Unreadable> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(bytes))
    }

    pub(super) fn length(&mut self) -> Result<usize, Unreadable> {
        usize::try_from(self.u64()?).map_err(|_| Unreadable("a length is too large"))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Unreadable> {
        let length = self.length()?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Unreadable> {
        let bytes = self.bytes()?;
        if bytes.len() > LONGEST_TEXT {
            return Err(Unreadable("a text is too long"));
        }
        std::str::from_utf8(bytes).map_err(|_| Unreadable("a text is not UTF-8"))
    }

    pub(super) fn numbers<T, const N: usize>(
        &mut self,
        count: usize,
        read: impl Fn([u8; N]) -> T,
    ) -> Result<Vec<T>, Unreadable> {
        let length = count
            .checked_mul(N)
            .ok_or(Unreadable("a length is too large"))?;
        let (whole, _) = self.take(length)?.as_chunks::<N>();
        Ok(whole.iter().map(|bytes| read(*bytes)).collect())
    }

    pub(super) fn finish(self) -> Result<(), Unreadable> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Unreadable("a message is too long"))
        }
    }
}
