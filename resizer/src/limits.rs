//! What an original may cost.

/// Limits that are checked from an original's size and header, before anything is allocated for its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of an original.
    pub bytes: u64,
    /// Most pixels of an original.
    pub pixels: u64,
    /// Most pixels along one side.
    pub side: u32,
    /// Most bytes of memory that a decoder may ask for.
    pub memory: u64,
}

impl Default for Limits {
    /// 1 GiB, 120 megapixels, 65,535 pixels a side (all that JPEG can say), 768 MiB of memory: two thirds of the
    /// smallest function that the resizer is deployed as.
    fn default() -> Self {
        Self { bytes: 1 << 30, pixels: 120_000_000, side: 65_535, memory: 768 << 20 }
    }
}
