//! Long albums in chunks: the album's own page shows the first, each other one has a page of its own.
//!
//! Where a chunk begins is decided by the photos themselves (as rsync's and restic's chunks are by their bytes): a photo
//! whose id says so begins one. So one photo more or less changes one chunk, or two, and not all that follow. For the
//! same reason a chunk is named after its first photo and not numbered.

use std::fmt;

use gallery::{AlbumPath, PhotoId, Slug};

use super::Photo;

/// How long a chunk may get.
struct Length {
    /// The fewest photos of a chunk that another one follows.
    least: usize,
    /// The most.
    most: usize,
    /// One photo in so many begins the next one, once there are enough.
    one_in: u8,
}

/// The first chunk is what somebody with a phone waits for; it fills the screen of a desktop.
const FIRST: Length = Length { least: 24, most: 60, one_in: 12 };

/// The others come while one scrolls.
const LATER: Length = Length { least: 60, most: 200, one_in: 32 };

/// The last segment in the address of a chunk's page: `~` and the id of its first photo. No folder has such a slug:
/// those with a `~` end in a hash of ten digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ChunkName(PhotoId);

impl ChunkName {
    /// Reads a segment.
    pub(crate) fn parse(segment: &str) -> Option<Self> {
        Some(Self(PhotoId::parse(segment.strip_prefix('~')?).ok()?))
    }

    /// The name as a path segment.
    pub(crate) fn slug(self) -> Slug {
        Slug::parse(&self.to_string()).expect("a tilde and hexadecimal digits are a slug")
    }

    /// The address of the chunk's page, as that of an album.
    pub(crate) fn page(self, album: &AlbumPath) -> AlbumPath {
        album.child(&self.slug())
    }
}

impl fmt::Display for ChunkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "~{}", self.0)
    }
}

/// Some photos, in the order of the page.
pub(crate) type Photos<'a> = [(PhotoId, &'a Photo)];

/// The photos of an album in chunks; there is always a first one, which may be empty. Only the others have names.
pub(crate) fn chunks<'a, 'p>(
    album: &AlbumPath,
    photos: &'a Photos<'p>,
) -> (&'a Photos<'p>, Vec<(ChunkName, &'a Photos<'p>)>) {
    // Of the deepest albums nothing can lie one step deeper.
    if AlbumPath::parse(&format!("{album}/~")).is_err() {
        return (photos, Vec::new());
    }
    let starts: Vec<usize> = starts(photos.iter().map(|(id, _)| *id)).collect();
    let first = starts.first().copied().unwrap_or(photos.len());
    let ends = starts.iter().skip(1).copied().chain([photos.len()]);
    let rest = starts.iter().zip(ends).map(|(&start, end)| (ChunkName(photos[start].0), &photos[start..end]));
    (&photos[..first], rest.collect())
}

/// Where each chunk but the first begins.
fn starts(photos: impl Iterator<Item = PhotoId>) -> impl Iterator<Item = usize> {
    let (mut length, mut allowed) = (0, FIRST);
    photos.enumerate().filter_map(move |(at, photo)| {
        let begins = length >= allowed.most || (length >= allowed.least && begins_one(photo, allowed.one_in));
        if begins {
            allowed = LATER;
        }
        length = if begins { 1 } else { length + 1 };
        begins.then_some(at)
    })
}

/// Ids are hashes: any part of one is as good as dice.
fn begins_one(photo: PhotoId, one_in: u8) -> bool {
    let digits = photo.to_string();
    u8::from_str_radix(&digits[digits.len() - 2..], 16).is_ok_and(|value| value % one_in == 0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn ids(numbers: impl Iterator<Item = usize>) -> Vec<PhotoId> {
        numbers.map(|n| PhotoId::of_key(&format!("A/{n}.jpg"))).collect()
    }

    /// The chunks in order, each as its photos.
    fn in_order(photos: &[PhotoId]) -> Vec<Vec<PhotoId>> {
        let mut starts: Vec<usize> = starts(photos.iter().copied()).collect();
        starts.insert(0, 0);
        starts.push(photos.len());
        starts.windows(2).map(|ends| photos[ends[0]..ends[1]].to_vec()).collect()
    }

    fn cut(photos: &[PhotoId]) -> BTreeSet<Vec<PhotoId>> {
        in_order(photos).into_iter().collect()
    }

    #[test]
    fn chunks_are_neither_small_nor_large() {
        let chunks = in_order(&ids(0..20_000));
        let lengths: Vec<usize> = chunks.iter().map(Vec::len).collect();
        let [first, ref between @ .., last] = lengths[..] else { panic!("{lengths:?}") };
        assert!((FIRST.least..=FIRST.most).contains(&first) && last <= LATER.most, "{lengths:?}");
        assert!(between.iter().all(|length| (LATER.least..=LATER.most).contains(length)), "{lengths:?}");
        assert!((150..280).contains(&chunks.len()), "{}", chunks.len());
        assert_eq!(cut(&ids(0..FIRST.least)).len(), 1);
    }

    /// Whatever an album is called, its first page is light, and most are well below the limit.
    #[test]
    fn first_chunks_differ_and_stay_short() {
        let first = |n: usize| in_order(&ids(n * 1_000..n * 1_000 + 200))[0].len();
        let lengths: Vec<usize> = (0..200).map(first).collect();
        assert!(lengths.iter().all(|length| (FIRST.least..=FIRST.most).contains(length)), "{lengths:?}");
        assert!(lengths.iter().sum::<usize>() / lengths.len() < 40, "{lengths:?}");
    }

    #[test]
    fn one_photo_more_changes_few_chunks() {
        let photos = ids(0..5_000);
        let before = cut(&photos);
        let mut changed = Vec::new();
        for at in (0..5_000).step_by(50) {
            let mut more = photos.clone();
            more.insert(at, PhotoId::of_key(&format!("A/new {at}.jpg")));
            changed.push(cut(&more).difference(&before).count());
        }
        assert!(changed.iter().sum::<usize>() <= 2 * changed.len(), "{changed:?}");
        assert!(changed.iter().all(|&chunks| chunks <= 8), "{changed:?}");
    }

    #[test]
    fn a_name_is_no_folder_s() {
        let name = ChunkName(PhotoId::of_key("A/1.jpg"));
        assert_eq!(ChunkName::parse(&name.to_string()), Some(name));
        assert_eq!(ChunkName::parse(name.slug().as_str()), Some(name));
        for folder in ["~2", "🧚", "~0123456789", "~00000000000000000000", ""] {
            assert_eq!(ChunkName::parse(Slug::of(folder).as_str()), None, "{folder}");
        }
    }
}
