//! Copies, proofs and a folder that is looked after: the real program against a gallery in an empty folder.

mod scene;

use std::fs;
use std::path::{Path, PathBuf};

use gallery::keys::Bucket;
use scene::{Serving, count, done, files, fill, refused, run, text, told, write};
use serde_json::Value;

#[test]
fn a_copy_is_plain_whole_and_grows_by_what_is_new() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    let plan = done(folder, &["backup", "copy", "--dry-run"]);
    assert!(plan.contains("copy    Family/1.jpg") && !folder.join("copy").exists(), "{plan}");

    let first = told(folder, &["backup", "copy", "--json"]);
    assert_eq!((count(&first, "copied"), first["people"].as_u64()), (4, Some(1)), "{first}");
    let copy = folder.join("copy");
    let original = fs::read(folder.join("Photos/Family/Lisbon & Porto/2+2 ü.jpg")).unwrap();
    assert_eq!(fs::read(copy.join("originals/Family/Lisbon & Porto/2+2 ü.jpg")).unwrap(), original);
    assert_eq!(fs::read(copy.join("originals/Family/metadata.yml")).unwrap(), b"title: Us # all of us\n");
    let people = fs::read_to_string(copy.join("people.json")).unwrap();
    assert!(people.contains("users/tom.json") && people.contains("$argon2id$"), "{people}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(copy.join("people.json")).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // What a stranger to Heirloom would do in ten years.
    let mut sums = std::process::Command::new("sha256sum");
    assert!(sums.args(["--check", "--quiet", "SHA256SUMS"]).current_dir(&copy).status().unwrap().success());

    let again = told(folder, &["backup", "copy", "--json"]);
    assert_eq!((count(&again, "copied"), again["unchanged"].as_u64()), (0, Some(4)), "{again}");

    // One is renamed, one replaced, one deleted.
    let photos = folder.join("Photos");
    fs::rename(photos.join("Garden/3.jpg"), photos.join("Garden/three.jpg")).unwrap();
    write(&photos.join("Family/1.jpg"), owner::sample::small(9, 320, 240));
    fs::remove_file(photos.join("Family/Lisbon & Porto/2+2 ü.jpg")).unwrap();
    done(folder, &["upload", "Photos", "--delete"]);
    let third = told(folder, &["backup", "copy", "--json"]);
    assert_eq!((count(&third, "copied"), count(&third, "moved"), count(&third, "earlier")), (1, 1, 2), "{third}");
    let kept = files(&copy);
    assert!(kept.contains(&"originals/Garden/three.jpg".to_owned()), "{kept:?}");
    assert_eq!(kept.iter().filter(|file| file.starts_with("earlier/")).count(), 2, "{kept:?}");
    assert!(!copy.join("originals/Family/Lisbon & Porto").exists(), "no empty folders stay");

    // Damage on the disk is found and mended; what a dead backup left without a record is taken in as it is.
    write(&copy.join("originals/Garden/three.jpg"), "rotten");
    let mended = run(folder, &["backup", "copy", "--check", "--json"]);
    assert!(text(&mended.stderr).contains("Garden/three.jpg"), "{}", text(&mended.stderr));
    assert_eq!(count(&serde_json::from_slice(&mended.stdout).unwrap(), "copied"), 1);
    fs::remove_file(copy.join("manifest.json")).unwrap();
    assert_eq!(count(&told(folder, &["backup", "copy", "--json"]), "copied"), 3);
    assert!(run(folder, &["backup", "copy", "--delete"]).status.success());
    assert!(!copy.join("earlier").exists());
}

/// A file in which the gallery keeps bytes of this length.
fn stored(folder: &Path, length: usize) -> PathBuf {
    let data = folder.join("heirloom-data");
    let mut all = files(&data).into_iter().map(|file| data.join(file));
    all.find(|file| fs::metadata(file).unwrap().len() == length as u64).expect("it has a file of its own")
}

#[test]
fn nothing_leaves_a_copy_before_everything_new_is_there() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    done(folder, &["backup", "copy"]);
    let photos = folder.join("Photos");
    let [first, second, third] = [1, 9, 10].map(|seed| owner::sample::small(seed, 320, 240));
    write(&photos.join("Family/1.jpg"), &second);
    write(&photos.join("Garden/4.jpg"), owner::sample::small(4, 320, 240));
    done(folder, &["upload", "Photos"]);
    done(folder, &["backup", "copy"]);
    // One is replaced, one deleted, and what is new cannot be had.
    write(&photos.join("Family/1.jpg"), &third);
    fs::remove_file(photos.join("Garden/3.jpg")).unwrap();
    let film: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    write(&photos.join("Family/film.mov"), &film);
    done(folder, &["upload", "Photos", "--delete"]);
    let stored = stored(folder, film.len());
    let mut damaged = film.clone();
    damaged[2_000_000] ^= 1;
    fs::write(&stored, damaged).unwrap();

    let copy = folder.join("copy");
    let kept = || -> Vec<Vec<u8>> { files(&copy).iter().map(|file| fs::read(copy.join(file)).unwrap()).collect() };
    let output = run(folder, &["backup", "copy", "--delete"]);
    assert!(!output.status.success() && text(&output.stderr).contains("film.mov"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("Nothing was deleted"), "{}", text(&output.stdout));
    let there = kept();
    for (bytes, which) in [(&first, "first"), (&second, "second"), (&third, "third")] {
        assert!(there.contains(bytes), "the {which} version is there");
    }
    assert!(there.contains(&owner::sample::small(3, 320, 240)), "what was deleted is there");

    fs::write(&stored, &film).unwrap();
    let second_try = told(folder, &["backup", "copy", "--delete", "--json"]);
    assert_eq!((count(&second_try, "copied"), &second_try["removed"]), (1, &Value::Bool(true)), "{second_try}");
    assert!(!copy.join("earlier").exists());
    let there = kept();
    assert!(there.contains(&third) && there.contains(&film) && !there.contains(&second), "{:?}", files(&copy));
}

#[test]
fn a_gallery_that_lost_its_photos_takes_nothing_from_the_copy() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    done(folder, &["backup", "copy"]);
    let before = files(&folder.join("copy"));
    // The disk is away, and an empty gallery was made where it should be.
    fs::rename(folder.join("heirloom-data"), folder.join("away")).unwrap();
    Serving::start(folder).stop();
    for arguments in [&["backup", "copy", "--delete"][..], &["backup", "copy", "--delete", "--check", "--dry-run"]] {
        refused(folder, arguments, &["no photo at all", "`copy`", "removed nothing", "disk"]);
    }
    // Another gallery.
    write(&folder.join("Other/Garden/4.jpg"), owner::sample::small(4, 320, 240));
    done(folder, &["upload", "Other"]);
    refused(folder, &["backup", "copy", "--delete"], &["3 of the 3 originals", "once without `--delete`"]);
    assert_eq!(files(&folder.join("copy")), before);

    // Whoever means it says so.
    done(folder, &["backup", "copy"]);
    done(folder, &["backup", "copy", "--delete"]);
    let left = files(&folder.join("copy/originals"));
    assert_eq!((left, folder.join("copy/earlier").exists()), (vec!["Garden/4.jpg".to_owned()], false));
}

#[test]
fn a_damaged_file_stays_until_the_right_one_is_there() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    done(folder, &["backup", "copy"]);
    let copy = folder.join("copy");
    let (kept, gone) = (copy.join("originals/Family/1.jpg"), copy.join("originals/Garden/3.jpg"));
    let rotten = |file: &Path| {
        let mut bytes = fs::read(file).unwrap();
        bytes[500] ^= 1;
        fs::write(file, &bytes).unwrap();
        bytes
    };
    // Until the right one is fetched, the damaged one is better than none.
    let damaged = rotten(&kept);
    done(folder, &["backup", "copy", "--check", "--dry-run"]);
    assert_eq!(fs::read(&kept).unwrap(), damaged);
    assert!(done(folder, &["backup", "copy", "--check"]).starts_with("1 copied"));
    assert_eq!(fs::read(&kept).unwrap(), owner::sample::small(1, 320, 240));

    // The gallery has this one no more.
    let damaged = rotten(&gone);
    fs::remove_file(folder.join("Photos/Garden/3.jpg")).unwrap();
    write(&folder.join("Photos/Garden/4.jpg"), owner::sample::small(4, 320, 240));
    done(folder, &["upload", "Photos", "--delete"]);
    let said = refused(folder, &["backup", "copy", "--check", "--delete"], &["Garden/3.jpg", "damaged", "earlier/"]);
    let (_, file) = said.split_once("kept as `").unwrap();
    assert_eq!(fs::read(copy.join(file.split_once('`').unwrap().0)).unwrap(), damaged);
}

/// Reading this process's memory at its beginning is an error of the kind that a bad disk gives.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_read_is_told_and_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    done(folder, &["backup", "copy"]);
    let file = folder.join("copy/originals/Garden/3.jpg");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/proc/self/mem", &file).unwrap();
    refused(folder, &["backup", "copy", "--check", "--delete"], &["Garden/3.jpg", "cannot read"]);
    assert!(file.is_symlink(), "it was touched");
}

#[test]
fn a_gallery_rises_again_from_its_copy() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    done(folder, &["backup", "copy"]);
    let elsewhere = ["--data", "another"];
    let restore = |more: &[&str]| told(folder, &[&["restore", "copy", "--json"], &elsewhere[..], more].concat());
    let plan = restore(&["--dry-run"]);
    assert_eq!((count(&plan, "restored"), count(&plan, "people")), (4, 1), "{plan}");
    let back = restore(&[]);
    assert_eq!((count(&back, "restored"), count(&back, "people")), (4, 1), "{back}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.join("another")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "the keys and the hashes in it are nobody else's");
    }
    let again = restore(&[]);
    assert_eq!((count(&again, "restored"), again["unchanged"].as_u64(), count(&again, "people")), (0, Some(4), 0));
    let listed = done(folder, &["user", "list", "--data", "another"]);
    assert!(listed.contains("tom") && listed.contains("Family"), "{listed}");
    assert!(done(folder, &["rebuild", "--data", "another"]).contains("3 made again"));
    done(folder, &["verify", "--data", "another"]);

    // What the gallery has otherwise stays, until it is asked to give way.
    write(&folder.join("Other/Family/1.jpg"), owner::sample::small(7, 320, 240));
    write(&folder.join("Other/Family/4.jpg"), owner::sample::small(8, 320, 240));
    done(folder, &["upload", "Other", "--data", "another"]);
    done(folder, &["user", "scope", "tom", "--everything", "--data", "another"]);
    let left = restore(&[]);
    assert_eq!((count(&left, "differing"), count(&left, "people_differing"), count(&left, "deleted")), (1, 1, 0));
    let given = restore(&["--overwrite", "--delete"]);
    assert_eq!((count(&given, "restored"), count(&given, "people"), count(&given, "deleted")), (1, 1, 1), "{given}");
    done(folder, &["backup", "twin", "--data", "another"]);
    let originals = |copy: &str| files(&folder.join(copy).join("originals"));
    assert_eq!(originals("copy"), originals("twin"));

    // What no backup went through to its end removes nothing.
    let manifest = folder.join("copy/manifest.json");
    let whole = fs::read(&manifest).unwrap();
    let mut begun: Value = serde_json::from_slice(&whole).unwrap();
    assert!(begun.as_object_mut().unwrap().remove("finished").is_some());
    write(&manifest, begun.to_string());
    refused(folder, &["restore", "copy", "--delete", "--data", "another"], &["heirloom backup copy", "--delete"]);
    begun["finished"] = "2026-01-01T00:00:00Z".into();
    begun["files"] = serde_json::json!({});
    write(&manifest, begun.to_string());
    refused(folder, &["restore", "copy", "--delete", "--data", "another"], &["no original", "--delete"]);
    write(&manifest, &whole);

    // A file that rotted is told and not sent; a folder that is no copy is refused.
    write(&folder.join("copy/originals/Garden/3.jpg"), "rotten");
    let said = refused(folder, &["restore", "copy", "--data", "third"], &["Garden/3.jpg", "damaged", "--check"]);
    assert!(!said.contains("1.jpg"), "{said}");
    refused(folder, &["restore", "Photos"], &["Photos", "heirloom upload Photos"]);
    refused(folder, &["restore", "nothing"], &["nothing"]);

    // Without a record there are still the photos.
    write(&manifest, "{");
    let photos = ["manifest.json", "heirloom upload copy/originals`"];
    refused(folder, &["restore", "copy", "--data", "third"], &photos);
    refused(folder, &["backup", "copy"], &["manifest.json", "move it away"]);
    fs::remove_file(&manifest).unwrap();
    refused(folder, &["restore", "copy", "--data", "third"], &photos);
}

#[test]
fn what_is_wrong_is_found_and_mended() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    done(folder, &["rebuild"]);
    let well = told(folder, &["verify", "--json"]);
    assert_eq!((well["originals"].as_u64(), well["facts"].as_u64(), count(&well, "findings")), (Some(3), Some(3), 0));
    assert!(well["pages"].as_u64() > Some(3) && well["renditions"].as_u64() >= Some(6), "{well}");

    // Behind the gallery's back, while it rests, so that nothing mends it by itself.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let data = folder.join("heirloom-data");
    let gone = gallery::PhotoId::of_key("Family/gone.jpg");
    runtime.block_on(async {
        let resting = local::machine::Resting::open(&local::machine::Settings::new(&data)).await.unwrap();
        let store = resting.store();
        let pics = store.list(Bucket::Resized, "pics/Family/").all().await.unwrap();
        let put = |bucket: Bucket, key: String, bytes: Vec<u8>| {
            store.client().put_object().bucket(store.name(bucket)).key(key).body(bytes.into()).send()
        };
        // A rendition with other bytes of the same length, one that is missing, one of nobody.
        put(Bucket::Resized, pics[0].path.clone(), vec![0; pics[0].bytes as usize]).await.unwrap();
        store.remove_path(Bucket::Resized, &pics[1].path).await.unwrap();
        put(Bucket::Resized, format!("pics/Family/{gone}/00ff00ff00ff00ff-360.jpg"), vec![1; 9]).await.unwrap();
        // Pages that speak of a photo that is gone: one that the gallery has, and one that it has not.
        let page = store.read_path(Bucket::Web, "albums/Family/index.html").await.unwrap().unwrap();
        let told = [page.bytes.as_ref(), format!("<img src=/pics/Family/{gone}/x>").as_bytes()].concat();
        put(Bucket::Web, "albums/Family/index.html".into(), told.clone()).await.unwrap();
        put(Bucket::Web, "albums/Former/index.html".into(), told).await.unwrap();
        resting.close().await;
    });
    let output = run(folder, &["verify", "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let wrong: Value = serde_json::from_slice(&output.stdout).unwrap();
    let kinds = |kind: &str| wrong["findings"].as_array().unwrap().iter().filter(|f| f["kind"] == kind).count();
    // The page is damaged, and it speaks of what is gone; the former album's is of no album, and speaks of it as well.
    assert_eq!((kinds("damaged"), kinds("missing"), kinds("left-over")), (2, 1, 4), "{wrong}");
    refused(folder, &["verify", "--quick"], &["wrong"]);
    let mended = done(folder, &["verify", "--repair"]);
    assert!(mended.contains("All is well") && mended.contains("mended"), "{mended}");
    assert!(done(folder, &["verify"]).contains("All is well"));
}

#[test]
fn a_damaged_original_comes_back_from_the_copy() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    // Large enough to lie in a file of its own.
    let film: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    write(&folder.join("film.mov"), &film);
    done(folder, &["upload", "film.mov", "--to", "Family"]);
    done(folder, &["rebuild"]);
    done(folder, &["backup", "copy"]);
    done(folder, &["verify"]);
    let stored = stored(folder, film.len());
    let mut bytes = fs::read(&stored).unwrap();
    bytes[2_000_000] ^= 1;
    fs::write(&stored, bytes).unwrap();
    let output = run(folder, &["verify"]);
    assert!(!output.status.success());
    let said = text(&output.stdout);
    assert!(said.contains("source/Family/film.mov") && said.contains("heirloom restore"), "{said}");
    // No backup takes the damaged one for the good one.
    refused(folder, &["backup", "other"], &["Family/film.mov"]);
    // Its listing is as before, so that it takes the word that asks for the copy's.
    let left = told(folder, &["restore", "copy", "--json"]);
    assert_eq!((count(&left, "restored"), left["unchanged"].as_u64()), (0, Some(5)), "{left}");
    let mended = told(folder, &["restore", "copy", "--overwrite", "--json"]);
    assert_eq!(mended["restored"], serde_json::json!(["Family/film.mov"]), "{mended}");
    done(folder, &["rebuild"]);
    done(folder, &["verify"]);
    done(folder, &["backup", "other"]);
    assert_eq!(fs::read(folder.join("other/originals/Family/film.mov")).unwrap(), film);
}

#[test]
fn an_album_alone_is_made_again() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    let made = told(folder, &["rebuild", "Family", "--json"]);
    assert_eq!((made["photos"]["rendered"].as_u64(), made["albums"]["all"].as_u64()), (Some(2), Some(2)), "{made}");
    assert_eq!(told(folder, &["rebuild", "--all", "--json"])["photos"]["rendered"].as_u64(), Some(1));
    refused(folder, &["rebuild", "Nowhere"], &["Nowhere", "album list"]);
}
