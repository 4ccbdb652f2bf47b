//! The `ETag` that S3 gives to bytes: their MD5, or for objects sent in parts the MD5 of the parts' MD5s and their count
//! (AWS, "Checking object integrity for data uploads"). Comparing it costs no request: listings tell it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};

const MIB: u64 = 1 << 20;

/// From this size on files are sent in parts.
pub(crate) const IN_PARTS: u64 = 32 * MIB;

/// S3 takes at most so many parts.
const PARTS: u64 = 10_000;

/// The size of a part of a file of this size: the smallest multiple of 16 MiB with which the parts are few enough.
pub(crate) fn part_size(bytes: u64) -> u64 {
    let step = 16 * MIB;
    bytes.div_ceil(PARTS).div_ceil(step).max(1) * step
}

/// The part sizes that other clients use: the AWS CLI and most SDKs, rclone, s3cmd.
const OTHERS: [u64; 3] = [8 * MIB, 5 * MIB, 15 * MIB];

/// Whether a file's bytes have this `ETag`; `None` when the `ETag` is no MD5 of any form that is known (objects that are
/// encrypted with keys of KMS have such), so that nothing can be said.
pub(crate) fn matches(file: &Path, bytes: u64, etag: &str) -> std::io::Result<Option<bool>> {
    let etag = etag.trim_matches('"');
    let (digest, parts) = match etag.split_once('-') {
        None => (etag, None),
        Some((digest, parts)) => (digest, Some(parts)),
    };
    if digest.len() != 32 || !digest.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let Some(parts) = parts else {
        return Ok(Some(of_whole(file)? == digest));
    };
    let Ok(parts) = parts.parse::<u64>() else { return Ok(None) };
    let sizes = part_sizes(bytes, parts);
    for size in &sizes {
        if of_parts(file, *size)? == etag {
            return Ok(Some(true));
        }
    }
    // Sent in parts of a size that nobody here knows: it may be the same.
    Ok(if sizes.contains(&part_size(bytes)) { Some(false) } else { None })
}

/// The part sizes that may have been used for so many bytes in so many parts.
pub(crate) fn part_sizes(bytes: u64, parts: u64) -> Vec<u64> {
    let mut sizes = vec![part_size(bytes)];
    sizes.extend(OTHERS.into_iter().filter(|size| *size != part_size(bytes)));
    sizes.retain(|size| bytes.div_ceil(*size) == parts);
    sizes
}

fn of_whole(file: &Path) -> std::io::Result<String> {
    let mut hash = Md5::new();
    let mut reader = File::open(file)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(HEXLOWER.encode(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

fn of_parts(file: &Path, size: u64) -> std::io::Result<String> {
    let mut reader = File::open(file)?;
    let (mut all, mut count) = (Md5::new(), 0);
    let mut part = Vec::new();
    loop {
        part.clear();
        if reader.by_ref().take(size).read_to_end(&mut part)? == 0 {
            return Ok(format!("{}-{count}", HEXLOWER.encode(&all.finalize())));
        }
        all.update(Md5::digest(&part));
        count += 1;
    }
}

/// The `ETag` of one part, or of an object that was sent whole.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Md5::digest(bytes))
}

/// The `ETag` of an object that is made of parts with these `ETags`; `None` when one of them is no MD5.
pub(crate) fn of_told_parts<'a>(parts: impl Iterator<Item = &'a str>) -> Option<String> {
    let (mut all, mut count) = (Md5::new(), 0);
    for part in parts {
        all.update(HEXLOWER.decode(part.trim_matches('"').as_bytes()).ok().filter(|digest| digest.len() == 16)?);
        count += 1;
    }
    Some(format!("{}-{count}", HEXLOWER.encode(&all.finalize())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_etag() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, b"hello").unwrap();
        let is = |etag: &str| matches(&file, 5, etag).unwrap();
        assert_eq!(is("\"5d41402abc4b2a76b9719d911017c592\""), Some(true));
        assert_eq!(is("\"00000000000000000000000000000000\""), Some(false));
        assert_eq!(is("\"not-an-md5\""), None);
        // The MD5 of that MD5, as one part.
        let one = format!("{}-1", HEXLOWER.encode(&Md5::digest(Md5::digest(b"hello"))));
        assert_eq!(is(&one), Some(true));
        assert_eq!(of_told_parts(["\"5d41402abc4b2a76b9719d911017c592\""].into_iter()), Some(one));
        assert_eq!(of_told_parts(["no MD5"].into_iter()), None);
        assert_eq!(is("00000000000000000000000000000000-1"), Some(false));
        assert_eq!(is("00000000000000000000000000000000-7"), None, "in parts of nobody's size");
        assert_eq!(of_bytes(b"hello"), "5d41402abc4b2a76b9719d911017c592");
    }

    #[test]
    fn parts_are_few_enough_however_large_a_file_is() {
        assert_eq!(part_size(1), 16 * MIB);
        assert_eq!(part_size(160_000 * MIB), 16 * MIB);
        assert_eq!(part_size(160_001 * MIB), 32 * MIB);
        let largest = 5 << 40;
        assert!(largest / part_size(largest) < PARTS);
    }
}
