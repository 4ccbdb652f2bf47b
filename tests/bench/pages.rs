//! Pages against sigal and thumbsup, side by side over the same folders: the first build with and without the pictures,
//! a build without a change, and one photo more.
//!
//!     cargo run --package heirloom-tests --example pages -- OUT SIGAL THUMBSUP COUNT…
//!
//! OUT is a folder for everything that it makes; SIGAL and THUMBSUP are the peers' programs (`-` leaves one out, and thumbsup
//! is left out of more than 2,000 photos unless `always:` stands before it); each COUNT is a number of photos. Every figure is of a whole process and those that it started, its runtime's start included: the
//! time on the clock, and the processors' time, which depends less on what else the machine does. Ours opens its S3 server
//! in the same process and writes through it. Prints a line a figure and writes `pages.json`, out of which `plot.py` draws
//! the curves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use aws_sdk_s3::primitives::ByteStream;
use builder::Builder;
use gallery::renditions::Format;
use gallery::store::BucketNames;
use gallery::{Key, SourceKey, Store};
use jiff::civil::date;
use local::s3::{Credentials, Folder, Server};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use owner::sample::Shape;
use resizer::{Limits, Resizer, Wanted};
use serde_json::{Value, json};

/// As `heirloom` has it.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Photos of an album, and albums of a collection.
const PHOTOS: usize = 50;
const ALBUMS: usize = 10;

/// So many different pictures are drawn; the photos repeat them.
const DRAWN: usize = 12;

/// Up to so many photos are as large as cameras make them (12 megapixels). More of them are small, so that the pictures of
/// 20,000 do not take a day.
const LARGE: usize = 200;
const SMALL: (u32, u32) = (480, 360);

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["ours", "upload", data, photos] => ours(data).await?.upload(Path::new(photos)).await,
        ["ours", "pictures", data] => Box::pin(ours(data).await?.pictures(Wanted::default())).await,
        ["ours", "two", data] => Box::pin(ours(data).await?.pictures(as_peers())).await,
        ["ours", "pages", data] => ours(data).await?.pages().await,
        ["ours", "add", data, file, key] => ours(data).await?.add(Path::new(file), key).await,
        [out, sigal, thumbsup, ref counts @ ..] => compare(Path::new(out), sigal, thumbsup, counts),
        _ => bail!("say: OUT SIGAL THUMBSUP COUNT…"),
    }
}

/// Our gallery in a folder.
struct Ours {
    store: Store,
    _server: Server,
}

async fn ours(data: &str) -> Result<Ours> {
    let credentials = Credentials { access_key: "bench".into(), secret_key: "a secret for the bench alone".into() };
    let folder = Folder::open(Path::new(data))?;
    folder.ensure_buckets(&["source", "resized", "web", "auth"]).await?;
    let server = Server::new(Arc::clone(&folder), &credentials);
    Ok(Ours { store: Store::new(server.client(), BucketNames::plain()), _server: server })
}

impl Ours {
    async fn put(&self, file: &Path, key: &str) -> Result<()> {
        let put = self.store.client().put_object().bucket("source").key(key);
        put.body(ByteStream::from(fs::read(file)?)).send().await?;
        Ok(())
    }

    async fn upload(&self, photos: &Path) -> Result<()> {
        for file in files(photos)? {
            let key = file.strip_prefix(photos)?.to_str().context("a name in UTF-8")?.to_owned();
            self.put(&file, &key).await?;
        }
        Ok(())
    }

    async fn pictures(&self, wanted: Wanted) -> Result<()> {
        Resizer::new(self.store.clone(), Limits::default()).wanting(wanted).reconcile().await?;
        Ok(())
    }

    async fn pages(&self) -> Result<()> {
        let builder = Builder::new(self.store.clone());
        builder.publish_assets().await?;
        builder.reconcile().await?;
        Ok(())
    }

    /// What the two events of a new photo set going.
    async fn add(&self, file: &Path, key: &str) -> Result<()> {
        self.put(file, key).await?;
        let resizer = Resizer::new(self.store.clone(), Limits::default());
        ensure!(resizer.handle(event("source", key)?).await.batch_item_failures.is_empty(), "no picture was made");
        let source = SourceKey::parse(key)?;
        let facts = Key::Facts(source.folder().album(), source.photo()).path();
        let builder = Builder::new(self.store.clone());
        ensure!(builder.handle(event("resized", &facts)?).await.batch_item_failures.is_empty(), "no page was made");
        Ok(())
    }
}

/// What the peers write of each photo: two JPEG of their widths.
fn as_peers() -> Wanted {
    Wanted { ladder: vec![360, 1200], formats: vec![Format::Jpeg], ..Wanted::default() }
}

/// One SQS message with one S3 event, in the shape of whichever handler reads it.
fn event<T: serde::de::DeserializeOwned>(bucket: &str, key: &str) -> Result<T> {
    let encoded = key.replace(' ', "+");
    let s3 = json!({ "Records": [{ "s3": { "bucket": { "name": bucket }, "object": { "key": encoded } } }] });
    let record = json!({
        "messageId": "1", "body": s3.to_string(), "attributes": {}, "messageAttributes": {}, "eventSource": "aws:sqs",
    });
    Ok(serde_json::from_value(json!({ "Records": [record] }))?)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

fn compare(out: &Path, sigal: &str, thumbsup: &str, counts: &[&str]) -> Result<()> {
    let patient = thumbsup.starts_with("always:");
    let thumbsup = thumbsup.trim_start_matches("always:");
    ensure!(!counts.is_empty(), "say for how many photos");
    fs::create_dir_all(out)?;
    let mut figures = Vec::new();
    for count in counts {
        let count: usize = count.parse().context("a number of photos")?;
        let draw = |seed| {
            if count <= LARGE {
                owner::sample::photo(seed, Shape::Landscape, 1, date(2024, 7, 14).at(15, 30, 0, 0), "Drawn Camera", "")
            } else {
                owner::sample::small(seed, SMALL.0, SMALL.1)
            }
        };
        let drawn: Vec<Vec<u8>> = (1..=DRAWN as u64).map(draw).collect();
        println!("{count} photos of {} KB", drawn.iter().map(Vec::len).sum::<usize>() / DRAWN / 1000);
        let folder = out.join(format!("{count}"));
        let _ = fs::remove_dir_all(&folder);
        let photos = folder.join("photos");
        for n in 0..count {
            let album = n / PHOTOS;
            let album = photos.join(format!("Collection {}/Album {}", album / ALBUMS, album % ALBUMS));
            if n % PHOTOS == 0 {
                fs::create_dir_all(&album)?;
            }
            fs::write(album.join(format!("{:04}.jpg", n % PHOTOS)), &drawn[n % DRAWN])?;
        }
        let more = folder.join("more.jpg");
        fs::write(&more, draw(9_999))?;
        let place = photos.join("Collection 0/Album 0/more.jpg");

        let mut note = |program: &str, what: &str, Took { wall, cpu }: Took| {
            println!("{count:>6} photos  {program:<9} {what:<26} {wall:>9.3} s  {cpu:>9.3} CPU-s");
            figures.push(json!({ "photos": count, "program": program, "what": what, "seconds": wall, "cpu": cpu }));
        };
        let us = std::env::current_exe()?;
        let data = folder.join("ours");
        let ours = |words: &[&Path]| -> Result<Took> { timed(Command::new(&us).arg("ours").args(words)) };
        // The peers read the originals where they lie; ours takes them into its buckets first.
        let upload = ours(&[Path::new("upload"), &data, &photos])?;
        note("heirloom", TAKING_IN, upload);
        let pictures = ours(&[Path::new("pictures"), &data])?;
        let pages = ours(&[Path::new("pages"), &data])?;
        note("heirloom", FIRST_ALL, pictures + pages);
        let like = folder.join("ours-like-the-peers");
        ours(&[Path::new("upload"), &like, &photos])?;
        let two = ours(&[Path::new("two"), &like])?;
        note("heirloom", FIRST_LIKE, two + ours(&[Path::new("pages"), &like])?);
        fs::remove_dir_all(&like)?;
        note("heirloom", FIRST_PAGES, pages);
        note("heirloom", NO_CHANGE, ours(&[Path::new("pages"), &data])?);
        let key = Path::new("Collection 0/Album 0/more.jpg");
        note("heirloom", ONE_MORE, ours(&[Path::new("add"), &data, &more, key])?);

        let peers: [(&str, &str, Peer); 2] = [("sigal", sigal, sigal_build), ("thumbsup", thumbsup, thumbsup_build)];
        for (name, program, build) in peers.into_iter().filter(|(_, program, _)| *program != "-") {
            if name == "thumbsup" && count > PATIENT && !patient {
                println!("{count:>6} photos  {name:<9} left out: it takes hours for so many; THUMBSUP=always runs it");
                continue;
            }
            let site = folder.join(name);
            note(name, FIRST_ALL, build(program, &folder, &photos, &site)?);
            for page in files(&site)?.iter().filter(|file| file.extension().is_some_and(|e| e == "html")) {
                fs::remove_file(page)?;
            }
            note(name, FIRST_PAGES, build(program, &folder, &photos, &site)?);
            note(name, NO_CHANGE, build(program, &folder, &photos, &site)?);
            fs::copy(&more, &place)?;
            note(name, ONE_MORE, build(program, &folder, &photos, &site)?);
            fs::remove_file(&place)?;
        }
        fs::write(out.join("pages.json"), serde_json::to_vec_pretty(&Value::from(figures.clone()))?)?;
        // Twenty thousand photos three times over are a lot to leave behind.
        fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

/// Up to so many photos thumbsup is waited for.
const PATIENT: usize = 2_000;

const TAKING_IN: &str = "taking the originals in";
const FIRST_ALL: &str = "first build, with pictures";
const FIRST_LIKE: &str = "with two JPEG as the peers";
const FIRST_PAGES: &str = "first build, pages alone";
const NO_CHANGE: &str = "no change";
const ONE_MORE: &str = "one photo more";

type Peer = fn(&str, &Path, &Path, &Path) -> Result<Took>;

fn sigal_build(program: &str, folder: &Path, photos: &Path, site: &Path) -> Result<Took> {
    let settings = folder.join("sigal.conf.py");
    fs::write(&settings, "theme = 'galleria'\nimg_size = (1200, 900)\nthumb_size = (360, 270)\nkeep_orig = False\n")?;
    timed(Command::new(program).arg("build").arg("--config").arg(&settings).arg(photos).arg(site))
}

fn thumbsup_build(program: &str, _: &Path, photos: &Path, site: &Path) -> Result<Took> {
    timed(
        Command::new(program)
            .args(["--thumb-size", "360", "--large-size", "1200", "--input"])
            .arg(photos)
            .arg("--output")
            .arg(site),
    )
}

/// How long a process takes, in seconds.
#[derive(Clone, Copy)]
struct Took {
    /// On the clock.
    wall: f64,
    /// On the processors, in the kernel too.
    cpu: f64,
}

impl std::ops::Add for Took {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { wall: self.wall + other.wall, cpu: self.cpu + other.cpu }
    }
}

fn timed(command: &mut Command) -> Result<Took> {
    let (since, before) = (Instant::now(), cpu_of_children()?);
    let ended = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?} cannot be run"))?;
    let took = Took { wall: since.elapsed().as_secs_f64(), cpu: cpu_of_children()? - before };
    ensure!(ended.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&ended.stderr));
    Ok(took)
}

/// What all children that have ended took of the processors.
fn cpu_of_children() -> Result<f64> {
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: TimeVal| time.num_microseconds() as f64 / 1e6;
    Ok(seconds(used.user_time()) + seconds(used.system_time()))
}
