//! What the page asks for, read at the door.

use data_encoding::BASE64;
use gallery::keys::METADATA;
use gallery::{FolderPath, SourceKey};
use serde::Deserialize;

use super::words::Refused;
use crate::asked::Asked;

/// The longest question, in bytes: an edge function is shown 40 KB of it (AWS, "Accessing the request body").
const MAX_ASKED: usize = 32 * 1024;

/// The most files in one question, as [`Refused::TooMany`] says in words.
const FILES: usize = 50;

/// The largest file that a browser sends, in bytes, as [`Refused::Large`] says in words: it reads it whole to take the checksum.
pub(super) const LARGEST: u64 = 512 << 20;

/// What may be uploaded, by its ending, and as which type it is kept.
const TYPES: [(&str, &str); 26] = [
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("avif", "image/avif"),
    ("png", "image/png"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("bmp", "image/bmp"),
    ("dng", "image/x-adobe-dng"),
    ("cr2", "image/x-canon-cr2"),
    ("cr3", "image/x-canon-cr3"),
    ("nef", "image/x-nikon-nef"),
    ("nrw", "image/x-nikon-nrw"),
    ("arw", "image/x-sony-arw"),
    ("raf", "image/x-fuji-raf"),
    ("orf", "image/x-olympus-orf"),
    ("rw2", "image/x-panasonic-rw2"),
    ("pef", "image/x-pentax-pef"),
    ("srw", "image/x-samsung-srw"),
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("mov", "video/quicktime"),
    ("3gp", "video/3gpp"),
];

/// The same as a page says it to the dialog that files are chosen in: every ending, as computers know them, and types that make
/// phones show their camera roll.
pub(super) fn accepted() -> String {
    let mut accepted = vec!["image/*".to_owned()];
    for (_, kind) in TYPES.iter().filter(|(_, kind)| kind.starts_with("video/")) {
        if !accepted.iter().any(|known| known == kind) {
            accepted.push((*kind).to_owned());
        }
    }
    accepted.extend(TYPES.iter().map(|(ending, _)| format!(".{ending}")));
    accepted.join(",")
}

/// A question.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) album: FolderPath,
    /// Each file, or why it is not taken.
    pub(super) files: Vec<Result<File, Refused>>,
}

/// A file that may be uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) bytes: u64,
    /// The SHA-256 of its bytes, in base64 as S3 writes it.
    pub(super) checksum: String,
    /// The SHA-256 of its beginning and its end.
    pub(super) ends: Option<String>,
    pub(super) kind: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    album: String,
    files: Vec<WrittenFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    name: String,
    bytes: u64,
    sha256: String,
    #[serde(default)]
    ends: Option<String>,
}

/// Reads a question, or says what is wrong with it.
pub(super) fn read(asked: &Asked<'_>) -> Result<Wanted, Refused> {
    let body = asked.json(MAX_ASKED).ok_or(Refused::Question)?;
    parse(&body)
}

fn parse(body: &[u8]) -> Result<Wanted, Refused> {
    let written: Written = serde_json::from_slice(body).map_err(|_| Refused::Question)?;
    if written.files.is_empty() || written.files.len() > FILES {
        return Err(Refused::TooMany);
    }
    let album = tidy(&written.album);
    let hidden = album.split('/').any(|name| name.starts_with('.'));
    let album = FolderPath::parse(&album).ok().filter(|_| !hidden && album.chars().all(|c| !c.is_control()));
    let album = album.ok_or(Refused::Album)?;
    let files = written.files.into_iter().map(|file| File::read(&album, file)).collect();
    Ok(Wanted { album, files })
}

/// Names without the spaces around them, and without empty ones at the ends.
fn tidy(album: &str) -> String {
    album.trim_matches('/').split('/').map(str::trim).collect::<Vec<_>>().join("/")
}

impl File {
    fn read(album: &FolderPath, file: WrittenFile) -> Result<Self, Refused> {
        let WrittenFile { name, bytes, sha256, ends } = file;
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        let kind = TYPES.iter().find(|(known, _)| *known == ending).map(|(_, kind)| *kind);
        let legal = !name.contains(['/', '\\']) && !name.starts_with('.') && name.chars().all(|c| !c.is_control());
        if !legal || name == METADATA || SourceKey::parse(&format!("{album}/{name}")).is_err() {
            return Err(Refused::Name);
        }
        let Some(kind) = kind else {
            return Err(Refused::Kind);
        };
        if bytes == 0 || bytes > LARGEST {
            return Err(if bytes == 0 { Refused::Empty } else { Refused::Large });
        }
        if BASE64.decode(sha256.as_bytes()).map_or(0, |hash| hash.len()) != 32 {
            return Err(Refused::Checksum);
        }
        Ok(Self { name, bytes, checksum: sha256, ends, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHA: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    fn ask(album: &str, name: &str, bytes: u64) -> Result<Wanted, Refused> {
        let file = serde_json::json!({ "name": name, "bytes": bytes, "sha256": SHA });
        parse(serde_json::json!({ "album": album, "files": [file] }).to_string().as_bytes())
    }

    #[test]
    fn photos_and_videos_are_taken() {
        let wanted = ask(" Family / Lake/", "IMG 1.HEIC", 5).unwrap();
        assert_eq!(wanted.album.to_string(), "Family/Lake");
        let (name, checksum) = ("IMG 1.HEIC".to_owned(), SHA.to_owned());
        let expected = File { name, bytes: 5, checksum, ends: None, kind: "image/heic" };
        assert_eq!(wanted.files, [Ok(expected)]);
        assert!(ask("京都", "おばあちゃん.mov", 1).unwrap().files[0].is_ok());
    }

    #[test]
    fn whatever_is_taken_can_be_chosen() {
        let accepted = accepted();
        let accepted: Vec<&str> = accepted.split(',').collect();
        assert_eq!(accepted[..4], ["image/*", "video/mp4", "video/quicktime", "video/3gpp"]);
        for (ending, kind) in TYPES {
            let name = format!("a.{ending}");
            assert!(ask("Family", &name, 5).unwrap().files[0].is_ok() && accepted.contains(&&name[1..]), "{ending}");
            assert!(kind.starts_with("image/") || accepted.contains(&kind), "{kind}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        for (name, bytes) in [
            ("a.html", 5),
            ("a.svg", 5),
            ("metadata.yml", 5),
            ("a", 5),
            ("../a.jpg", 5),
            ("b/a.jpg", 5),
            (".a.jpg", 5),
            ("a\n.jpg", 5),
            ("a.jpg", 0),
            ("a.jpg", LARGEST + 1),
        ] {
            assert!(ask("Family", name, bytes).unwrap().files[0].is_err(), "{name}");
        }
        for album in ["", "/", "..", "a/../b", ".git/x", "a//b", &"x".repeat(2000)] {
            assert!(ask(album, "a.jpg", 5).is_err(), "{album}");
        }
        let many = serde_json::json!({ "album": "A", "files": vec![serde_json::json!({ "name": "a.jpg", "bytes": 1, "sha256": SHA }); 51] });
        assert!(parse(many.to_string().as_bytes()).unwrap_err() == Refused::TooMany);
        let crooked = serde_json::json!({ "album": "A", "files": [{ "name": "a.jpg", "bytes": 1, "sha256": "x" }] });
        assert!(parse(crooked.to_string().as_bytes()).unwrap().files[0].is_err());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(album in "[a/. \\PC]{0,30}", name in "[a./ \\PC]{0,30}", bytes: u64) {
            let _ = ask(&album, &name, bytes);
            let _ = parse(name.as_bytes());
        }
    }
}
