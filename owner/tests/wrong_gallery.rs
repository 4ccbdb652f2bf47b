//! Copies of a gallery that is not the one which was meant, and into one: the real program in an empty folder.

mod scene;

use std::fs;

use scene::{Serving, count, done, files, fill, refused, told, write};

/// The disk is away, and a gallery with nothing in it was made where it should be.
#[test]
fn a_gallery_without_viewers_takes_none_from_the_copy() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    done(folder, &["user", "add", "anna", "--collections", "Garden"]);
    done(folder, &["backup", "copy"]);
    let copy = folder.join("copy");
    let people = || fs::read_to_string(copy.join("people.json")).unwrap();
    let put_away = || -> Vec<String> {
        let all = files(&copy).into_iter();
        all.filter(|file| file.starts_with("earlier/") && file.ends_with("/people.json")).collect()
    };
    // A viewer who was let in otherwise, or removed, is kept in `earlier`; one who is as before is not.
    done(folder, &["backup", "copy"]);
    assert_eq!(put_away(), Vec::<String>::new());
    let before = people();
    done(folder, &["user", "remove", "anna"]);
    done(folder, &["backup", "copy"]);
    assert!(people().contains("users/tom.json") && !people().contains("users/anna.json"), "{}", people());
    let kept = copy.join(&put_away()[0]);
    assert_eq!(fs::read_to_string(&kept).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(fs::read_to_string(copy.join("SHA256SUMS")).unwrap().contains("/people.json"));

    fs::rename(folder.join("heirloom-data"), folder.join("away")).unwrap();
    Serving::start(folder).stop();
    let before = people();
    let said = done(folder, &["backup", "copy"]);
    assert!(said.contains("no viewers") && said.contains("`--delete`") && said.contains("1 viewer."), "{said}");
    assert_eq!((people(), put_away().len()), (before, 1));
    // What is left of the originals is told, and how to have it.
    let words = ["holds no original", "`heirloom upload \"copy/earlier/"];
    let said = refused(folder, &["restore", "copy", "--data", "another"], &words);
    assert!(done(folder, &["user", "list", "--data", "another"]).contains("tom"));
    let last = said.split('"').nth(1).unwrap();
    let sent = told(folder, &["upload", last, "--data", "another", "--json"]);
    assert_eq!((count(&sent, "uploaded"), count(&sent, "left_out")), (4, 0), "{sent}");

    // Whoever means it says so.
    write(&folder.join("Other/Garden/4.jpg"), owner::sample::small(4, 320, 240));
    done(folder, &["upload", "Other"]);
    done(folder, &["backup", "copy"]);
    assert!(people().contains("users/tom.json"));
    done(folder, &["backup", "copy", "--delete"]);
    assert!(!people().contains("users/tom.json") && !copy.join("earlier").exists(), "{}", people());
}

#[test]
fn no_copy_is_made_in_the_gallery_itself() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    Serving::start(folder).stop();
    let before = files(&folder.join("heirloom-data"));
    fs::create_dir(folder.join("nothing")).unwrap();
    for inside in ["heirloom-data", "heirloom-data/copy", "heirloom-data/new/copy", "nothing/../heirloom-data/copy"] {
        refused(folder, &["backup", inside], &["lies in the gallery's own folder", "elsewhere"]);
    }
    assert_eq!(files(&folder.join("heirloom-data")), before);
    assert!(!folder.join("heirloom-data/new").exists());
    done(folder, &["backup", "heirloom-data-copy"]);
}
