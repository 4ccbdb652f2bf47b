//! What to do, from what is here and what is there.

use std::collections::{BTreeMap, BTreeSet};

use gallery::keys::METADATA;
use gallery::store::Listed;

use super::find::{Cover, Found};

/// One step. The comparison of bytes that [`Step::Compare`] asks for needs the file; everything else follows from the two
/// listings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing of that key is there, or something of another size.
    Send(Found),
    /// An object of that size is there: send the file if its bytes differ.
    Compare(Found, Listed),
    /// An object whose file is gone has the size of this file: move it there if its bytes are the same, else send.
    Move(Found, Vec<Listed>),
    /// Its file is gone.
    Delete(Listed),
}

/// The steps, in the order of keys; deletions last.
pub(crate) fn plan(here: Vec<Found>, there: Vec<Listed>, covers: &[Cover], delete: bool) -> Vec<Step> {
    let keys: BTreeSet<&str> = here.iter().map(|found| found.key.as_str()).collect();
    // What lies in a folder that was looked through, and has no file any more. What the owner wrote about an album in the
    // bucket alone is not a file that went missing.
    let gone = |listed: &&Listed| {
        covers.iter().any(|cover| cover.holds(&listed.path))
            && !keys.contains(listed.path.as_str())
            && listed.path.rsplit('/').next() != Some(METADATA)
    };
    let gone: Vec<Listed> = there.iter().filter(gone).cloned().collect();
    let mut by_size: BTreeMap<u64, Vec<Listed>> = BTreeMap::new();
    for listed in &gone {
        by_size.entry(listed.bytes).or_default().push(listed.clone());
    }
    let mut there: BTreeMap<String, Listed> = there.into_iter().map(|listed| (listed.path.clone(), listed)).collect();
    let mut steps: Vec<Step> = here
        .into_iter()
        .map(|found| match (there.remove(&found.key), by_size.get(&found.bytes)) {
            (Some(listed), _) if listed.bytes == found.bytes => Step::Compare(found, listed),
            (None, Some(same_size)) if found.bytes > 0 => Step::Move(found, same_size.clone()),
            _ => Step::Send(found),
        })
        .collect();
    if delete {
        steps.extend(gone.into_iter().map(Step::Delete));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn found(key: &str, bytes: u64) -> Found {
        Found { file: key.into(), key: key.to_owned(), bytes }
    }

    fn listed(path: &str, bytes: u64) -> Listed {
        Listed { path: path.to_owned(), etag: String::new(), bytes, modified: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn each_file_has_one_step() {
        let here =
            vec![found("A/changed.jpg", 9), found("A/new.jpg", 5), found("A/renamed.jpg", 7), found("A/same.jpg", 3)];
        let there = vec![
            listed("A/changed.jpg", 8),
            listed("A/gone.jpg", 1),
            listed("A/metadata.yml", 2),
            listed("A/old-name.jpg", 7),
            listed("A/same.jpg", 3),
            listed("B/other.jpg", 7),
        ];
        let covers = [Cover { folder: "A/".to_owned(), whole: true }];
        let steps = plan(here, there, &covers, true);
        assert_eq!(
            steps,
            [
                Step::Send(found("A/changed.jpg", 9)),
                Step::Send(found("A/new.jpg", 5)),
                Step::Move(found("A/renamed.jpg", 7), vec![listed("A/old-name.jpg", 7)]),
                Step::Compare(found("A/same.jpg", 3), listed("A/same.jpg", 3)),
                Step::Delete(listed("A/gone.jpg", 1)),
                Step::Delete(listed("A/old-name.jpg", 7)),
            ]
        );
    }

    #[test]
    fn nothing_is_deleted_or_moved_outside_of_what_was_looked_through() {
        let steps = plan(vec![found("A/x.jpg", 7)], vec![listed("A/y.jpg", 7), listed("AB/z.jpg", 7)], &[], true);
        assert_eq!(steps, [Step::Send(found("A/x.jpg", 7))]);
        let covers = [Cover { folder: "A/".to_owned(), whole: true }];
        let steps = plan(vec![found("A/x.jpg", 1)], vec![listed("A/y.jpg", 7), listed("AB/z.jpg", 7)], &covers, false);
        assert_eq!(steps, [Step::Send(found("A/x.jpg", 1))]);
        // Of a folder that is covered by its own files alone, the albums stay.
        let covers = [Cover { folder: "A/".to_owned(), whole: false }];
        let there = vec![listed("A/gone.jpg", 7), listed("A/Album/1.jpg", 9), listed("A/Album/2.jpg", 7)];
        let steps = plan(vec![found("A/x.jpg", 9)], there, &covers, true);
        assert_eq!(steps, [Step::Send(found("A/x.jpg", 9)), Step::Delete(listed("A/gone.jpg", 7))]);
    }
}
