//! The bucket that a gallery is moved out of.

use anyhow::{Context, Result};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Region;
use gallery::Store;
use indicatif::ProgressBar;

use crate::cli::MigrateAwspics;
use crate::import::piece::{Piece, Stored};

/// The other gallery's bucket.
pub(super) struct From {
    client: Client,
    pub(super) bucket: String,
    /// What the keys of the originals may begin with: the first that finds any counts.
    prefixes: Vec<String>,
    /// The gallery's own client, and whether it sees the very same bucket.
    own: Client,
}

impl From {
    pub(super) async fn open(command: &MigrateAwspics, store: &Store, usual_region: Option<&str>) -> Result<Self> {
        let mut settings = match &command.source_profile {
            Some(profile) => gallery::store::surroundings_as(profile),
            None => gallery::store::surroundings(),
        };
        if let Some(endpoint) = &command.source_endpoint {
            settings = settings.endpoint_url(endpoint).region(Region::from_static("us-east-1"));
        }
        if let Some(region) = &command.source_region {
            settings = settings.region(Region::new(region.clone()));
        }
        let mut config = Box::pin(settings.load()).await;
        // Who has said a region nowhere else has said it in heirloom.toml, and most have both galleries in one.
        if let (None, Some(region)) = (config.region(), usual_region) {
            config = config.into_builder().region(Region::new(region.to_owned())).build();
        }
        let client = gallery::store::client_of(&config);
        let prefixes = prefixes(&command.prefix);
        Ok(Self { client, bucket: command.source.clone(), prefixes, own: store.client().clone() })
    }

    /// Everything under the prefix, each by its path below it. `progress` shows how many there are so far.
    pub(super) async fn objects(&self, progress: &ProgressBar) -> Result<Vec<Piece>> {
        for prefix in &self.prefixes {
            let pieces = self.under(prefix, progress).await?;
            if !pieces.is_empty() {
                return Ok(pieces);
            }
        }
        Ok(Vec::new())
    }

    async fn under(&self, prefix: &str, progress: &ProgressBar) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let mut pages = list.into_paginator().send();
        let mut within_reach = None;
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| {
                format!("cannot list `{}`: is it the bucket's name, and may the profile read it?", self.bucket)
            })?;
            for object in page.contents.unwrap_or_default() {
                let (Some(key), Some(etag)) = (object.key, object.e_tag) else { continue };
                let bytes = object.size.unwrap_or_default().unsigned_abs();
                if within_reach.is_none() {
                    within_reach = Some(self.sees(&key, &etag).await);
                }
                let path = key.strip_prefix(prefix).unwrap_or(&key).to_owned();
                let stored = Stored {
                    client: self.client.clone(),
                    bucket: self.bucket.clone(),
                    key,
                    etag,
                    within_reach: within_reach == Some(true),
                };
                pieces.push(Piece::stored(path, bytes, stored));
            }
            progress.set_position(pieces.len() as u64);
        }
        Ok(pieces)
    }

    /// Whether the gallery's own S3 has this object as well: then it is the same S3, and copies by itself.
    async fn sees(&self, key: &str, etag: &str) -> bool {
        let head = self.own.head_object().bucket(&self.bucket).key(key).send().await;
        head.is_ok_and(|head| head.e_tag.as_deref() == Some(etag))
    }
}

/// What keys begin with that lie where somebody says: in a folder, or else as it is written (`photos/orig-`). One that ends in
/// the middle of a word was cut short by mistake.
fn prefixes(written: &str) -> Vec<String> {
    let tidy = written.trim_matches('/');
    if tidy.is_empty() {
        return vec![String::new()];
    }
    let is_whole = written.ends_with(|last: char| last != '/' && !last.is_alphanumeric());
    let mut prefixes = vec![format!("{tidy}/")];
    prefixes.extend(is_whole.then(|| tidy.to_owned()));
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_folder_or_as_it_is_written() {
        for (written, expected) in [
            ("", &[""][..]),
            ("/", &[""]),
            ("pics/original/", &["pics/original/"]),
            ("/pics/original", &["pics/original/"]),
            ("photos/orig-", &["photos/orig-/", "photos/orig-"]),
            ("photos/orig-/", &["photos/orig-/"]),
        ] {
            assert_eq!(prefixes(written), expected, "{written}");
        }
    }
}
