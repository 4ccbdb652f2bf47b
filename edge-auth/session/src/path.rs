//! The one grammar of paths, and what each path means.
//!
//! A path is made of segments of `[A-Za-z0-9._~-]`, none empty (but the last, after a folder's slash), none `.` or
//! `..`. Only below `/originals/`, where the owner's own names occur, bytes outside that set are percent-encoded, in
//! upper-case, and nothing else is. So every object has exactly one spelling; whatever a cache, a proxy or a bucket
//! might read differently is refused before anybody asks what it means.

use gallery::{AlbumPath, CollectionSlug, HomeId, PhotoId, ScopePage, SourceKey};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The longest path in bytes: the longest key of S3 (1,024 bytes), each byte encoded, below `/originals/`.
pub const MAX_PATH: usize = 3 * 1024 + ORIGINALS.len();

/// What stands before the keys of the source bucket.
const ORIGINALS: &str = "/originals/";

/// The file in which the owner describes a folder. It is not an original, and may hold what viewers should not read.
const METADATA: &str = "metadata.yml";

/// Every byte but the unreserved ones of RFC 3986, section 2.3.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'~').remove(b'-');

/// A path outside the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the path is not in canonical form")]
pub struct PathError;

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file that anybody may read: assets and the three files that browsers ask for by name.
    Public,
    /// `/`: the home page of whoever asks.
    Home,
    /// `/home/<id>/`: the home page of one scope.
    HomePage(HomeId),
    /// `/timeline/`, `/feed.xml`: a page of whoever asks that goes across albums.
    ScopePage(ScopePage),
    /// The same without its slash at the end.
    ScopePageWithoutSlash(ScopePage),
    /// `/albums/<collection>/<album…>/`: an album's page.
    Album(AlbumPath),
    /// The same without the slash at the end, from which the page's relative links would not work.
    AlbumWithoutSlash(AlbumPath),
    /// `/pics/<collection>/<photo>/<name>`: a rendition.
    Picture(CollectionSlug),
    /// `/originals/<folder…>/<file>`: an original, by the owner's names.
    Original(SourceKey),
    /// Signing in and out.
    Auth(AuthRoute),
    /// Nothing that is served.
    NotOurs,
}

/// The pages of the login function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthRoute {
    /// The form, and where it is sent.
    Login,
    /// The end of a session, expired ones included.
    Logout,
    /// A new token for an old one.
    Renew,
    /// A link that the owner handed out.
    Invite,
    /// The page from which owners upload, and where it asks for signed requests.
    Upload,
    /// The link in each mail that ends the mails.
    Unsubscribe,
}

impl AuthRoute {
    /// Reads a path of the login function, exactly.
    pub fn parse(path: &str) -> Option<Self> {
        Some(match path {
            "/auth/login" => Self::Login,
            "/auth/logout" => Self::Logout,
            "/auth/renew" => Self::Renew,
            "/auth/invite" => Self::Invite,
            "/auth/upload" => Self::Upload,
            "/auth/unsubscribe" => Self::Unsubscribe,
            _ => return None,
        })
    }
}

/// A path in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalPath {
    text: String,
    place: Place,
}

impl CanonicalPath {
    /// Reads the path of a request, without its query.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        if path.len() > MAX_PATH {
            return Err(PathError);
        }
        let place = match path.strip_prefix(ORIGINALS) {
            Some(encoded) => original(encoded)?,
            None => plain(path.strip_prefix('/').ok_or(PathError)?)?,
        };
        Ok(Self { text: path.to_owned(), place })
    }

    /// What it means.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The path as it came.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path below `/originals`, which is the key's in the source bucket; other paths whole.
    pub fn below_originals(&self) -> &str {
        self.text.strip_prefix("/originals").filter(|rest| rest.starts_with('/')).unwrap_or(&self.text)
    }
}

/// The canonical spelling of an original's path.
pub fn of_original(source: &SourceKey) -> String {
    let key = source.to_string();
    let segments: Vec<String> = key.split('/').map(encode).collect();
    format!("{ORIGINALS}{}", segments.join("/"))
}

fn encode(segment: &str) -> String {
    utf8_percent_encode(segment, ENCODED).to_string()
}

/// What stands after `/originals/`.
fn original(encoded: &str) -> Result<Place, PathError> {
    let (segments, folder) = segments(encoded);
    let names = segments.iter().map(|segment| decode(segment)).collect::<Result<Vec<_>, _>>()?;
    Ok(match SourceKey::parse(&names.join("/")) {
        Ok(source) if !folder && source.file() != METADATA => Place::Original(source),
        _ => Place::NotOurs,
    })
}

/// One name out of its one spelling.
fn decode(segment: &str) -> Result<String, PathError> {
    let name = percent_decode_str(segment).decode_utf8().map_err(|_| PathError)?;
    let sound = !name.is_empty() && name != "." && name != ".." && !name.contains(|c: char| c == '/' || c.is_control());
    if sound && encode(&name) == segment { Ok(name.into_owned()) } else { Err(PathError) }
}

/// What stands after the first slash, outside `/originals/`.
fn plain(path: &str) -> Result<Place, PathError> {
    if path.is_empty() {
        return Ok(Place::Home);
    }
    let (segments, folder) = segments(path);
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
    let sound = |s: &&str| !s.is_empty() && *s != "." && *s != ".." && s.bytes().all(legal);
    if !segments.iter().all(sound) {
        return Err(PathError);
    }
    Ok(match (segments.as_slice(), folder) {
        (["robots.txt" | "favicon.ico" | "sw.js"] | ["assets", _], false) => Place::Public,
        (["auth", _], false) => AuthRoute::parse(&format!("/{path}")).map_or(Place::NotOurs, Place::Auth),
        (["home", id], true) | (["home", id, "index.html"], false) => {
            HomeId::parse(id).map_or(Place::NotOurs, Place::HomePage)
        }
        (["albums", album @ .., "index.html"], false) | (["albums", album @ ..], true) => {
            AlbumPath::parse(&album.join("/")).map_or(Place::NotOurs, Place::Album)
        }
        (["albums", album @ ..], false) => {
            AlbumPath::parse(&album.join("/")).map_or(Place::NotOurs, Place::AlbumWithoutSlash)
        }
        (["pics", collection, photo, _], false) => match (CollectionSlug::parse(collection), PhotoId::parse(photo)) {
            (Ok(collection), Ok(_)) => Place::Picture(collection),
            _ => Place::NotOurs,
        },
        _ => match ScopePage::parse(&segments.join("/")) {
            Ok(page) if page.is_page() == folder => Place::ScopePage(page),
            Ok(page) if page.is_page() => Place::ScopePageWithoutSlash(page),
            _ => Place::NotOurs,
        },
    })
}

/// The segments, and whether a folder's slash ends them.
fn segments(path: &str) -> (Vec<&str>, bool) {
    let (path, folder) = path.strip_suffix('/').map_or((path, false), |rest| (rest, true));
    (path.split('/').collect(), folder)
}

#[cfg(test)]
mod tests;
