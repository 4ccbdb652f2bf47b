//! What a backup is to do, from what is noted, what is on the disk and what the gallery lists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, ensure};
use gallery::store::Listed;

use super::check::Checked;
use super::earlier;
use super::manifest::{Kept, Manifest};

/// What is to be done about one object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is there.
    Same,
    /// Its bytes are there under a key that is gone.
    Rename { from: String },
    /// It has to be fetched, or lies there already without being noted.
    Fetch,
    /// Its file is missing or damaged: the right bytes take its place once they are here.
    Mend,
}

/// What is to be done about everything.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<(Listed, Step)>,
    /// Noted keys that the gallery has no more, and whose bytes no other key has.
    pub(super) gone: Vec<String>,
}

impl Plan {
    /// Compares them.
    pub(super) fn of(root: &Path, manifest: &Manifest, there: Vec<Listed>, checked: &Checked) -> Self {
        let keys: BTreeSet<String> = there.iter().map(|listed| listed.path.clone()).collect();
        let is_whole = |key: &str, kept: &Kept| kept.is_there(root) && !checked.damaged.contains(key);
        let mut twins: BTreeMap<(u64, String), Vec<&String>> = BTreeMap::new();
        for (key, kept) in manifest.files.iter().filter(|(key, kept)| !keys.contains(*key) && is_whole(key, kept)) {
            twins.entry((kept.bytes, kept.etag.clone())).or_default().push(key);
        }
        let mut renamed = BTreeSet::new();
        let mut step = |listed: &Listed| match manifest.files.get(&listed.path) {
            Some(kept) if kept.etag != listed.etag || kept.bytes != listed.bytes => Step::Fetch,
            Some(kept) if checked.unread.contains_key(&listed.path) || is_whole(&listed.path, kept) => Step::Same,
            Some(_) => Step::Mend,
            None => match twins.get_mut(&(listed.bytes, listed.etag.clone())).and_then(Vec::pop) {
                Some(from) => {
                    renamed.insert(from);
                    Step::Rename { from: from.clone() }
                }
                None => Step::Fetch,
            },
        };
        let with_step = |listed: Listed| {
            let step = step(&listed);
            (listed, step)
        };
        let steps = there.into_iter().map(with_step).collect();
        let gone =
            manifest.files.keys().filter(|key| !keys.contains(*key) && !renamed.contains(key)).cloned().collect();
        Self { steps, gone }
    }

    /// How many bytes are to come.
    pub(super) fn bytes(&self) -> u64 {
        let comes = |(_, step): &&(Listed, Step)| matches!(step, Step::Fetch | Step::Mend);
        self.steps.iter().filter(comes).map(|(listed, _)| listed.bytes).sum()
    }

    /// Refuses `--delete` where it would take most of the copy: so a wrong gallery looks, and one whose disk is not there.
    pub(super) fn may_delete(&self, root: &Path, manifest: &Manifest) -> Result<()> {
        let is_original = |key: &str| resizer::facts_of(key).is_some();
        let known = manifest.files.keys().filter(|key| is_original(key)).count();
        let copy = root.display();
        let is_empty = !self.steps.iter().any(|(listed, _)| is_original(&listed.path));
        ensure!(
            !is_empty || (known == 0 && self.gone.is_empty() && !earlier::is_there(root)),
            "the gallery has no photo at all, so `--delete` would leave nothing of `{copy}` and removed nothing: see that \
             this is the right gallery and that its disk is there"
        );
        let gone = self.gone.iter().filter(|key| is_original(key)).count();
        ensure!(
            gone * 2 <= known,
            "{gone} of the {known} originals in `{copy}` are no longer in the gallery, so `--delete` removed nothing: if \
             this is the right gallery, run the command once without `--delete`"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn listed(key: &str, etag: &str) -> Listed {
        Listed { path: key.to_owned(), etag: etag.to_owned(), bytes: 1, modified: Timestamp::UNIX_EPOCH }
    }

    fn kept(key: &str, etag: &str) -> (String, Kept) {
        let (modified, sha256) = (Timestamp::UNIX_EPOCH, String::new());
        (key.to_owned(), Kept { file: key.to_owned(), bytes: 1, etag: etag.to_owned(), modified, sha256 })
    }

    /// A copy with these files, each of one byte.
    fn copy(files: &[(&str, &str)]) -> (tempfile::TempDir, Manifest) {
        let root = tempfile::tempdir().unwrap();
        for (name, _) in files {
            std::fs::write(root.path().join(name), "x").unwrap();
        }
        let files = files.iter().map(|(name, etag)| kept(name, etag)).collect();
        (root, Manifest { files, ..Manifest::default() })
    }

    #[test]
    fn a_damaged_file_is_mended_in_its_place_and_never_taken_for_another() {
        let (root, manifest) = copy(&[("same", "1"), ("rotten", "2"), ("unread", "3"), ("moved", "4"), ("old", "5")]);
        std::fs::remove_file(root.path().join("old")).unwrap();
        let checked = Checked {
            damaged: ["rotten", "moved"].map(str::to_owned).into(),
            unread: [("unread".to_owned(), "it cannot be read".to_owned())].into(),
        };
        let there = [("same", "1"), ("rotten", "2"), ("unread", "3"), ("here", "4"), ("old", "5")];
        let plan = Plan::of(root.path(), &manifest, there.map(|(key, etag)| listed(key, etag)).into(), &checked);
        let steps: Vec<&Step> = plan.steps.iter().map(|(_, step)| step).collect();
        assert_eq!(steps, [&Step::Same, &Step::Mend, &Step::Same, &Step::Fetch, &Step::Mend]);
        assert_eq!(plan.gone, ["moved"]);
        assert_eq!(plan.bytes(), 3);
    }

    #[test]
    fn a_gallery_that_lost_most_is_not_believed() {
        let (root, manifest) = copy(&[("1.jpg", "1"), ("2.jpg", "2"), ("3.jpg", "3"), ("4.jpg", "4")]);
        let refusal = |there: &[(&str, &str)]| {
            let there = there.iter().map(|(key, etag)| listed(key, etag)).collect();
            let plan = Plan::of(root.path(), &manifest, there, &Checked::default());
            plan.may_delete(root.path(), &manifest).err().map(|error| error.to_string())
        };
        assert_eq!(refusal(&[("1.jpg", "1"), ("2.jpg", "other"), ("new.jpg", "9")]), None, "half of them is not most");
        assert_eq!(
            refusal(&[("1.jpg", "1"), ("a.jpg", "2"), ("b.jpg", "3"), ("c.jpg", "4")]),
            None,
            "renamed is not gone"
        );
        let said = refusal(&[("1.jpg", "1"), ("new.jpg", "9")]).unwrap();
        assert!(said.starts_with("3 of the 4 originals") && said.contains("once without `--delete`"), "{said}");
        let said = refusal(&[("gallery.yml", "9")]).unwrap();
        assert!(said.starts_with("the gallery has no photo at all"), "{said}");
        // What a backup without `--delete` put away is not left to the next one with it.
        std::fs::create_dir(root.path().join("earlier")).unwrap();
        let plan = Plan::of(root.path(), &Manifest::default(), Vec::new(), &Checked::default());
        assert!(plan.may_delete(root.path(), &Manifest::default()).is_err());
    }
}
