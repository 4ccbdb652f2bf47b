//! The one list of objects: where each lies, what type it has, how long it may be kept.

use crate::names::{AlbumPath, FolderPath, PhotoId, SourceKey, ViewerName};
use crate::renditions::Format;
use crate::scope::HomeId;
use crate::scope_page::ScopePage;
use crate::slug::CollectionSlug;

/// The file in any folder in which the owner describes it.
pub const METADATA: &str = "metadata.yml";

/// The file at the root of the source bucket in which the owner describes the whole gallery.
pub const SETTINGS: &str = "gallery.yml";

/// Where it is noted what imported passwords cost.
const IMPORTED: &str = "imported/passwords.json";

/// Where it is noted what a look through the resized bucket saw.
const FACTS_SEEN: &str = "seen/facts.json";

/// Where it is noted which photos are known, so that what is new can be told.
const KNOWN_PHOTOS: &str = "mail/known.json";

/// Where the password for the mail server may lie.
const MAIL_PASSWORD: &str = "mail/password.json";

/// The four buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// The owner's originals and metadata.
    Source,
    /// Renditions and facts.
    Resized,
    /// The site, and the builder's own state.
    Web,
    /// Users, keys and what else concerns signing in. Never behind CloudFront.
    Auth,
}

/// All four.
pub const BUCKETS: [Bucket; 4] = [Bucket::Source, Bucket::Resized, Bucket::Web, Bucket::Auth];

/// Files that browsers ask for by a fixed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PublicFile {
    /// `robots.txt`: nothing here is for robots.
    Robots,
    /// `favicon.ico`.
    Favicon,
    /// `sw.js`: what keeps albums that were seen for when there is no network. Where it lies says what it may keep.
    ServiceWorker,
}

/// Every object that Heirloom reads or writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Source: the bytes as uploaded.
    Original(SourceKey),
    /// Source: what the owner says of a folder.
    Metadata(FolderPath),
    /// Source: what the owner says of the whole gallery.
    Settings,
    /// Resized: one sized copy. Its name holds a hash of its bytes, so it never changes.
    Rendition {
        /// The unit of access, first in the path so that the gate can compare it.
        collection: CollectionSlug,
        /// Whose copy.
        photo: PhotoId,
        /// Hexadecimal digits of the SHA-256 of its bytes.
        hash: String,
        /// Width in pixels.
        width: u32,
        /// Its format.
        format: Format,
    },
    /// Resized: what is known of a photo.
    Facts(AlbumPath, PhotoId),
    /// Resized: what is known of an object that lies where no album can be.
    StrayFacts(PhotoId),
    /// Resized: the gist of all facts at the last look through the bucket, so that the next need not read them.
    FactsSeen,
    /// Web: the page of an album.
    AlbumPage(AlbumPath),
    /// Web: the home page of a scope.
    HomePage(HomeId),
    /// Web: another page of a scope.
    ScopePage(HomeId, ScopePage),
    /// Web: the page for what is not there.
    NotFoundPage,
    /// Web: a script, a stylesheet, a font or a picture of the site's own, with a hash in its name.
    Asset(String),
    /// Web: a file with a fixed public name.
    Public(PublicFile),
    /// Web: the builder's record of an album.
    AlbumCatalogue(AlbumPath),
    /// Web: the builder's record of the whole gallery.
    GalleryCatalogue,
    /// Web: a scope that some viewer has, so that the builder makes its home page.
    ScopeRecord(HomeId),
    /// Auth: a viewer.
    User(ViewerName),
    /// Auth: what the dearest of the imported passwords costs, while there are any.
    ImportedPasswords,
    /// Auth: which photos are known, so that what is new can be told by mail.
    KnownPhotos,
    /// Auth: what a viewer has been told by mail.
    ToldByMail(ViewerName),
    /// Auth: the password for the mail server.
    MailPassword,
    /// Auth: a signing key, by its `kid`.
    SigningKey(String),
    /// Auth: a device that a viewer has signed in on, by the hash of its secret.
    Device(ViewerName, String),
    /// Auth: an invitation, by the hash of its code.
    Invitation(String),
    /// Auth: a count of tries to sign in, by the hash of whom or what it counts.
    Throttle(String),
    /// Auth: a record of what happened, by its time and a random ending: `2026-11-23/14-30-00.123456789-0a1b2c3d`. What
    /// is recorded once for a session is by the session's end, and ends in a hash.
    Audit(String),
}

impl Key {
    /// The bucket it lies in.
    pub fn bucket(&self) -> Bucket {
        match self {
            Self::Original(_) | Self::Metadata(_) | Self::Settings => Bucket::Source,
            Self::Rendition { .. } | Self::Facts(..) | Self::StrayFacts(_) | Self::FactsSeen => Bucket::Resized,
            Self::User(_)
            | Self::ImportedPasswords
            | Self::KnownPhotos
            | Self::ToldByMail(_)
            | Self::MailPassword
            | Self::SigningKey(_)
            | Self::Device(..)
            | Self::Invitation(_)
            | Self::Throttle(_)
            | Self::Audit(_) => Bucket::Auth,
            _ => Bucket::Web,
        }
    }

    /// Its key in that bucket.
    pub fn path(&self) -> String {
        match self {
            Self::Original(source) => source.to_string(),
            Self::Metadata(folder) => format!("{folder}/{METADATA}"),
            Self::Settings => SETTINGS.to_owned(),
            Self::Rendition { collection, photo, hash, width, format } => {
                format!("pics/{collection}/{photo}/{hash}-{width}.{}", format.extension())
            }
            Self::Facts(album, photo) => format!("facts/{album}/{photo}.json"),
            Self::StrayFacts(photo) => format!("facts/~stray/{photo}.json"),
            Self::FactsSeen => FACTS_SEEN.to_owned(),
            Self::AlbumPage(album) => format!("albums/{album}/index.html"),
            Self::HomePage(home) => format!("home/{home}/index.html"),
            Self::ScopePage(home, page) => format!("home/{home}/{}", page.path()),
            Self::NotFoundPage => "not-found.html".to_owned(),
            Self::Asset(name) => format!("assets/{name}"),
            Self::Public(PublicFile::Robots) => "robots.txt".to_owned(),
            Self::Public(PublicFile::Favicon) => "favicon.ico".to_owned(),
            Self::Public(PublicFile::ServiceWorker) => "sw.js".to_owned(),
            Self::AlbumCatalogue(album) => format!("catalogue/albums/{album}/album.json"),
            Self::GalleryCatalogue => "catalogue/gallery.json".to_owned(),
            Self::ScopeRecord(home) => format!("catalogue/scopes/{home}.json"),
            Self::User(name) => format!("users/{name}.json"),
            Self::ImportedPasswords => IMPORTED.to_owned(),
            Self::KnownPhotos => KNOWN_PHOTOS.to_owned(),
            Self::ToldByMail(name) => format!("mail/viewers/{name}.json"),
            Self::MailPassword => MAIL_PASSWORD.to_owned(),
            Self::SigningKey(kid) => format!("keys/{kid}.json"),
            Self::Device(viewer, hash) => format!("devices/{viewer}/{hash}.json"),
            Self::Invitation(hash) => format!("invitations/{hash}.json"),
            Self::Throttle(hash) => format!("throttle/{hash}.json"),
            Self::Audit(record) => format!("audit/{record}.json"),
        }
    }

    /// Its media type. An original keeps the one it was uploaded with; this is for those that have none.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Original(_) => "application/octet-stream",
            Self::Metadata(_) | Self::Settings => "application/yaml",
            Self::Rendition { format, .. } => format.content_type(),
            Self::AlbumPage(_) | Self::HomePage(_) | Self::NotFoundPage => "text/html; charset=utf-8",
            Self::ScopePage(_, page) => match page {
                ScopePage::Feed => "application/atom+xml; charset=utf-8",
                ScopePage::Manifest => asset_type("manifest.webmanifest"),
                ScopePage::Places => "application/json",
                _ => "text/html; charset=utf-8",
            },
            Self::Asset(name) => asset_type(name),
            Self::Public(PublicFile::Robots) => "text/plain; charset=utf-8",
            Self::Public(PublicFile::Favicon) => "image/x-icon",
            Self::Public(PublicFile::ServiceWorker) => asset_type("sw.js"),
            _ => "application/json",
        }
    }

    /// How long a viewer's browser may keep it. Only assets, which hold nothing of the family's, are `public`.
    pub fn cache_control(&self) -> &'static str {
        match self {
            Self::Rendition { .. } => "private, max-age=31536000, immutable",
            Self::Asset(_) => "public, max-age=31536000, immutable",
            // An old one would keep to rules that are not ours any more.
            Self::Public(PublicFile::ServiceWorker) => "public, no-cache",
            Self::Public(_) => "public, max-age=86400",
            Self::AlbumPage(_) | Self::HomePage(_) | Self::ScopePage(..) | Self::NotFoundPage | Self::Original(_) => {
                "private, no-cache"
            }
            _ => "no-store",
        }
    }

    /// Reads the keys that notifications and listings speak of: metadata, settings, originals, renditions, facts,
    /// catalogues, scopes, and all of the auth bucket. `None` for what is none of Heirloom's.
    pub fn parse(bucket: Bucket, path: &str) -> Option<Self> {
        match bucket {
            Bucket::Source if path == SETTINGS => Some(Self::Settings),
            Bucket::Source => {
                let source = SourceKey::parse(path).ok()?;
                Some(match source.file() {
                    METADATA => Self::Metadata(source.folder().clone()),
                    _ => Self::Original(source),
                })
            }
            Bucket::Resized if path == FACTS_SEEN => Some(Self::FactsSeen),
            Bucket::Resized => {
                if let Some(rest) = path.strip_prefix("facts/~stray/") {
                    return Some(Self::StrayFacts(PhotoId::parse(rest.strip_suffix(".json")?).ok()?));
                }
                if let Some(rest) = path.strip_prefix("facts/") {
                    let (album, photo) = rest.strip_suffix(".json")?.rsplit_once('/')?;
                    return Some(Self::Facts(AlbumPath::parse(album).ok()?, PhotoId::parse(photo).ok()?));
                }
                rendition(path.strip_prefix("pics/")?)
            }
            Bucket::Web => {
                let rest = path.strip_prefix("catalogue/")?;
                if let Some(album) = rest.strip_prefix("albums/") {
                    return Some(Self::AlbumCatalogue(AlbumPath::parse(album.strip_suffix("/album.json")?).ok()?));
                }
                let home = rest.strip_prefix("scopes/")?.strip_suffix(".json")?;
                Some(Self::ScopeRecord(HomeId::parse(home).ok()?))
            }
            Bucket::Auth if path == IMPORTED => Some(Self::ImportedPasswords),
            Bucket::Auth if path == KNOWN_PHOTOS => Some(Self::KnownPhotos),
            Bucket::Auth if path == MAIL_PASSWORD => Some(Self::MailPassword),
            Bucket::Auth => {
                let (folder, name) = path.strip_suffix(".json")?.split_once('/')?;
                Some(match folder {
                    "users" => Self::User(ViewerName::parse(name).ok()?),
                    "mail" => Self::ToldByMail(ViewerName::parse(name.strip_prefix("viewers/")?).ok()?),
                    "keys" => Self::SigningKey(name.to_owned()),
                    "devices" => {
                        let (viewer, hash) = name.split_once('/')?;
                        Self::Device(ViewerName::parse(viewer).ok()?, hash.to_owned())
                    }
                    "invitations" => Self::Invitation(name.to_owned()),
                    "throttle" => Self::Throttle(name.to_owned()),
                    "audit" => Self::Audit(name.to_owned()),
                    _ => return None,
                })
            }
        }
    }
}

/// `<collection>/<photo>/<hash>-<width>.<ext>`
fn rendition(path: &str) -> Option<Key> {
    let mut parts = path.split('/');
    let (collection, photo, name) = (parts.next()?, parts.next()?, parts.next()?);
    let (hash, rest) = name.split_once('-')?;
    let (width, extension) = rest.split_once('.')?;
    if parts.next().is_some() || hash.is_empty() || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some(Key::Rendition {
        collection: CollectionSlug::parse(collection).ok()?,
        photo: PhotoId::parse(photo).ok()?,
        hash: hash.to_owned(),
        width: width.parse().ok()?,
        format: Format::ALL.into_iter().find(|f| f.extension() == extension)?,
    })
}

fn asset_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back() {
        let source = SourceKey::parse("Family/Lisbon 2024/1.jpg").unwrap();
        let album = source.folder().album();
        let photo = source.photo();
        let home = HomeId::parse("all").unwrap();
        let keys = [
            Key::Original(source.clone()),
            Key::Metadata(source.folder().clone()),
            Key::Settings,
            Key::Rendition {
                collection: album.collection(),
                photo,
                hash: "00ff".into(),
                width: 360,
                format: Format::Jpeg,
            },
            Key::Facts(album.clone(), photo),
            Key::StrayFacts(photo),
            Key::FactsSeen,
            Key::AlbumCatalogue(album),
            Key::ScopeRecord(home),
            Key::User(ViewerName::parse("gerda").unwrap()),
            Key::ImportedPasswords,
            Key::KnownPhotos,
            Key::ToldByMail(ViewerName::parse("gerda").unwrap()),
            Key::MailPassword,
            Key::SigningKey("k1".into()),
            Key::Device(ViewerName::parse("gerda").unwrap(), "00ff".into()),
            Key::Invitation("00ff".into()),
            Key::Throttle("00ff".into()),
            Key::Audit("2026-11-23/14-30-00.123456789-0a1b2c3d".into()),
        ];
        for key in keys {
            assert_eq!(Key::parse(key.bucket(), &key.path()), Some(key));
        }
    }

    #[test]
    fn foreign_paths_are_nobody_s() {
        for path in ["", "pics", "pics/a/b/c", "facts/x.json", "facts/a/zz.json", "pics/a/00000000000000000000/x-1.jpg"]
        {
            assert_eq!(Key::parse(Bucket::Resized, path), None, "{path}");
        }
        assert_eq!(Key::parse(Bucket::Source, "stray.jpg"), None);
        assert_eq!(Key::parse(Bucket::Web, "albums/a/index.html"), None);
    }

    #[test]
    fn only_what_holds_nothing_private_is_public() {
        assert!(Key::Asset("site-0.css".into()).cache_control().starts_with("public"));
        assert!(Key::HomePage(HomeId::parse("all").unwrap()).cache_control().starts_with("private"));
        assert_eq!(Key::GalleryCatalogue.cache_control(), "no-store");
    }
}
