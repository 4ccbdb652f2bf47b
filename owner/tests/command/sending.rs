//! Uploads.

use std::process::Output;

use crate::program::{Serving, refused, run, text};

/// The numbers that `upload --json` tells: uploaded, moved, unchanged, deleted, left out.
pub(crate) fn told(output: &Output) -> [usize; 5] {
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(output.status.success(), "{summary}");
    let count = |name: &str| summary[name].as_array().expect("a list").len();
    let unchanged = summary["unchanged"].as_u64().expect("a number");
    [count("uploaded"), count("moved"), unchanged as usize, count("deleted"), count("left_out")]
}

#[test]
fn uploads_send_what_is_not_there_and_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let photos = folder.path().join("Photos");
    let at = |name: &str| photos.join(name);
    std::fs::create_dir_all(at("Family/Lisbon & Porto")).unwrap();
    for (name, seed) in
        [("Family/1.jpg", 1), ("Family/Lisbon & Porto/2+2 ü.jpg", 2), ("Family/Lisbon & Porto/3.jpg", 3)]
    {
        std::fs::write(at(name), owner::sample::small(seed, 320, 240)).unwrap();
    }
    std::fs::write(at("Family/IMG_1.AAE"), b"x").unwrap();
    std::fs::write(at("Family/metadata.yml"), b"title: Us\n").unwrap();
    let upload = |more: &[&str]| run(folder.path(), &[&["upload", "Photos", "--json"], more].concat());

    assert_eq!(told(&upload(&["--dry-run"])), [4, 0, 0, 0, 1]);
    assert_eq!(told(&upload(&[])), [4, 0, 0, 0, 1]);
    assert_eq!(told(&upload(&[])), [0, 0, 4, 0, 1]);

    // A change of the same size is seen; a renamed file moves; what is gone stays, unless asked for.
    let mut changed = std::fs::read(at("Family/1.jpg")).unwrap();
    let last = changed.len() - 10;
    changed[last] ^= 1;
    std::fs::write(at("Family/1.jpg"), changed).unwrap();
    std::fs::rename(at("Family/Lisbon & Porto/2+2 ü.jpg"), at("Family/Lisbon & Porto/four #4.jpg")).unwrap();
    std::fs::remove_file(at("Family/Lisbon & Porto/3.jpg")).unwrap();
    std::fs::remove_file(at("Family/metadata.yml")).unwrap();
    let plan = text(&run(folder.path(), &["upload", "Photos", "--dry-run", "--delete"]).stdout);
    for line in [
        "upload  Family/1.jpg",
        "2+2 ü.jpg -> Family/Lisbon & Porto/four #4.jpg",
        "delete  Family/Lisbon & Porto/3.jpg",
    ] {
        assert!(plan.contains(line), "`{line}` is missing in: {plan}");
    }
    assert_eq!(told(&upload(&[])), [1, 1, 0, 0, 1]);
    assert_eq!(told(&upload(&["--delete"])), [0, 0, 2, 1, 1]);
    assert_eq!(told(&upload(&["--delete"])), [0, 0, 2, 0, 1], "the words about the album stay");

    // In parts, at a pace, into a folder of its own.
    let scenes: Vec<u8> = (0..40_000_000u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(folder.path().join("film.mov"), scenes).unwrap();
    let upload_film = ["upload", "film.mov", "--to", "Family/Films", "--json", "--limit", "400M"];
    assert_eq!(told(&run(folder.path(), &upload_film)), [1, 0, 0, 0, 0]);
    assert_eq!(told(&run(folder.path(), &upload_film)), [0, 0, 1, 0, 0], "known by the ETag of its parts");

    refused(&run(folder.path(), &["upload", "film.mov"]), &["film.mov", "--to"]);
    refused(&run(folder.path(), &["upload", "nothing-here"]), &["nothing-here"]);
    assert!(serving.interrupt());
    // A gallery that rests takes uploads as well.
    assert_eq!(told(&run(folder.path(), &upload_film)), [0, 0, 1, 0, 0]);
}

/// An upload in parts that was cut off goes on: the upload that is open is finished, with the part that had arrived.
#[test]
fn a_large_file_goes_on_where_it_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let data = folder.path().join("heirloom-data");
    let keys = local::machine::Settings::new(&data).credentials().unwrap();
    let url = format!("http://{}", local::machine::Running::on(&data).unwrap().s3);
    let client =
        gallery::store::at(&gallery::store::Endpoint { url, access_key: keys.access_key, secret_key: keys.secret_key });
    let film: Vec<u8> = (0..40_000_000u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(folder.path().join("film.mov"), &film).unwrap();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let part = film[..16 << 20].to_vec();
    let key = "Family/film.mov";
    runtime.block_on(async {
        let begun = client.create_multipart_upload().bucket("source").key(key).send().await.unwrap();
        let id = begun.upload_id.unwrap();
        let put = client.upload_part().bucket("source").key(key).upload_id(id).part_number(1);
        put.body(part.into()).send().await.unwrap();
    });
    assert_eq!(told(&run(folder.path(), &["upload", "film.mov", "--to", "Family", "--json"])), [1, 0, 0, 0, 0]);
    runtime.block_on(async {
        let open = client.list_multipart_uploads().bucket("source").send().await.unwrap();
        assert!(open.uploads().is_empty(), "no second upload was begun beside the first");
        let stored = client.get_object().bucket("source").key(key).send().await.unwrap();
        assert_eq!(stored.body.collect().await.unwrap().to_vec(), film);
    });
    assert!(serving.interrupt());
}

/// Folders in folders in folders: what no album can hold stays where it is and is named, and the rest is sent.
#[test]
fn what_lies_too_deep_is_left_out_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let photos = folder.path().join("Photos/Family");
    for depth in [0, 12, 13, 200] {
        let album = (0..depth).fold(photos.clone(), |path, number| path.join(format!("{number}")));
        std::fs::create_dir_all(&album).unwrap();
        std::fs::write(album.join("1.jpg"), owner::sample::small(depth, 64, 48)).unwrap();
    }
    let output = run(folder.path(), &["upload", "Photos", "--json"]);
    assert_eq!(told(&output), [2, 0, 0, 0, 2]);
    let summary = text(&output.stdout);
    assert!(summary.contains("more than 13 folders deep") && summary.contains("an album 13 at most"), "{summary}");
    let plain = text(&run(folder.path(), &["upload", "Photos"]).stdout);
    assert!(plain.contains("left out: ") && plain.lines().all(|line| line.len() < 300), "{plain}");
    // A folder for each month is one more.
    let by_month = ["upload", "Photos", "--album-by", "month", "--dry-run", "--json"];
    assert_eq!(told(&run(folder.path(), &by_month))[4], 3);
    assert!(serving.interrupt());
}

/// A disk that is not there, or an empty folder by mistake, is no wish to have nothing.
#[test]
fn a_folder_without_a_photo_deletes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path());
    let photos = folder.path().join("Photos");
    for (name, seed) in [("Family/Lisbon/1.jpg", 1), ("Family/Porto/2.jpg", 2), ("Garden/3.jpg", 3)] {
        std::fs::create_dir_all(photos.join(name).parent().unwrap()).unwrap();
        std::fs::write(photos.join(name), owner::sample::small(seed, 64, 48)).unwrap();
    }
    assert_eq!(told(&run(folder.path(), &["upload", "Photos", "--json"])), [3, 0, 0, 0, 0]);
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let words = ["disk` holds no photo", "2 files from `Family`", "S3 client"];
    refused(&run(folder.path(), &["upload", "disk", "--to", "Family", "--delete"]), &words);
    refused(&run(folder.path(), &["upload", "disk", "--to", "Family", "--delete", "--dry-run"]), &words);
    // One of two, and a collection's own folder.
    refused(&run(folder.path(), &["upload", "Photos/Family", "disk", "--to", "Garden", "--delete"]), &["disk` holds"]);
    std::fs::rename(photos.join("Garden/3.jpg"), disk.join("3.jpg")).unwrap();
    refused(&run(folder.path(), &["upload", "Photos", "--delete"]), &["Photos/Garden` holds", "1 file from `Garden`"]);
    std::fs::rename(disk.join("3.jpg"), photos.join("Garden/3.jpg")).unwrap();
    assert_eq!(told(&run(folder.path(), &["upload", "Photos", "--json"])), [0, 0, 3, 0, 0], "nothing was removed");
    // An album that is empty is believed, and where the gallery has nothing either nothing is asked.
    std::fs::remove_file(photos.join("Family/Porto/2.jpg")).unwrap();
    assert_eq!(told(&run(folder.path(), &["upload", "Photos", "--delete", "--json"])), [0, 0, 2, 1, 0]);
    assert_eq!(told(&run(folder.path(), &["upload", "disk", "--to", "Kin", "--delete", "--json"])), [0, 0, 0, 0, 0]);
    assert!(serving.interrupt());
}
