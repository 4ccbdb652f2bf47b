//! Handlers that die at a named moment. The message comes again, to a handler that knows nothing of it, and nothing else
//! happens: no reconcile. Then the buckets are those of a gallery built in peace, byte for byte.

use anyhow::{Context, Result, ensure};
use aws_lambda_events::event::sqs::SqsBatchResponse;
use aws_sdk_s3::primitives::ByteStream;
use builder::Builder;
use gallery::store::BucketNames;
use gallery::{Bucket, Key, SourceKey, Store};
use resizer::{Limits, Resizer};

use super::transport::{Doom, Weather};
use super::{Message, World, differences, event, facts_promise_what_is_there, objects};

const STAYS: &str = "Family/Lisbon/stays.jpg";
const CHANGES: &str = "Family/Lisbon/changes.jpg";
const ELSEWHERE: &str = "Trips/Alps/first.jpg";

/// What the owner does, after which a handler dies.
#[derive(Clone, Copy, Debug)]
enum Change {
    Adds,
    Replaces,
    Removes,
    RemovesAll,
}

impl Change {
    /// The photos that it is about.
    async fn happens(self, owner: &Store) -> Result<Vec<&'static str>> {
        match self {
            Self::Adds => {
                put(owner, ELSEWHERE, 7).await?;
                Ok(vec![ELSEWHERE])
            }
            Self::Replaces => {
                put(owner, CHANGES, 8).await?;
                Ok(vec![CHANGES])
            }
            Self::Removes => {
                owner.remove_path(Bucket::Source, CHANGES).await?;
                Ok(vec![CHANGES])
            }
            Self::RemovesAll => {
                owner.remove_path(Bucket::Source, CHANGES).await?;
                owner.remove_path(Bucket::Source, STAYS).await?;
                Ok(vec![CHANGES, STAYS])
            }
        }
    }
}

async fn put(owner: &Store, key: &str, seed: u64) -> Result<()> {
    let bytes = ByteStream::from(owner::sample::small(seed, 480, 360));
    owner.client().put_object().bucket("source").key(key).body(bytes).send().await?;
    Ok(())
}

/// Messages about these photos for the resizer, and those that its facts become.
fn messages(photos: &[&'static str], received: u32) -> Result<(Vec<Message>, Vec<Message>)> {
    let mut told = (Vec::new(), Vec::new());
    for &photo in photos {
        let source = SourceKey::parse(photo)?;
        let facts = Key::Facts(source.folder().album(), source.photo()).path();
        told.0.push(Message { received, ..Message::new("source", photo) });
        told.1.push(Message { received, ..Message::new("resized", facts) });
    }
    Ok(told)
}

/// Only the poison fails.
fn all_done(answer: &SqsBatchResponse) -> Result<()> {
    let failed: Vec<_> = answer.batch_item_failures.iter().map(|one| one.item_identifier.as_str()).collect();
    ensure!(failed == ["poison"], "{failed:?}");
    Ok(())
}

/// Lets a handler die there, and the message come again.
fn dies(
    change: Change,
    method: &'static str,
    path: &'static str,
    done: bool,
) -> futures::future::BoxFuture<'static, Result<()>> {
    Box::pin(lived_through(change, Doom { method, path, done }))
}

async fn lived_through(change: Change, doom: Doom) -> Result<()> {
    let Doom { method, path, .. } = doom;
    let world = World::new().await?;
    let ours = world.calm(BucketNames::plain());
    for (seed, photo) in [(1, STAYS), (2, CHANGES)] {
        put(&ours, photo, seed).await?;
    }
    Resizer::new(ours.clone(), Limits::default()).reconcile().await?;
    Builder::new(ours.clone()).reconcile().await?;

    let photos = change.happens(&ours).await?;
    let (first, built) = messages(&photos, 1)?;
    let (again, built_again) = messages(&photos, 2)?;
    let weather = Weather::until(doom);
    let (dying, living) = (world.through(&weather), || Resizer::new(ours.clone(), Limits::default()));
    let resizer_dies = path.starts_with("/resized/");
    if resizer_dies {
        let dying = Resizer::new(dying.clone(), Limits::default());
        tokio::select! {
            _ = dying.handle(event(&first, true)?) => anyhow::bail!("the resizer never asked for {method} {path}"),
            () = weather.end() => {}
        }
        facts_promise_what_is_there(&ours).await?;
        all_done(&living().handle(event(&again, true)?).await)?;
    } else {
        all_done(&living().handle(event(&first, true)?).await)?;
    }
    if resizer_dies {
        all_done(&Builder::new(ours.clone()).handle(event(&built, true)?).await)?;
    } else {
        let dying = Builder::new(dying.clone());
        tokio::select! {
            _ = dying.handle(event(&built, true)?) => anyhow::bail!("the builder never asked for {method} {path}"),
            () = weather.end() => {}
        }
        all_done(&Builder::new(ours.clone()).handle(event(&built_again, true)?).await)?;
    }

    let names = BucketNames { resized: "resized-in-peace".into(), web: "web-in-peace".into(), ..BucketNames::plain() };
    let peace = world.calm(names);
    Resizer::new(peace.clone(), Limits::default()).reconcile().await?;
    Builder::new(peace.clone()).reconcile().await?;
    for bucket in [Bucket::Resized, Bucket::Web] {
        let told = differences(&objects(&ours, bucket).await?, &objects(&peace, bucket).await?);
        ensure!(told.is_empty(), "{change:?}, {doom:?}: {bucket:?}: {}", told.join("\n"));
    }
    Ok(())
}

#[tokio::test]
async fn between_renditions_and_facts() -> Result<()> {
    for change in [Change::Adds, Change::Replaces] {
        dies(change, "PUT", "/resized/facts/", false).await?;
    }
    Ok(())
}

#[tokio::test]
async fn among_the_renditions() -> Result<()> {
    for (change, done) in [(Change::Adds, true), (Change::Replaces, false)] {
        dies(change, "PUT", "/resized/pics/", done).await?;
    }
    Ok(())
}

#[tokio::test]
async fn between_facts_and_the_removal_of_what_they_made_stale() -> Result<()> {
    for done in [false, true] {
        dies(Change::Replaces, "DELETE", "/resized/pics/", done).await?;
    }
    dies(Change::Replaces, "PUT", "/resized/facts/", true).await
}

#[tokio::test]
async fn in_the_middle_of_a_removal() -> Result<()> {
    for (path, done) in [("/resized/facts/", false), ("/resized/facts/", true), ("/resized/pics/", true)] {
        dies(Change::Removes, "DELETE", path, done).await?;
    }
    Ok(())
}

#[tokio::test]
async fn between_facts_and_pages() -> Result<()> {
    for change in [Change::Adds, Change::Replaces, Change::Removes] {
        dies(change, "GET", "/web/catalogue/", false).await?;
        dies(change, "PUT", "/web/albums/", false).await?;
    }
    Ok(())
}

#[tokio::test]
async fn in_the_middle_of_publishing() -> Result<()> {
    for change in [Change::Adds, Change::Replaces, Change::Removes] {
        dies(change, "PUT", "/web/albums/", true).await?;
        dies(change, "PUT", "/web/catalogue/albums/", true).await?;
        dies(change, "PUT", "/web/home/", true).await?;
        dies(change, "PUT", "/web/catalogue/gallery.json", false).await?;
    }
    Ok(())
}

#[tokio::test]
async fn in_the_middle_of_the_last_removal_from_an_album() -> Result<()> {
    for done in [false, true] {
        dies(Change::RemovesAll, "DELETE", "/web/albums/", done).await?;
        dies(Change::RemovesAll, "DELETE", "/web/catalogue/albums/", done).await?;
    }
    Ok(())
}

/// The former version's mark says that all its files are there. It is gone before the first of them is another's, or that
/// version, back again, would believe it.
#[tokio::test]
async fn while_a_version_publishes_its_own_files() -> Result<()> {
    let world = World::new().await?;
    let ours = world.calm(BucketNames::plain());
    Builder::new(ours.clone()).publish_assets().await?;
    let marks = || async { anyhow::Ok(ours.list(Bucket::Web, "assets/published-").all().await?) };
    let mark = marks().await?.pop().context("who has published says so")?;
    ours.remove_path(Bucket::Web, &mark.path).await?;
    let formerly = [("assets/published-formerly.txt", ""), ("robots.txt", "of the former version")];
    for (key, words) in formerly {
        let bytes = ByteStream::from_static(words.as_bytes());
        ours.client().put_object().bucket("web").key(key).body(bytes).send().await?;
    }

    let weather = Weather::until(Doom { method: "PUT", path: "/web/robots.txt", done: true });
    let dying = Builder::new(world.through(&weather));
    tokio::select! {
        _ = dying.publish_assets() => anyhow::bail!("`robots.txt` was not written"),
        () = weather.end() => {}
    }
    ensure!(marks().await?.is_empty(), "a mark is left, and the files are of two versions");
    Builder::new(ours.clone()).publish_assets().await?;
    let robots = ours.read_path(Bucket::Web, "robots.txt").await?.context("`robots.txt` is there")?;
    ensure!(robots.bytes.starts_with(b"User-agent"), "it is still {robots:?}");
    ensure!(marks().await?.iter().map(|mark| &mark.path).eq([&mark.path]), "it does not say that it has published");
    Ok(())
}
