//! `heirloom status`: how the gallery is.

mod told;

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use builder::{Catalogue, GalleryRecord, Problem};
use gallery::keys::Bucket;
use gallery::{Key, Store};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::cli::Status;
use crate::cost::{Prices, Usage, bill};
use crate::queues::Depth;
use crate::reach::Reached;

/// How long a month is, for what is new in it.
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What is known of one album.
#[derive(Debug, Default, Serialize)]
struct Album {
    /// Photos on its pages.
    photos: usize,
    /// Files that are neither on a page nor rejected yet.
    waiting: usize,
    /// Files that are no photos, and why.
    rejected: BTreeMap<String, String>,
    /// What is wrong with its `metadata.yml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// What its `metadata.yml` says that does nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
    /// When it was last built otherwise than before.
    #[serde(skip_serializing_if = "Option::is_none")]
    built: Option<Timestamp>,
    /// Bytes of the originals.
    bytes: u64,
}

/// A file of the owner's that cannot be read.
#[derive(Debug, Serialize)]
struct Unread {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u64>,
    sentence: String,
}

impl Unread {
    fn of(file: String, Problem { line, column, sentence }: Problem) -> Self {
        Self { file, line, column, sentence }
    }
}

/// What the gallery costs on AWS in a month.
#[derive(Debug, Serialize)]
struct MonthlyCost {
    /// All together, in US dollars.
    estimate: f64,
    /// Of that, because originals are new.
    while_fresh: f64,
    /// From which on the owner is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<f64>,
    /// When the prices were so, and where.
    prices: String,
}

/// What is known of the gallery.
#[derive(Debug, Default, Serialize)]
struct Told {
    /// Where people reach it, when it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// By folder.
    albums: BTreeMap<String, Album>,
    /// When a page was last made otherwise than before.
    #[serde(skip_serializing_if = "Option::is_none")]
    built: Option<Timestamp>,
    /// Files of the owner's that cannot be read.
    unread: Vec<Unread>,
    /// What `gallery.yml` says that does nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
    /// Files that no album can hold: right at the top of the bucket, or too deep.
    strays: Vec<String>,
    /// Originals that lie there more than once, byte for byte: the places of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    doubles: Vec<Vec<String>>,
    /// What waits for the handlers, and what they gave up. Absent where nobody answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    queues: Option<BTreeMap<&'static str, Depth>>,
    /// Why nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    queues_problem: Option<String>,
    /// Objects and bytes of each bucket.
    buckets: BTreeMap<&'static str, (usize, u64)>,
    /// On AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<MonthlyCost>,
    /// Photos that came within a month.
    #[serde(skip)]
    new: usize,
    /// Photos of which there is a copy of all of it.
    #[serde(skip)]
    wholes: usize,
}

/// Does what `heirloom status` asks.
pub(crate) async fn run(command: Status) -> Result<()> {
    let reached = Reached::in_folder(&command.data).await?;
    let told = Box::pin(look(&reached, Timestamp::now())).await;
    reached.close().await;
    let told = told?;
    if command.json {
        println!("{}", serde_json::to_string(&told)?);
    } else {
        told.tell();
    }
    Ok(())
}

async fn look(reached: &Reached, now: Timestamp) -> Result<Told> {
    let store = reached.store();
    let mut told = Told { address: reached.origin(), ..Told::default() };
    originals(store, &mut told).await?;
    pages(store, &mut told, now).await?;
    for (name, bucket) in [("resized", Bucket::Resized), ("auth", Bucket::Auth)] {
        let (mut objects, mut bytes, mut pages) = (0, 0, store.list(bucket, ""));
        while let Some(page) = pages.next().await? {
            objects += page.len();
            bytes += page.iter().map(|listed| listed.bytes).sum::<u64>();
        }
        told.buckets.insert(name, (objects, bytes));
    }
    if let Some((record, _)) = store.read_json::<GalleryRecord>(&Key::GalleryCatalogue).await? {
        told.notices = record.settings.values.notices();
        let own = record.settings.problem.map(|problem| Unread::of(Key::Settings.path(), problem));
        told.unread.splice(0..0, own);
    }
    // Without them everything else is still worth telling.
    match reached.queues().look().await {
        Ok(queues) => told.queues = Some(queues),
        Err(error) => told.queues_problem = Some(format!("{error:#}")),
    }
    if let Some(amazon) = reached.amazon() {
        let viewers = store.list(Bucket::Auth, "users/").all().await?.len();
        told.cost = Some(monthly(&told, viewers, amazon.budget()));
    }
    Ok(told)
}

async fn pages(store: &Store, told: &mut Told, now: Timestamp) -> Result<()> {
    let (mut objects, mut bytes) = (0, 0);
    let mut pages = store.list(Bucket::Web, "");
    while let Some(page) = pages.next().await? {
        for listed in page {
            objects += 1;
            bytes += listed.bytes;
            told.built = told.built.max(Some(listed.modified));
            if let Some(key @ Key::AlbumCatalogue(_)) = Key::parse(Bucket::Web, &listed.path)
                && let Some((catalogue, _)) = store.read_json::<Catalogue>(&key).await?
            {
                note(told, catalogue, listed.modified, now);
            }
        }
    }
    told.buckets.insert("web", (objects, bytes));
    Ok(())
}

/// Counts every original that is meant as a photo as waiting; those that a catalogue knows are taken off again.
async fn originals(store: &Store, told: &mut Told) -> Result<()> {
    let (mut objects, mut bytes) = (0, 0);
    let mut places: HashMap<(String, u64), Vec<String>> = HashMap::new();
    let mut pages = store.list(Bucket::Source, "");
    while let Some(page) = pages.next().await? {
        for listed in page {
            objects += 1;
            bytes += listed.bytes;
            match Key::parse(Bucket::Source, &listed.path) {
                Some(Key::Original(source)) => {
                    let album = told.albums.entry(source.folder().to_string()).or_default();
                    album.bytes += listed.bytes;
                    // What is passed over, such as notes beside a photo, waits for nothing.
                    let is_meant = resizer::facts_of(&listed.path).is_some();
                    album.waiting += usize::from(is_meant);
                    // An `ETag` is the MD5 of the bytes, or made of those of the parts that they came in.
                    if listed.bytes > 0 && is_meant {
                        places.entry((listed.etag, listed.bytes)).or_default().push(listed.path);
                    }
                }
                Some(_) => {}
                None => told.strays.push(listed.path),
            }
        }
    }
    told.buckets.insert("source", (objects, bytes));
    told.doubles = places.into_values().filter(|places| places.len() > 1).collect();
    told.doubles.sort();
    Ok(())
}

fn note(told: &mut Told, catalogue: Catalogue, built: Timestamp, now: Timestamp) {
    let since = now - MONTH;
    told.new += catalogue.photos.values().filter(|photo| photo.added >= since).count();
    told.wholes += catalogue.photos.values().filter(|photo| photo.whole.is_some()).count();
    let album = told.albums.entry(catalogue.folder.to_string()).or_default();
    album.photos = catalogue.in_order().len();
    album.waiting = album.waiting.saturating_sub(catalogue.photos.len() + catalogue.rejected.len());
    album.notices = catalogue.notices();
    if let Some(problem) = catalogue.described.problem {
        album.problem = Some(problem.to_string());
        // Not out of the gallery's record, which holds the first few.
        told.unread.push(Unread::of(Key::Metadata(catalogue.folder).path(), problem));
    }
    album.rejected = catalogue.rejected.into_values().map(|rejected| (rejected.file, rejected.reason)).collect();
    album.built = Some(built);
}

/// What this gallery costs, with as many page views as such a family has.
fn monthly(told: &Told, viewers: usize, budget: Option<f64>) -> MonthlyCost {
    let photos = told.albums.values().map(|album| album.photos).sum::<usize>() as f64;
    let bytes = told.buckets.get("source").map_or(0, |(_, bytes)| *bytes) as f64;
    let original = if photos > 0.0 { bytes / photos / f64::from(1 << 20) } else { 0.0 };
    let usage = Usage {
        photos,
        new: told.new as f64,
        heic: if photos > 0.0 { (told.wholes as f64 / photos).min(1.0) } else { 0.0 },
        page_views: viewers as f64 * f64::from(crate::cost::PAGE_VIEWS),
        original,
    };
    let prices = Prices::default();
    let bill = bill(&usage, &prices);
    let fresh = if photos > 0.0 { bill.while_fresh * told.new as f64 / photos } else { 0.0 };
    let cents = |dollars: f64| (dollars * 100.0).round() / 100.0;
    MonthlyCost { estimate: cents(bill.total() + fresh), while_fresh: cents(fresh), budget, prices: prices.as_of }
}
