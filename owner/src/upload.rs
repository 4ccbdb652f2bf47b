//! Files on their way into the source bucket.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_s3::primitives::ByteStream;
use futures::stream::{StreamExt, TryStreamExt};
use gallery::Store;
use gallery::keys::Bucket;
use indicatif::{ProgressBar, ProgressStyle};
use walkdir::WalkDir;

/// How many files are on their way at once.
const PARALLEL: usize = 4;

/// A file and where it goes.
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) content: Content,
}

/// What is uploaded.
pub(crate) enum Content {
    /// A file on disk.
    File(PathBuf),
    /// Bytes made when their turn comes.
    Made(Box<dyn FnOnce() -> Vec<u8> + Send>),
}

/// The files of a folder. Those right in it go into a collection of the folder's own name, since a photo needs one.
pub(crate) fn of_folder(folder: &Path) -> Result<Vec<Upload>> {
    let root = folder.canonicalize().with_context(|| format!("cannot read the folder `{}`", folder.display()))?;
    if !root.is_dir() {
        bail!("`{}` is not a folder", folder.display());
    }
    let own_name = root.file_name().map_or_else(|| "Photos".into(), |name| name.to_string_lossy().into_owned());
    let mut uploads = Vec::new();
    let visible = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.');
    for entry in
        WalkDir::new(&root).sort_by_file_name().into_iter().filter_entry(|e| e.depth() == 0 || visible(e.file_name()))
    {
        let entry = entry.with_context(|| format!("cannot read `{}` to its end", folder.display()))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let inside = entry.path().strip_prefix(&root).expect("a walk stays below its root");
        let Some(names) = inside.iter().map(|name| name.to_str()).collect::<Option<Vec<_>>>() else {
            eprintln!("left out: the name of `{}` is not UTF-8", entry.path().display());
            continue;
        };
        let key = if names.len() == 1 { format!("{own_name}/{}", names[0]) } else { names.join("/") };
        uploads.push(Upload { key, content: Content::File(entry.into_path()) });
    }
    Ok(uploads)
}

/// Uploads what is not there yet (by key and size), and tells how many that were.
pub(crate) async fn upload(store: &Store, uploads: Vec<Upload>) -> Result<usize> {
    let progress = ProgressBar::new(uploads.len() as u64)
        .with_style(ProgressStyle::with_template("  {msg:10} {wide_bar} {pos}/{len}").expect("a template of our own"));
    progress.set_message("uploading");
    progress.enable_steady_tick(Duration::from_millis(200));
    let sent = futures::stream::iter(uploads)
        .map(|upload| {
            let progress = progress.clone();
            async move {
                let sent = send(store, upload).await?;
                progress.inc(1);
                anyhow::Ok(usize::from(sent))
            }
        })
        .buffer_unordered(PARALLEL)
        .try_fold(0, |sum, sent| async move { Ok(sum + sent) })
        .await?;
    progress.finish_and_clear();
    Ok(sent)
}

async fn send(store: &Store, upload: Upload) -> Result<bool> {
    let there = store.look(Bucket::Source, &upload.key).await?;
    let body = match upload.content {
        Content::Made(_) if there.is_some() => return Ok(false),
        Content::Made(make) => ByteStream::from(tokio::task::spawn_blocking(make).await?),
        Content::File(path) => {
            let size =
                tokio::fs::metadata(&path).await.with_context(|| format!("cannot read {}", path.display()))?.len();
            if there.is_some_and(|there| there.bytes == size) {
                return Ok(false);
            }
            ByteStream::from_path(&path).await.with_context(|| format!("cannot read {}", path.display()))?
        }
    };
    let put = store
        .client()
        .put_object()
        .bucket(store.name(Bucket::Source))
        .key(&upload.key)
        .set_content_type(mime_guess::from_path(&upload.key).first_raw().map(str::to_owned))
        .body(body);
    put.send().await.with_context(|| format!("cannot upload `{}`", upload.key))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_s_files_get_their_keys() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("Holidays");
        std::fs::create_dir_all(root.join("Lisbon/Day 1")).unwrap();
        std::fs::create_dir_all(root.join(".cache")).unwrap();
        for file in ["a.jpg", "Lisbon/b.jpg", "Lisbon/Day 1/ü.jpg", "Lisbon/.hidden", ".cache/c.jpg"] {
            std::fs::write(root.join(file), b"x").unwrap();
        }
        let keys: Vec<_> = of_folder(&root).unwrap().into_iter().map(|upload| upload.key).collect();
        assert_eq!(keys, ["Lisbon/Day 1/ü.jpg", "Lisbon/b.jpg", "Holidays/a.jpg"]);
        assert!(of_folder(&root.join("a.jpg")).is_err());
        assert!(of_folder(&root.join("nothing")).is_err());
    }
}
