//! Moving in: exports, folders, and the ancestor's bucket.

use std::path::Path;

use crate::stage::OnAws;

/// What an import told, as JSON.
fn told(gallery: &OnAws, arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&gallery.run(arguments)).expect("one JSON object")
}

fn count(told: &serde_json::Value, what: &str) -> usize {
    told[what].as_array().unwrap_or_else(|| panic!("{what} in {told}")).len()
}

/// A dry run leaves the bucket alone, a run brings what the dry run said, and a second one nothing.
fn moves_in_once(gallery: &OnAws, arguments: &[&str], photos: &[&str]) -> serde_json::Value {
    let json = [arguments, &["--json"]].concat();
    let before = gallery.keys_in("source");
    let dry = told(gallery, &[arguments, &["--dry-run", "--json"]].concat());
    assert_eq!(gallery.keys_in("source"), before, "a dry run brings nothing");
    let first = told(gallery, &json);
    assert_eq!(first["failed"], serde_json::json!([]));
    for what in ["uploaded", "copied", "left_out"] {
        assert_eq!(dry[what], first[what], "{what}");
    }
    let after = gallery.keys_in("source");
    for photo in photos {
        assert!(after.contains(&(*photo).to_owned()), "{photo} is not in {after:?}");
    }
    let second = told(gallery, &json);
    assert_eq!((count(&second, "uploaded"), count(&second, "copied")), (0, 0), "{second}");
    assert_eq!(gallery.keys_in("source"), after);
    first
}

#[test]
fn an_export_and_a_folder_move_in() {
    use std::io::Write;
    let Some(gallery) = OnAws::new("moved-in") else { return };
    gallery.make_stack();
    let folder = gallery.folder.path();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(folder.join("takeout-001.zip")).unwrap());
    let notes = |title: &str, caption: &str| {
        serde_json::json!({ "title": title, "description": caption, "photoTakenTime": { "timestamp": "1563105600" } })
            .to_string()
            .into_bytes()
    };
    let long = "A very long name of a photo that Takeout cuts off at forty-six.jpg";
    let pages = [
        ("Photos from 2019/IMG_1.jpg".to_owned(), owner::sample::small(1, 320, 240)),
        ("Photos from 2019/IMG_1.jpg.json".to_owned(), notes("IMG_1.jpg", "On the pier")),
        ("Photos from 2019/IMG_1(1).jpg".to_owned(), owner::sample::small(2, 320, 240)),
        ("Photos from 2019/IMG_1.jpg(1).json".to_owned(), notes("IMG_1.jpg", "The other one")),
        ("Photos from 2019/IMG_1-edited.jpg".to_owned(), owner::sample::small(3, 320, 240)),
        ("京都/metadata.json".to_owned(), serde_json::json!({ "title": "京都" }).to_string().into_bytes()),
        (format!("京都/{long}"), owner::sample::small(4, 320, 240)),
        (format!("京都/{}.json", &long[..46]), notes(long, "おばあちゃんと")),
    ];
    for (path, bytes) in pages {
        zip.start_file(format!("Takeout/Google Photos/{path}"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    drop(zip.finish().unwrap());
    let first = moves_in_once(
        &gallery,
        &["import", "takeout", "takeout-001.zip"],
        &[&format!("Google Photos/京都/{long}"), "Google Photos/京都/metadata.yml"],
    );
    assert_eq!(count(&first, "uploaded"), 4, "{first}");
    let captions = |first: &serde_json::Value| -> u64 {
        first["captions"].as_object().unwrap().values().map(|one| one.as_u64().unwrap()).sum()
    };
    assert_eq!(captions(&first), 4, "the edited copy has its original's: {first}");

    let album = folder.join("Scans/Attic");
    std::fs::create_dir_all(&album).unwrap();
    std::fs::write(album.join("1.jpg"), owner::sample::small(5, 320, 240)).unwrap();
    std::fs::write(album.join("again.jpg"), owner::sample::small(5, 320, 240)).unwrap();
    let first =
        moves_in_once(&gallery, &["import", "folder", "Scans", "--to", "Family/Scans"], &["Family/Scans/Attic/1.jpg"]);
    assert_eq!(count(&first, "uploaded"), 1, "the same photo twice travels once: {first}");
}

#[test]
fn a_gallery_of_awspics_moves_in() {
    let Some(gallery) = OnAws::new("ancestor") else { return };
    gallery.make_stack();
    let old = "ancestor-pics";
    let client = gallery.client();
    let put = |key: &str, bytes: Vec<u8>| {
        let put = client.put_object().bucket(old).key(key).body(bytes.into());
        gallery.runtime.block_on(async { put.send().await.unwrap() });
    };
    gallery.runtime.block_on(async { client.create_bucket().bucket(old).send().await.unwrap() });
    // Collections on, collections off, a root-level stray, what it ignored, and words that cannot be read.
    put("family/pictures/Trips/Lisbon/1.jpg", owner::sample::small(1, 320, 240));
    put("family/pictures/Trips/Lisbon/2.jpeg", owner::sample::small(2, 320, 240));
    let heic = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/picture_heic/0-whole");
    put("family/pictures/Trips/Lisbon/3.HEIC", std::fs::read(heic).unwrap());
    put("family/pictures/Trips/Lisbon/metadata.yml", b"title: Lisbon\ncover_image: 1.jpg\n".to_vec());
    put("family/pictures/Flat/4.png", owner::sample::small(4, 320, 240));
    put("family/pictures/Flat/metadata.yml", b"title: [broken\n".to_vec());
    put("family/pictures/stray.jpg", owner::sample::small(5, 320, 240));
    put("family/pictures/Flat/.DS_Store", b"x".to_vec());
    put("elsewhere/6.jpg", b"not under the prefix".to_vec());
    let asked = ["migrate", "awspics", "--source", old, "--prefix", "family/pictures"];
    let photos =
        ["Trips/Lisbon/1.jpg", "Trips/Lisbon/2.jpeg", "Trips/Lisbon/3.HEIC", "Flat/4.png", "Unsorted/stray.jpg"];
    let first = moves_in_once(&gallery, &asked, &photos);
    let unread = first["unread"]["Flat/metadata.yml"].as_str().unwrap_or_default();
    assert!(unread.contains("line "), "{first}");
    assert!(gallery.keys_in("source").contains(&"Trips/Lisbon/metadata.yml".to_owned()));
    assert_eq!(count(&first, "left_out"), 1, "{first}");
    assert!(!gallery.keys_in("source").iter().any(|key| key.contains("elsewhere") || key.contains("DS_Store")));
    gallery.run(&["rebuild"]);
    // What it passed over is shown, and words that cannot be read cost an album none of its photos.
    for (album, photos) in [("Trips/Lisbon", &["1.jpg", "2.jpeg", "3.HEIC"][..]), ("Flat", &["4.png"])] {
        let page = gallery.page(album);
        for photo in photos {
            assert!(page.contains(photo), "{photo} is not on the page of {album}: {page}");
        }
    }
}
