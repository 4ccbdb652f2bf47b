//! An upload in parts whose last answer is lost.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::CompletedPart;
use gallery::store::{BucketNames, Condition, Written};
use owner::upload::complete::complete;

use crate::World;
use crate::transport::{Aim, Fault, Weather};

const KEY: &str = "Family/film.mp4";

/// Begins an upload and sends its parts.
async fn parts(client: &Client) -> Result<(String, Vec<CompletedPart>)> {
    let begun = client.create_multipart_upload().bucket("source").key(KEY).send().await?;
    let id = begun.upload_id.context("an upload has a name")?;
    let mut parts = Vec::new();
    for (number, length) in [(1, 5 * 1024 * 1024), (2, 1000)] {
        let part = client.upload_part().bucket("source").key(KEY).upload_id(&id).part_number(number);
        let sent = part.body(ByteStream::from(vec![number as u8; length])).send().await?;
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build());
    }
    Ok((id, parts))
}

#[tokio::test]
async fn an_upload_whose_last_answer_is_lost_is_done() -> Result<()> {
    let world = World::new().await?;
    let calm = world.calm(BucketNames::plain());
    let (id, sent) = parts(calm.client()).await?;
    let aim = Aim { fault: Fault::LostAnswer, path: "/source/", conditional: false, times: AtomicUsize::new(1) };
    let weather = Weather::aimed(aim);
    let new = Condition::New;
    let done = complete(world.through(&weather).client(), "source", KEY, &id, sent.clone(), &new).await?;
    ensure!(matches!(done, Written::Stored(_)), "{done:?}");
    ensure!(weather.faults.load(Ordering::Relaxed) == 1, "the weather was fine");
    let there = calm.client().head_object().bucket("source").key(KEY).send().await?;
    ensure!(there.content_length == Some(5 * 1024 * 1024 + 1000));

    // Something else lies there: what was aborted is not done.
    let (id, mut sent) = parts(calm.client()).await?;
    let abort = calm.client().abort_multipart_upload().bucket("source").key(KEY).upload_id(&id);
    abort.send().await?;
    sent.pop();
    let always = Condition::Always;
    let error =
        complete(calm.client(), "source", KEY, &id, sent, &always).await.err().context("an upload that is gone")?;
    ensure!(format!("{error:#}").contains("NoSuchUpload"), "{error:#}");

    // Somebody else was first: theirs stays.
    let (id, mut sent) = parts(calm.client()).await?;
    sent.pop();
    let done = complete(calm.client(), "source", KEY, &id, sent, &Condition::New).await?;
    ensure!(done == Written::Overtaken, "{done:?}");
    let there = calm.client().head_object().bucket("source").key(KEY).send().await?;
    ensure!(there.content_length == Some(5 * 1024 * 1024 + 1000));
    Ok(())
}
