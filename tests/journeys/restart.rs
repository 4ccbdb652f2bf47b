//! Stopping and starting again goes on where it stopped.

use anyhow::Result;
use gallery::Scope;
use gallery::keys::BUCKETS;
use heirloom_tests::Home;

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_there_after_a_restart_sessions_included() -> Result<()> {
    let mut home = Home::start().await?;
    let mut gerda = home.viewer("gerda", Scope::All).await?;
    home.upload_photo("Family/a.jpg", 1).await?;
    home.settled().await?;
    let page = gerda.page("/albums/Family/").await?;
    let mut before = Vec::new();
    for bucket in BUCKETS {
        before.push(home.store().list(bucket, "").all().await?);
    }

    home.restart().await?;
    home.settled().await?;
    let mut after = Vec::new();
    for bucket in BUCKETS {
        after.push(home.store().list(bucket, "").all().await?);
    }
    assert_eq!(before, after, "a restart writes nothing");
    let cookie = gerda.cookie.take();
    gerda = home.stranger();
    gerda.cookie = cookie;
    assert_eq!(gerda.page("/albums/Family/").await?, page);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_that_were_waiting_at_the_stop_are_shown_after_the_start() -> Result<()> {
    let mut home = Home::start().await?;
    for seed in 0..8 {
        home.upload_photo(&format!("Family/{seed}.jpg"), seed).await?;
    }
    home.restart().await?;
    home.settled().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    let page = gerda.page("/albums/Family/").await?;
    assert_eq!(heirloom_tests::attributes(&page, "src", "/pics/").len(), 8);
    Ok(())
}
