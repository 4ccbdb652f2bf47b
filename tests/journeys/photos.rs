//! A photo's life: it appears, changes and goes; so do the words about it.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use gallery::Scope;
use gallery::keys::Bucket;
use heirloom_tests::{Home, attributes};
use reqwest::StatusCode;

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_photo_appears_on_its_page_and_on_the_way_there() -> Result<()> {
    let home = Home::start().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    home.upload_photo("Family/Lisbon 2024/Day 1/IMG_1.jpg", 1).await?;
    home.settled().await?;

    assert!(gerda.page("/").await?.contains("href=\"/albums/Family/\""));
    assert!(gerda.page("/albums/Family/").await?.contains("href=\"/albums/Family/Lisbon_2024/\""));
    assert!(gerda.page("/albums/Family/Lisbon_2024/").await?.contains("href=\"/albums/Family/Lisbon_2024/Day_1/\""));
    let album = gerda.page("/albums/Family/Lisbon_2024/Day_1/").await?;
    let pictures = attributes(&album, "src", "/pics/Family/");
    assert_eq!(pictures.len(), 1, "{album}");
    let picture = gerda.fetch(pictures[0]).await?;
    assert_eq!(picture.status(), StatusCode::OK);
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    assert!(picture.bytes().await?.starts_with(&[0xff, 0xd8]));
    let original = gerda.fetch("/originals/Family/Lisbon%202024/Day%201/IMG_1.jpg").await?;
    assert_eq!(original.bytes().await?, owner::sample::small(1, 640, 480));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_photo_changes_and_leaves_nothing_of_the_old_one() -> Result<()> {
    let home = Home::start().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    home.upload_photo("Family/a.jpg", 1).await?;
    home.settled().await?;
    let before = home.keys(Bucket::Resized).await?;
    let old = gerda.page("/albums/Family/").await?;

    home.upload_photo("Family/a.jpg", 2).await?;
    home.settled().await?;
    let after = home.keys_when(Bucket::Resized, before.len()).await?;
    let new = gerda.page("/albums/Family/").await?;

    assert_eq!(before.len(), after.len(), "{before:?} {after:?}");
    assert_eq!(before.iter().filter(|key| after.contains(key)).count(), 1, "only the facts keep their key");
    assert_ne!(attributes(&old, "src", "/pics/"), attributes(&new, "src", "/pics/"));
    let gone = attributes(&old, "src", "/pics/")[0];
    assert_eq!(gerda.fetch(gone).await?.status(), StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_names_is_there_while_its_photos_are_replaced() -> Result<()> {
    let mut home = Home::start().await?;
    let photos = ["Family/a.jpg", "Family/Beach/b.jpg", "Family/Beach/c.jpg"];
    for (seed, photo) in (0..).zip(photos) {
        home.upload_photo(photo, seed).await?;
    }
    home.settled().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    let replacing = async {
        for seed in 10..30 {
            home.upload_photo(photos[seed as usize % photos.len()], seed).await?;
            tokio::time::sleep(std::time::Duration::from_millis(120)).await;
        }
        anyhow::Ok(())
    };
    let over = AtomicBool::new(false);
    let replacing = async {
        let done = replacing.await;
        over.store(true, Ordering::Relaxed);
        done
    };
    let looking = async {
        let mut looked = 0;
        while !over.load(Ordering::Relaxed) {
            for path in ["/", "/albums/Family/", "/albums/Family/Beach/"] {
                let page = gerda.page(path).await?;
                for picture in attributes(&page, "src", "/pics/") {
                    looked += 1;
                    if gerda.fetch(picture).await?.status() != StatusCode::OK {
                        // It may go as soon as the page is another.
                        assert_ne!(gerda.page(path).await?, page, "{path} names {picture}, which is gone");
                    }
                }
            }
        }
        anyhow::Ok(looked)
    };
    let (replaced, looked) = futures::join!(replacing, looking);
    replaced?;
    assert!(looked? > 50, "there was hardly time to look");
    // Some of the replaced are noted and not cleared away yet: a stop forgets them, and the next start finds them.
    home.restart().await?;
    home.settled().await?;
    let mut promised: Vec<String> = home.keys(Bucket::Resized).await?;
    promised.retain(|key| key.starts_with("facts/"));
    for facts in promised.clone() {
        let facts = home.store().read_path(Bucket::Resized, &facts).await?.expect("just listed");
        promised.extend(gallery::Facts::from_json(&facts.bytes)?.rendition_keys().iter().map(gallery::Key::path));
    }
    promised.sort();
    let left = home.keys_when(Bucket::Resized, promised.len()).await?;
    assert_eq!(left, promised, "nothing of the replaced is left");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_photo_is_gone_from_every_bucket_and_page() -> Result<()> {
    let home = Home::start().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    home.upload_photo("Family/Beach/a.jpg", 1).await?;
    home.upload_photo("Garden/b.jpg", 2).await?;
    home.settled().await?;
    assert!(gerda.page("/").await?.contains("/albums/Family/"));

    home.remove("Family/Beach/a.jpg").await?;
    home.settled().await?;

    assert_eq!(home.keys_with("Family").await?, Vec::<String>::new());
    let page = gerda.page("/").await?;
    assert!(!page.contains("Family") && page.contains("/albums/Garden/"), "{page}");
    assert_eq!(gerda.visit("/albums/Family/").await?.status(), StatusCode::NOT_FOUND);
    assert_eq!(gerda.visit("/albums/Family/Beach/").await?.status(), StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn edited_metadata_changes_the_page_and_a_broken_one_changes_nothing() -> Result<()> {
    let home = Home::start().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    home.upload_photo("Family/Beach/a.jpg", 1).await?;
    home.upload("Family/Beach/metadata.yml", "title: 'Sand & <sea>'\ncaptions:\n  a.jpg: Our castle\n").await?;
    home.settled().await?;
    let page = gerda.page("/albums/Family/Beach/").await?;
    assert!(page.contains("Sand &amp; &lt;sea&gt;") && page.contains("Our castle"), "{page}");
    assert!(gerda.page("/albums/Family/").await?.contains("Sand &amp; &lt;sea&gt;"));

    home.upload("Family/Beach/metadata.yml", "title: [unclosed\n").await?;
    home.settled().await?;
    assert!(gerda.page("/albums/Family/Beach/").await?.contains("Sand &amp; &lt;sea&gt;"));

    home.remove("Family/Beach/metadata.yml").await?;
    home.settled().await?;
    let page = gerda.page("/albums/Family/Beach/").await?;
    assert!(page.contains("Beach") && !page.contains("Sand"), "{page}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_photo_is_told_and_harms_nothing() -> Result<()> {
    let home = Home::start().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    let photo = owner::sample::small(1, 640, 480);
    home.upload("Family/good.jpg", photo.clone()).await?;
    home.upload("Family/notes.jpg", "not a picture at all").await?;
    // Half of a photo is shown as far as it goes; a header alone is none.
    home.upload("Family/half.jpg", photo[..photo.len() / 2].to_vec()).await?;
    home.upload("Family/header.jpg", photo[..photo.len() / 40].to_vec()).await?;
    home.upload("stray.jpg", photo).await?;
    home.upload(".DS_Store", "x").await?;
    home.settled().await?;

    assert_eq!(attributes(&gerda.page("/albums/Family/").await?, "src", "/pics/").len(), 2);
    let mut rejected = Vec::new();
    for key in home.keys(Bucket::Resized).await?.iter().filter(|key| key.starts_with("facts/")) {
        let facts = home.store().read_path(Bucket::Resized, key).await?.expect("just listed");
        let facts = gallery::Facts::from_json(&facts.bytes)?;
        if let gallery::Outcome::Rejected { reason } = facts.outcome {
            assert!(reason.len() > 10, "{reason}");
            rejected.push(facts.source);
        }
    }
    rejected.sort();
    assert_eq!(rejected, ["Family/header.jpg", "Family/notes.jpg", "stray.jpg"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_arrive_unharmed() -> Result<()> {
    let home = Home::start().await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    let names = ["Märchen & Wald/100% #1?.jpg", "日本/京都 🎂/a+b \"c\".jpg", "a_b/it's <b>.jpg"];
    for (seed, key) in names.into_iter().enumerate() {
        home.upload_photo(key, seed as u64).await?;
    }
    home.settled().await?;
    let page = gerda.page("/").await?;
    let collections = attributes(&page, "href", "/albums/");
    assert!(page.contains("Märchen &amp; Wald") && page.contains("日本"), "{page}");
    let mut originals = 0;
    for path in collections {
        let album = gerda.page(path).await?;
        let mut pages = vec![album.clone()];
        for deeper in attributes(&album, "href", path).into_iter().filter(|deeper| *deeper != path) {
            pages.push(gerda.page(deeper).await?);
        }
        for page in &pages {
            for original in attributes(page, "href", "/originals/") {
                assert_eq!(gerda.fetch(original).await?.status(), StatusCode::OK, "{original}");
                originals += 1;
            }
        }
    }
    assert!(originals >= names.len(), "{originals} originals are linked");
    Ok(())
}
