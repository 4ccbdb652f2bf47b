//! Who is told of which change: what the deployed buckets' notification settings say, as a function.

use gallery::keys::{Bucket, Key, METADATA, SETTINGS};

/// A queue with a handler behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    /// The resizer.
    Resize,
    /// The builder.
    Build,
}

/// Where a change goes; `None` for what concerns nobody (renditions, pages, users).
pub fn destination(bucket: Bucket, key: &str) -> Option<Destination> {
    match bucket {
        Bucket::Source if key == METADATA || key.ends_with(&format!("/{METADATA}")) => Some(Destination::Build),
        Bucket::Source if key == SETTINGS => Some(Destination::Build),
        Bucket::Source => Some(Destination::Resize),
        Bucket::Resized => key.starts_with("facts/").then_some(Destination::Build),
        Bucket::Web => matches!(Key::parse(bucket, key), Some(Key::ScopeRecord(_))).then_some(Destination::Build),
        Bucket::Auth => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_has_one_reader_at_most() {
        let cases = [
            (Bucket::Source, "Family/1.jpg", Some(Destination::Resize)),
            (Bucket::Source, "stray.jpg", Some(Destination::Resize)),
            (Bucket::Source, "Family/metadata.yml", Some(Destination::Build)),
            (Bucket::Source, "Family/not-metadata.yml", Some(Destination::Resize)),
            (Bucket::Source, "gallery.yml", Some(Destination::Build)),
            (Bucket::Resized, "facts/Family/00000000000000000000.json", Some(Destination::Build)),
            (Bucket::Resized, "pics/Family/00000000000000000000/00-360.jpg", None),
            (Bucket::Web, "albums/Family/index.html", None),
            (Bucket::Web, "catalogue/gallery.json", None),
            (Bucket::Web, "catalogue/scopes/abc.json", Some(Destination::Build)),
            (Bucket::Auth, "users/gerda.json", None),
        ];
        for (bucket, key, expected) in cases {
            assert_eq!(destination(bucket, key), expected, "{key}");
        }
    }
}
