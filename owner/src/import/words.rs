//! What an import has to say about an album, added to the album's `metadata.yml`.
//!
//! The file is the owner's: nothing in it is changed or moved, remarks stay, and what it says already goes before what is
//! added. Whatever cannot be added so is told and left.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result, bail};
use builder::Metadata;
use gallery::keys::Bucket;
use gallery::store::{Condition, Written};
use gallery::{FolderPath, Key, Store};
use jiff::civil::{DateTime, Time};

use super::arrival::AlbumWords;

/// What is to be added about an album.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Additions {
    /// Of the album itself.
    pub(crate) album: AlbumWords,
    /// Captions by file.
    pub(crate) captions: BTreeMap<String, String>,
    /// Dates by file.
    pub(crate) dates: BTreeMap<String, DateTime>,
}

/// How often another writer may come first.
const TRIES: usize = 5;

/// What was added, or would be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Added {
    /// How many captions.
    pub(crate) captions: usize,
    /// How many dates.
    pub(crate) dates: usize,
    /// What could not be, each with the reason.
    pub(crate) refused: Vec<String>,
}

/// Adds to the file in the bucket what it does not say yet; a dry run only looks.
pub(crate) async fn add(store: &Store, folder: &FolderPath, additions: Additions, dry_run: bool) -> Result<Added> {
    let key = Key::Metadata(folder.clone());
    let (additions, refused) = sound(additions);
    let mut tried = (0, 0);
    for _ in 0..TRIES {
        let there = store.read_path(Bucket::Source, &key.path()).await?;
        let text = there.as_ref().map_or(Ok(""), |object| std::str::from_utf8(&object.bytes));
        let text = text.with_context(|| format!("`{}` is not written in UTF-8: mend it first", key.path()))?;
        let written = added(text, &additions).with_context(|| format!("cannot add to `{}`", key.path()))?;
        let Some((text, captions, dates)) = written else {
            // An attempt that was told that somebody was first may have lost its answer alone.
            let (captions, dates) = tried;
            return Ok(Added { captions, dates, refused });
        };
        let condition = Condition::since(there.as_ref().map(|object| object.etag.as_str()));
        if dry_run || store.write(&key, text, condition).await? != Written::Overtaken {
            return Ok(Added { captions, dates, refused });
        }
        tried = (captions, dates);
    }
    bail!("somebody else is writing `{}` all the time: try again", key.path())
}

/// Takes out what cannot be said in such a file, each on its own, so that one odd word does not cost an album all of its words.
fn sound(mut additions: Additions) -> (Additions, Vec<String>) {
    let mut refused = Vec::new();
    let album = std::mem::take(&mut additions.album);
    for alone in [
        AlbumWords { title: album.title.clone(), description: None },
        AlbumWords { title: None, description: album.description.clone() },
    ] {
        match added("", &Additions { album: alone.clone(), ..Additions::default() }) {
            Ok(_) => {
                additions.album.title = additions.album.title.take().or(alone.title);
                additions.album.description = additions.album.description.take().or(alone.description);
            }
            Err(error) => refused.push(format!("what is said of the album is left out: {error:#}")),
        }
    }
    additions.captions.retain(|file, caption| {
        let captions = BTreeMap::from([(file.clone(), caption.clone())]);
        let fits = added("", &Additions { captions, ..Additions::default() });
        refused.extend(fits.as_ref().err().map(|error| format!("the caption of `{file}` is left out: {error:#}")));
        fits.is_ok()
    });
    additions.dates.retain(|file, taken| {
        let dates = BTreeMap::from([(file.clone(), *taken)]);
        let fits = added("", &Additions { dates, ..Additions::default() });
        refused.extend(fits.as_ref().err().map(|error| format!("the date of `{file}` is left out: {error:#}")));
        fits.is_ok()
    });
    (additions, refused)
}

/// The file with the additions, and how many captions and dates those are; `None` when nothing is to be added.
fn added(text: &str, additions: &Additions) -> Result<Option<(String, usize, usize)>> {
    let before = match Metadata::read(text.as_bytes()) {
        Ok(metadata) => metadata,
        Err(problem) => bail!("{problem}"),
    };
    let mut wanted = before.clone();
    let mut lines = String::new();
    let mut text = text.to_owned();
    for (key, value, own) in [
        ("title", &additions.album.title, &mut wanted.title),
        ("description", &additions.album.description, &mut wanted.description),
    ] {
        if let (Some(value), None) = (value, &own) {
            lines.extend([key, ": ", &quoted(value), "\n"]);
            *own = Some(value.trim().to_owned());
        }
    }
    let mut captions = BTreeMap::new();
    for (file, caption) in &additions.captions {
        if !wanted.captions.contains_key(file) {
            wanted.captions.insert(file.clone(), caption.trim().to_owned());
            captions.insert(file, quoted(caption));
        }
    }
    let mut dates = BTreeMap::new();
    for (file, taken) in &additions.dates {
        if !wanted.dates.contains_key(file) {
            wanted.dates.insert(file.clone(), *taken);
            dates.insert(file, written(*taken));
        }
    }
    let counts = (captions.len(), dates.len());
    for (key, entries) in [("captions", captions), ("dates", dates)] {
        if !entries.is_empty() {
            text = with_entries(text, key, &entries);
        }
    }
    if wanted == before {
        return Ok(None);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let text = if text.is_empty() { lines } else { text + &lines };
    // Whatever the owner's way of writing is: what comes out is read as the builder reads it.
    match Metadata::read(text.as_bytes()) {
        Ok(after) if after == wanted => Ok(Some((text, counts.0, counts.1))),
        Err(problem) => bail!("it would become too much, or no YAML any more: {problem}"),
        Ok(_) => bail!(
            "it is written in a way that nothing can be added to: write each caption and date on a line of its own"
        ),
    }
}

/// Puts entries right under the line of their key, indented as those that are there; or a new block at the end.
fn with_entries(mut text: String, key: &str, entries: &BTreeMap<&String, String>) -> String {
    let is_key = |line: &str| {
        let rest = line.strip_prefix(key).and_then(|rest| rest.strip_prefix(':'));
        rest.is_some_and(|rest| rest.trim().is_empty() || rest.trim_start().starts_with('#'))
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        if is_key(line) {
            let next = text[at..].lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
            let indent = next.map_or(0, |line| line.len() - line.trim_start().len());
            let block = block(entries, if indent == 0 { 2 } else { indent });
            let block = if line.ends_with('\n') { block } else { format!("\n{block}") };
            text.insert_str(at, &block);
            return text;
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text + key + ":\n" + &block(entries, 2)
}

fn block(entries: &BTreeMap<&String, String>, indent: usize) -> String {
    let line = |(file, value): (&&String, &String)| format!("{:indent$}{}: {value}\n", "", quoted(file));
    entries.iter().map(line).collect::<Vec<_>>().concat()
}

fn written(taken: DateTime) -> String {
    if taken.time() == Time::midnight() {
        taken.date().to_string()
    } else {
        taken.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

/// As YAML reads it, whatever is in it: JSON's texts are YAML's, but for signs that JSON leaves as they are and YAML does not
/// take (YAML 1.2.2, 5.1: `c-printable`; the line ends of old are written out as well).
fn quoted(text: &str) -> String {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    if plain && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic()) && text.len() > 5 {
        return text.to_owned();
    }
    let json = serde_json::to_string(text).unwrap_or_default();
    let odd = |sign: char| {
        matches!(sign, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    let mut quoted = String::with_capacity(json.len());
    for sign in json.chars() {
        if odd(sign) {
            let _ = write!(quoted, "\\u{:04x}", u32::from(sign));
        } else {
            quoted.push(sign);
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn additions() -> Additions {
        Additions {
            album: AlbumWords { title: Some("京都 \"2019\"".into()), description: Some("Zwei\nZeilen: ja".into()) },
            captions: BTreeMap::from([
                ("IMG_1.jpg".into(), "Oma: 50 % & <b>".into()),
                ("おばあちゃん.jpg".into(), "# no remark".into()),
            ]),
            dates: BTreeMap::from([("IMG_1.jpg".into(), date(1961, 8, 3).at(15, 30, 0, 0))]),
        }
    }

    #[test]
    fn an_empty_file_says_it_all() {
        let (text, captions, dates) = added("", &additions()).unwrap().unwrap();
        assert_eq!((captions, dates), (2, 1));
        let metadata = Metadata::read(text.as_bytes()).unwrap();
        assert_eq!(metadata.title.as_deref(), Some("京都 \"2019\""));
        assert_eq!(metadata.captions.len(), 2);
        assert_eq!(metadata.dates["IMG_1.jpg"], date(1961, 8, 3).at(15, 30, 0, 0));
        assert_eq!(added(&text, &additions()).unwrap(), None, "twice is once");
    }

    #[test]
    fn the_owner_s_words_stay() {
        let own =
            "# mine\ntitle: Kyoto   # short\ncaptions: # of the best\n    # first\n    IMG_1.jpg: Mine\n\nhidden: yes";
        let (text, ..) = added(own, &additions()).unwrap().unwrap();
        assert!(text.starts_with("# mine\ntitle: Kyoto   # short\ncaptions: # of the best\n    \"お"), "{text}");
        let metadata = Metadata::read(text.as_bytes()).unwrap();
        assert_eq!((metadata.title.as_deref(), metadata.hidden), (Some("Kyoto"), true));
        assert_eq!(metadata.captions["IMG_1.jpg"], "Mine");
        assert_eq!(metadata.captions["おばあちゃん.jpg"], "# no remark");
        assert_eq!(metadata.dates.len(), 1);
    }

    #[test]
    fn every_sign_that_people_write_comes_through() {
        for sign in
            ('\u{1}'..='\u{a1}').chain(['\u{2028}', '\u{2029}', '\u{feff}', '\u{fffe}', '\u{ffff}', '\u{1f600}'])
        {
            let caption = format!("Oma{sign}Opa");
            let captions = BTreeMap::from([(format!("a{sign}.jpg"), caption.clone())]);
            let additions = Additions { captions, ..Additions::default() };
            let (text, ..) = added("", &additions).unwrap_or_else(|error| panic!("{sign:?}: {error}")).unwrap();
            let read = Metadata::read(text.as_bytes()).unwrap();
            assert_eq!(read.captions[&format!("a{sign}.jpg")], caption, "{sign:?}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_left_out_alone() {
        let mut much = additions();
        much.captions.insert("epic.jpg".into(), "x".repeat(8 << 20));
        let (sound, refused) = sound(much);
        assert_eq!(sound, additions());
        assert_eq!(refused.len(), 1);
        assert!(refused[0].contains("the caption of `epic.jpg`"), "{refused:?}");
    }

    #[test]
    fn what_cannot_be_added_to_is_told() {
        let broken = added("title: [", &additions()).unwrap_err().to_string();
        assert!(broken.contains("line 1"), "{broken}");
        let flow = added("captions: {a.jpg: A}\n", &additions()).unwrap_err().to_string();
        assert!(flow.contains("twice") || flow.contains("on a line of its own"), "{flow}");
        assert!(
            added(
                "captions:\n  IMG_1.jpg: Mine\n  おばあちゃん.jpg: X\n",
                &Additions { captions: additions().captions, ..Additions::default() }
            )
            .unwrap()
            .is_none()
        );
    }
}
