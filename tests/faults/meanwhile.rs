//! Photos that come while a look through everything is under way. The look may suspect them and must not harm them.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use anyhow::{Context, Result, ensure};
use aws_sdk_s3::primitives::ByteStream;
use gallery::store::{BucketNames, Removed};
use gallery::{Bucket, Key, SourceKey, Store};
use resizer::{Limits, Resizer};

use super::transport::{Aim, Fault, Weather};
use super::{World, facts_promise_what_is_there, objects};

const STAYS: &str = "Family/Lisbon/stays.jpg";
const COMES: &str = "Family/Lisbon/comes.jpg";

async fn put(owner: &Store, key: &str, seed: u64) -> Result<()> {
    let bytes = ByteStream::from(owner::sample::small(seed, 480, 360));
    owner.client().put_object().bucket("source").key(key).body(bytes).send().await?;
    Ok(())
}

/// A photo is uploaded and rendered.
async fn comes(ours: &Store, resizer: &Resizer) -> Result<()> {
    put(ours, COMES, 2).await?;
    resizer.refresh(COMES).await?;
    Ok(())
}

/// A photo that is uploaded and rendered after the originals were listed and before the renditions are.
#[tokio::test]
async fn a_photo_that_comes_between_two_listings_keeps_its_renditions() -> Result<()> {
    Box::pin(looked_while_it_came(Weather::holding("GET", "prefix=pics"), false)).await
}

/// A photo that was removed with a trace, and comes back, the same, when the trace is being taken away.
#[tokio::test]
async fn a_photo_that_comes_back_while_its_remains_are_removed_has_its_renditions() -> Result<()> {
    Box::pin(looked_while_it_came(Weather::holding("DELETE", "/resized/pics/"), true)).await
}

/// A second look at a photo that takes so long that the photo is replaced and rendered anew meanwhile.
#[tokio::test]
async fn a_late_look_at_a_photo_spares_what_its_next_facts_promise() -> Result<()> {
    let world = World::new().await?;
    let ours = world.calm(BucketNames::plain());
    let serving = Resizer::new(ours.clone(), Limits::default()).leaving_until_published();
    put(&ours, COMES, 2).await?;
    serving.refresh(COMES).await?;

    let weather = Weather::holding("GET", "prefix=pics");
    let late = Resizer::new(world.through(&weather), Limits::default());
    let replaced = async {
        put(&ours, COMES, 3).await?;
        serving.refresh(COMES).await?;
        anyhow::Ok(())
    };
    let (looked, done) = tokio::join!(late.refresh_closely(COMES), weather.meanwhile(replaced));
    done?;
    looked?;
    facts_promise_what_is_there(&ours).await
}

/// Facts that cannot be read, of no original that is there; the original comes while they are being taken away.
#[tokio::test]
async fn good_facts_that_take_the_place_of_damaged_ones_stay() -> Result<()> {
    let world = World::new().await?;
    let ours = world.calm(BucketNames::plain());
    let source = SourceKey::parse(COMES)?;
    let facts = Key::Facts(source.folder().album(), source.photo());
    let damaged = ours.client().put_object().bucket("resized").key(facts.path());
    damaged.body(ByteStream::from_static(b"{")).send().await?;

    let weather = Weather::holding("DELETE", "/resized/facts/");
    let looking = Resizer::new(world.through(&weather), Limits::default());
    let resizer = Resizer::new(ours.clone(), Limits::default());
    let (looked, came) = tokio::join!(looking.reconcile(), weather.meanwhile(comes(&ours, &resizer)));
    came?;
    looked?;
    ensure!(ours.read(&facts).await?.is_some(), "the facts of {COMES} are gone");
    facts_promise_what_is_there(&ours).await
}

/// S3 refuses a conditional removal while another request for the object is under way (409), though it is the same.
#[tokio::test]
async fn what_is_unchanged_is_removed_though_another_request_came_between() -> Result<()> {
    let world = World::new().await?;
    let ours = world.calm(BucketNames::plain());
    put(&ours, STAYS, 1).await?;
    let there = ours.look(Bucket::Source, STAYS).await?.context("it is there")?;
    let aim =
        |times| Aim { fault: Fault::Conflict, path: "/source/", conditional: true, times: AtomicUsize::new(times) };
    let never = world.through(&Weather::aimed(aim(1_000))).remove_unchanged(Bucket::Source, STAYS, &there.etag).await;
    ensure!(never.is_err_and(|error| error.to_string().contains(STAYS)), "nobody changed it");
    let removed = world.through(&Weather::aimed(aim(2))).remove_unchanged(Bucket::Source, STAYS, &there.etag).await?;
    ensure!(removed == Removed::Gone, "{removed:?}");
    ensure!(ours.look(Bucket::Source, STAYS).await?.is_none(), "it is still there");
    Ok(())
}

async fn looked_while_it_came(weather: Arc<Weather>, was_there: bool) -> Result<()> {
    let world = World::new().await?;
    let ours = world.calm(BucketNames::plain());
    let resizer = Resizer::new(ours.clone(), Limits::default());
    put(&ours, STAYS, 1).await?;
    if was_there {
        put(&ours, COMES, 2).await?;
    }
    resizer.reconcile().await?;
    let source = SourceKey::parse(COMES)?;
    if was_there {
        ours.remove_path(Bucket::Source, COMES).await?;
        ours.remove(&Key::Facts(source.folder().album(), source.photo())).await?;
    }

    let looking = Resizer::new(world.through(&weather), Limits::default());
    let (looked, came) = tokio::join!(looking.reconcile(), weather.meanwhile(comes(&ours, &resizer)));
    came?;
    ensure!(looked?.failed == 0, "a photo failed");
    facts_promise_what_is_there(&ours).await?;
    let photo = source.photo().to_string();
    let left = objects(&ours, Bucket::Resized).await?.into_keys().filter(|path| path.contains(&photo)).count();
    ensure!(left > 1, "the photo has facts and renditions");
    Ok(())
}
