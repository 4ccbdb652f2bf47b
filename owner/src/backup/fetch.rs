//! One object on its way to the disk, piece by piece, so that a large one goes on where it was cut off.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use data_encoding::HEXLOWER;
use gallery::keys::Bucket;
use gallery::store::Listed;
use gallery::{Key, PhotoId, Store};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

use super::manifest::Kept;
use crate::upload::etag;

/// What is asked of S3 at once.
const PIECE: u64 = 8 << 20;

/// Where files lie that are not whole yet.
const PARTS: &str = ".parts";

/// How it ended.
pub(crate) enum Fetched {
    /// It was fetched.
    Now(Kept),
    /// The very bytes lay there already, without being noted: a backup died before it wrote its record.
    Before(Kept),
    /// There is no such object any more.
    Gone,
}

/// Brings an object to its file. What is there counts only when its bytes, read back, are those that S3 has; and not at
/// all when it is to be mended, because an `ETag` need not tell what is wrong with it. Till then it stays as it is.
pub(crate) async fn fetch(
    store: &Store,
    root: &Path,
    listed: &Listed,
    file: &str,
    mends: bool,
    progress: &ProgressBar,
) -> Result<Fetched> {
    let target = root.join(file);
    if !mends
        && fs::metadata(&target).is_ok_and(|found| found.len() == listed.bytes)
        && let Ok(kept) = proven(store, &target, file, listed).await
    {
        progress.inc(listed.bytes);
        return Ok(Fetched::Before(kept));
    }
    let part = part(root, listed);
    if !download(store, &part, listed, progress).await? {
        let _ = fs::remove_file(&part);
        // Gone, or replaced since it was listed: the next backup brings the new one.
        ensure!(
            store.look(Bucket::Source, &listed.path).await?.is_none(),
            "it was replaced while it was read: run the command again"
        );
        return Ok(Fetched::Gone);
    }
    let kept = match proven(store, &part, file, listed).await {
        Ok(kept) => kept,
        Err(error) => {
            // Another try begins from nothing.
            let _ = fs::remove_file(&part);
            return Err(error);
        }
    };
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot make the folder `{}`", parent.display()))?;
    }
    fs::rename(&part, &target).with_context(|| format!("cannot write `{}`", target.display()))?;
    Ok(Fetched::Now(kept))
}

/// Asks for what is missing of an object; whether it is still there in this version.
async fn download(store: &Store, part: &Path, listed: &Listed, progress: &ProgressBar) -> Result<bool> {
    let wrong = || format!("cannot write `{}`", part.display());
    fs::create_dir_all(part.parent().unwrap_or(part)).with_context(wrong)?;
    let mut file = File::options().create(true).append(true).open(part).with_context(wrong)?;
    let mut at = file.metadata().with_context(wrong)?.len();
    if at > listed.bytes {
        file.set_len(0).with_context(wrong)?;
        at = 0;
    }
    progress.inc(at);
    while at < listed.bytes {
        let end = listed.bytes.min(at + PIECE);
        let Some(bytes) = store.read_part(Bucket::Source, &listed.path, &listed.etag, at..end).await? else {
            return Ok(false);
        };
        ensure!(!bytes.is_empty(), "S3 says that it has {} bytes, and gave {at}", listed.bytes);
        at += bytes.len() as u64;
        let length = bytes.len() as u64;
        file = tokio::task::spawn_blocking(move || file.write_all(&bytes).map(|()| file)).await?.with_context(wrong)?;
        progress.inc(length);
    }
    let modified = SystemTime::from(listed.modified);
    tokio::task::spawn_blocking(move || {
        // When it was uploaded; a disk that cannot note that is good enough.
        let _ = file.set_modified(modified);
        file.sync_all()
    })
    .await?
    .with_context(wrong)?;
    Ok(true)
}

/// Reads a file back and compares it with what S3 knows of the object.
async fn proven(store: &Store, path: &Path, file: &str, listed: &Listed) -> Result<Kept> {
    let (read, bytes, tag) = (path.to_owned(), listed.bytes, listed.etag.clone());
    let (sha256, matches) =
        tokio::task::spawn_blocking(move || Ok::<_, std::io::Error>((sum(&read)?, etag::matches(&read, bytes, &tag)?)))
            .await?
            .with_context(|| format!("cannot read `{}`", path.display()))?;
    match matches {
        Some(true) => {}
        Some(false) => bail!("its bytes are not those that S3 recorded: the original may be damaged"),
        // S3 tells no MD5 of it; then what the resizer read is the witness.
        None => {
            let known = recorded(store, listed).await?;
            ensure!(
                known.is_none_or(|known| known == sha256),
                "its bytes are not those that the resizer read: the original may be damaged"
            );
        }
    }
    Ok(Kept {
        file: file.to_owned(),
        bytes: listed.bytes,
        etag: listed.etag.clone(),
        modified: listed.modified,
        sha256,
    })
}

/// The checksum that the facts of this version hold.
pub(crate) async fn recorded(store: &Store, listed: &Listed) -> Result<Option<String>> {
    let Some(Key::Original(source)) = Key::parse(Bucket::Source, &listed.path) else { return Ok(None) };
    let key = Key::Facts(source.folder().album(), source.photo());
    let read = store.read_json::<gallery::Facts>(&key).await?;
    Ok(read.filter(|(facts, _)| facts.etag == listed.etag).and_then(|(facts, _)| facts.checksum))
}

/// The SHA-256 of an object as it is read now, in hexadecimal digits.
pub(crate) async fn sum_there(store: &Store, listed: &Listed) -> Result<String> {
    let (mut hash, mut at) = (Sha256::new(), 0);
    while at < listed.bytes {
        let end = listed.bytes.min(at + PIECE);
        let read = store.read_part(Bucket::Source, &listed.path, &listed.etag, at..end).await?;
        let read = read.filter(|read| !read.is_empty());
        let read = read.with_context(|| format!("`{}` was changed while it was looked at", listed.path))?;
        hash.update(&read);
        at += read.len() as u64;
    }
    Ok(HEXLOWER.encode(&hash.finalize()))
}

/// The SHA-256 of a file, in hexadecimal digits.
pub(crate) fn sum(file: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut reader = File::open(file)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(HEXLOWER.encode(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// Where an object lies while it comes. Another version of it comes elsewhere.
fn part(root: &Path, listed: &Listed) -> PathBuf {
    let version = PhotoId::of_key(&listed.etag);
    root.join(PARTS).join(format!("{}-{version}", PhotoId::of_key(&listed.path)))
}

/// Removes what is left of versions that nobody asks for any more.
pub(crate) fn tidy(root: &Path, unfinished: bool) -> Result<()> {
    let folder = root.join(PARTS);
    if !unfinished && folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{}`", folder.display()))?;
    }
    Ok(())
}
