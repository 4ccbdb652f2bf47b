//! The layout of `AWSPics` (jpsim/AWSPics on GitHub): `pics/original/<album>/…`, or `pics/original/<collection>/<album>/…`
//! where albums are grouped, and a `metadata.yml` in an album or a collection. Ours is the same below the prefix, so
//! everything keeps its place. It read JPEG and PNG by their endings and nothing else; here everything is read.

use std::collections::BTreeMap;

use anyhow::Result;
use builder::Metadata;
use gallery::SourceKey;
use gallery::keys::METADATA;
use indicatif::{HumanBytes, ProgressBar};

use super::from::From;
use crate::cli::MigrateAwspics;
use crate::import::arrival::{Arrival, Place, Plan, Words};
use crate::upload::find::is_leftover;

/// The longest description that is looked at, as the builder has it.
const LONGEST: u64 = 2 * 1024 * 1024;

/// Plans the move. Tells as well which `metadata.yml` files cannot be read, and why: that gallery passed over them.
pub(super) async fn plan(
    from: &From,
    command: &MigrateAwspics,
    progress: &ProgressBar,
) -> Result<(Plan, BTreeMap<String, String>)> {
    let mut plan = Plan::default();
    let mut unread = BTreeMap::new();
    for piece in from.objects(progress).await? {
        let file = piece.path.rsplit('/').next().unwrap_or_default();
        if file.is_empty() {
            // What consoles make for a folder without files.
            plan.leave(&piece, "a mark for an empty folder");
            continue;
        }
        if let Some(why) = is_leftover(file) {
            plan.leave(&piece, why);
            continue;
        }
        let is_stray = !piece.path.contains('/');
        if is_stray && file == METADATA {
            plan.leave(&piece, "it describes no album: a gallery.yml says what the whole gallery is called");
            continue;
        }
        let folder = if is_stray { Some(&command.strays) } else { command.to.as_ref() };
        let key = folder.map_or_else(|| piece.path.clone(), |folder| format!("{folder}/{}", piece.path));
        let source = match SourceKey::parse(&key) {
            Ok(source) => source,
            Err(error) => {
                plan.leave(&piece, error.to_string());
                continue;
            }
        };
        if file == METADATA && piece.bytes > LONGEST {
            let told = format!("it is longer than {}", HumanBytes(LONGEST));
            unread.insert(source.to_string(), told);
        } else if file == METADATA {
            let read = piece.clone();
            let bytes = tokio::task::spawn_blocking(move || read.read(LONGEST)).await??;
            if let Err(problem) = Metadata::read(&bytes) {
                unread.insert(source.to_string(), problem.to_string());
            }
        }
        let place = Place { folder: source.folder().clone(), name: source.file().to_owned(), words: Words::default() };
        plan.arrivals.push(Arrival { piece, places: vec![place] });
    }
    progress.finish_and_clear();
    Ok((plan, unread))
}
