//! Signed requests: what is there already, and the right to add what is not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::ChecksumMode;
use data_encoding::{BASE64, HEXLOWER};
use futures::{StreamExt, stream};
use gallery::keys::Bucket;
use gallery::store::Listed;
use gallery::{Facts, FolderPath, Key, SourceKey, StoreError};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Uploads;
use super::wanted::{File, Wanted};
use super::words::{Refused, Words};
use crate::handler::Failure;

/// How many files are looked for at once.
const AT_ONCE: usize = 12;

/// So many photos of one name are told apart in an album.
const NAMESAKES: usize = 2000;

/// The answer about one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(super) enum Told {
    /// These very bytes lie in the album.
    There { name: String },
    /// It may be sent: with PUT, to this address, with these headers.
    Send { name: String, url: String, headers: Vec<(String, String)> },
    /// It may not.
    Refused { why: String },
}

impl Told {
    fn refused(why: Refused, words: &Words) -> Self {
        Self::Refused { why: words.why(why).to_owned() }
    }

    pub(super) fn is_signed(&self) -> bool {
        matches!(self, Self::Send { .. })
    }
}

/// The names that are taken.
#[derive(Default)]
struct Taken {
    /// By this very question.
    given: BTreeSet<String>,
    /// In the album, by the beginning of their names.
    namesakes: BTreeMap<String, BTreeMap<String, Listed>>,
}

/// So many bytes of a file's beginning and of its end are compared where nobody knows a checksum, as the page's script has it.
const ENDS: u64 = 64 * 1024;

/// What lies under a key.
enum There {
    Nothing,
    Same,
    Other,
}

impl Uploads {
    /// The answers about all files, in their order.
    pub(super) async fn answers(&self, wanted: &Wanted, words: &Words, now: Timestamp) -> Result<Vec<Told>, Failure> {
        // What is there is looked up at once; who gets which name is decided in order.
        let looks = wanted.files.clone().into_iter().map(|file| async move {
            match file {
                Ok(file) => self.look(&wanted.album, &file).await.map(Some),
                Err(_) => Ok(None),
            }
        });
        let mut looked = stream::iter(looks).buffered(AT_ONCE);
        let mut taken = Taken::default();
        let mut answers = Vec::new();
        for file in &wanted.files {
            let there = looked.next().await.transpose()?.flatten();
            answers.push(match (file, there) {
                (Ok(file), Some(there)) => match self.answer(&wanted.album, file, there, &mut taken, now).await? {
                    Ok(told) => told,
                    Err(why) => Told::refused(why, words),
                },
                (Err(why), _) => Told::refused(*why, words),
                (Ok(_), None) => Told::refused(Refused::NotLooked, words),
            });
        }
        Ok(answers)
    }

    async fn answer(
        &self,
        album: &FolderPath,
        file: &File,
        first: There,
        taken: &mut Taken,
        now: Timestamp,
    ) -> Result<Result<Told, Refused>, Failure> {
        match first {
            There::Same => return Ok(Ok(Told::There { name: file.name.clone() })),
            There::Nothing if taken.given.insert(file.name.clone()) => {
                return self.signed(album, file, file.name.clone(), now).await.map(Ok);
            }
            There::Nothing | There::Other => {}
        }
        // Another photo of that name: phones give the same names again and again. One listing tells all of them.
        let (stem, ending) = file.name.rsplit_once('.').unwrap_or((&file.name, ""));
        let prefix = format!("{album}/{stem}~");
        if !taken.namesakes.contains_key(&prefix) {
            let listed = self.store.list(Bucket::Source, prefix.clone()).all().await?;
            taken.namesakes.insert(prefix.clone(), listed.into_iter().map(|one| (one.path.clone(), one)).collect());
        }
        let namesakes = taken.namesakes.get(&prefix).into_iter().flatten();
        let namesakes: BTreeMap<&String, &Listed> = namesakes.filter(|(key, _)| key.ends_with(ending)).collect();
        let numbered = |number: usize| format!("{stem}~{number}.{ending}");
        for number in 2..NAMESAKES {
            let Some(listed) = namesakes.get(&format!("{album}/{}", numbered(number))) else { continue };
            if self.is_same(listed, file).await? {
                return Ok(Ok(Told::There { name: numbered(number) }));
            }
        }
        let free = |name: &String| !namesakes.contains_key(&format!("{album}/{name}"));
        let name = (2..NAMESAKES).map(numbered).filter(free).find(|name| taken.given.insert(name.clone()));
        match name {
            Some(name) => self.signed(album, file, name, now).await.map(Ok),
            None => Ok(Err(Refused::Namesakes)),
        }
    }

    async fn look(&self, album: &FolderPath, file: &File) -> Result<There, StoreError> {
        let key = format!("{album}/{}", file.name);
        let Some(listed) = self.store.look(Bucket::Source, &key).await? else { return Ok(There::Nothing) };
        Ok(if self.is_same(&listed, file).await? { There::Same } else { There::Other })
    }

    /// Whether an original has the bytes of a file.
    async fn is_same(&self, listed: &Listed, file: &File) -> Result<bool, StoreError> {
        if listed.bytes != file.bytes {
            return Ok(false);
        }
        // S3 knows the checksum of what came through here; of other photos the resizer does.
        let head = self.store.client().head_object().bucket(self.store.name(Bucket::Source)).key(&listed.path);
        let head = head.checksum_mode(ChecksumMode::Enabled).send().await.ok();
        if let Some(known) = head.and_then(|head| head.checksum_sha256).filter(|known| !known.contains('-')) {
            return Ok(known == file.checksum);
        }
        let Ok(source) = SourceKey::parse(&listed.path) else { return Ok(false) };
        let facts = self.store.read_json::<Facts>(&Key::Facts(source.folder().album(), source.photo())).await?;
        let known = facts.map(|(facts, _)| facts).filter(|facts| facts.etag == listed.etag).and_then(|f| f.checksum);
        if let Some(known) = known {
            return Ok(BASE64.decode(file.checksum.as_bytes()).is_ok_and(|hash| HEXLOWER.encode(&hash) == known));
        }
        self.ends_alike(listed, file).await
    }

    /// Of videos nobody takes a checksum of all their bytes. One of the same name and length that begins and ends with the same
    /// bytes is the same: a film has its times and the places of its pictures there.
    async fn ends_alike(&self, listed: &Listed, file: &File) -> Result<bool, StoreError> {
        let Some(ends) = &file.ends else { return Ok(false) };
        let mut hash = Sha256::new();
        for part in [0..ENDS.min(listed.bytes), listed.bytes.saturating_sub(ENDS)..listed.bytes] {
            let read = self.store.read_part(Bucket::Source, &listed.path, &listed.etag, part).await?;
            let Some(read) = read else { return Ok(false) };
            hash.update(&read);
        }
        Ok(BASE64.encode(&hash.finalize()) == *ends)
    }

    async fn signed(&self, album: &FolderPath, file: &File, name: String, now: Timestamp) -> Result<Told, Failure> {
        let put = self
            .signer
            .put_object()
            .bucket(self.store.name(Bucket::Source))
            .key(format!("{album}/{name}"))
            .content_type(file.kind)
            .content_length(i64::try_from(file.bytes).unwrap_or(i64::MAX))
            .checksum_sha256(&file.checksum)
            .if_none_match("*");
        let request = put.presigned(self.presigning(now)?).await.map_err(|e| Failure::Signing(e.to_string()))?;
        // A browser sets these two itself, and lets nobody else.
        let headers = request.headers().filter(|(name, _)| !matches!(*name, "host" | "content-length"));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let end = if self.at_the_gallery { end_of_origin(request.uri()) } else { 0 };
        Ok(Told::Send { name, url: request.uri()[end..].to_owned(), headers })
    }

    /// The same for a browser that knows the gallery under this name. The signature covers it, and the address that the
    /// browser gets has none, so that it asks where its page came from.
    pub(super) fn for_browser_at(&self, host: Option<&str>) -> Self {
        let mut uploads = self.clone();
        if let Some(host) = host.filter(|_| self.at_the_gallery) {
            let config = self.signer.config().to_builder().endpoint_url(format!("http://{host}"));
            uploads.signer = aws_sdk_s3::Client::from_conf(config.build());
        }
        uploads
    }

    /// Where browsers reach the source bucket: scheme, host and port.
    pub(super) async fn origin(&self) -> Result<String, Failure> {
        let get = self.signer.get_object().bucket(self.store.name(Bucket::Source)).key("-");
        let config = PresigningConfig::expires_in(self.good_for).map_err(|e| Failure::Signing(e.to_string()))?;
        let request = get.presigned(config).await.map_err(|e| Failure::Signing(e.to_string()))?;
        Ok(request.uri()[..end_of_origin(request.uri())].to_owned())
    }

    fn presigning(&self, now: Timestamp) -> Result<PresigningConfig, Failure> {
        let start = std::time::UNIX_EPOCH + Duration::from_secs(u64::try_from(now.as_second()).unwrap_or_default());
        let config = PresigningConfig::builder().start_time(start).expires_in(self.good_for).build();
        config.map_err(|e| Failure::Signing(e.to_string()))
    }
}

/// Where the path begins in an address.
fn end_of_origin(address: &str) -> usize {
    address.match_indices('/').nth(2).map_or(address.len(), |(at, _)| at)
}
