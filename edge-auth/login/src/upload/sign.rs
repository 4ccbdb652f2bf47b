//! Signed requests: what is there already, and the right to add what is not.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::ChecksumMode;
use data_encoding::{BASE64, HEXLOWER};
use futures::{StreamExt, stream};
use gallery::keys::Bucket;
use gallery::{Facts, FolderPath, Key, SourceKey, StoreError};
use jiff::Timestamp;
use serde::Serialize;

use super::Uploads;
use super::wanted::{File, Wanted};
use super::words::{Refused, Words};
use crate::handler::Failure;

/// How long a signed request is good: a file has to be on its way by then.
const GOOD_FOR: Duration = Duration::from_mins(10);

/// How many files are looked for at once.
const AT_ONCE: usize = 12;

/// So many photos of one name are told apart in an album.
const NAMESAKES: usize = 200;

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
                Ok(file) => self.look(&wanted.album, &file.name, &file).await.map(Some),
                Err(_) => Ok(None),
            }
        });
        let mut looked = stream::iter(looks).buffered(AT_ONCE);
        let mut given = BTreeSet::new();
        let mut answers = Vec::new();
        for file in &wanted.files {
            let there = looked.next().await.transpose()?.flatten();
            answers.push(match (file, there) {
                (Ok(file), Some(there)) => match self.answer(&wanted.album, file, there, &mut given, now).await? {
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
        given: &mut BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Result<Told, Refused>, Failure> {
        let (mut name, mut there) = (file.name.clone(), first);
        for number in 2..NAMESAKES {
            match there {
                There::Same => return Ok(Ok(Told::There { name })),
                There::Nothing if given.insert(name.clone()) => {
                    return self.signed(album, file, name, now).await.map(Ok);
                }
                There::Nothing | There::Other => {}
            }
            // Another photo of that name: phones give the same names again and again.
            let (stem, ending) = file.name.rsplit_once('.').unwrap_or((&file.name, ""));
            name = format!("{stem}~{number}.{ending}");
            there = self.look(album, &name, file).await?;
        }
        Ok(Err(Refused::Namesakes))
    }

    async fn look(&self, album: &FolderPath, name: &str, file: &File) -> Result<There, StoreError> {
        let key = format!("{album}/{name}");
        let Some(listed) = self.store.look(Bucket::Source, &key).await? else { return Ok(There::Nothing) };
        if listed.bytes != file.bytes {
            return Ok(There::Other);
        }
        // S3 knows the checksum of what came through here; of everything else the resizer does.
        let head = self.store.client().head_object().bucket(self.store.name(Bucket::Source)).key(&key);
        let head = head.checksum_mode(ChecksumMode::Enabled).send().await.ok();
        if let Some(known) = head.and_then(|head| head.checksum_sha256).filter(|known| !known.contains('-')) {
            return Ok(if known == file.checksum { There::Same } else { There::Other });
        }
        let Ok(source) = SourceKey::parse(&key) else { return Ok(There::Other) };
        let facts = self.store.read_json::<Facts>(&Key::Facts(source.folder().album(), source.photo())).await?;
        let known = facts.map(|(facts, _)| facts).filter(|facts| facts.etag == listed.etag).and_then(|f| f.checksum);
        let wanted = BASE64.decode(file.checksum.as_bytes()).map(|hash| HEXLOWER.encode(&hash)).ok();
        Ok(if known.is_some() && known == wanted { There::Same } else { There::Other })
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
        let request = put.presigned(presigning(now)?).await.map_err(|e| Failure::Signing(e.to_string()))?;
        // A browser sets these two itself, and lets nobody else.
        let headers = request.headers().filter(|(name, _)| !matches!(*name, "host" | "content-length"));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Told::Send { name, url: request.uri().to_owned(), headers })
    }

    /// Where browsers reach the source bucket: scheme, host and port.
    pub(super) async fn origin(&self) -> Result<String, Failure> {
        let get = self.signer.get_object().bucket(self.store.name(Bucket::Source)).key("-");
        let config = PresigningConfig::expires_in(GOOD_FOR).map_err(|e| Failure::Signing(e.to_string()))?;
        let request = get.presigned(config).await.map_err(|e| Failure::Signing(e.to_string()))?;
        let end = request.uri().match_indices('/').nth(2).map_or(request.uri().len(), |(at, _)| at);
        Ok(request.uri()[..end].to_owned())
    }
}

fn presigning(now: Timestamp) -> Result<PresigningConfig, Failure> {
    let start = std::time::UNIX_EPOCH + Duration::from_secs(u64::try_from(now.as_second()).unwrap_or_default());
    let config = PresigningConfig::builder().start_time(start).expires_in(GOOD_FOR).build();
    config.map_err(|e| Failure::Signing(e.to_string()))
}
