//! Keys for what lies in folders.

use super::*;

fn tree(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("Holidays");
    for file in files {
        let file = root.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, b"x").unwrap();
    }
    (folder, root)
}

fn keys(findings: &Findings) -> Vec<&str> {
    findings.files.iter().map(|found| found.key.as_str()).collect()
}

#[test]
fn a_folder_s_files_get_their_keys() {
    let files =
        ["a.jpg", "Lisbon/b.jpg", "Lisbon/Day 1/ü.jpg", "Lisbon/.hidden", ".cache/c.jpg", "Lisbon/@eaDir/d.jpg"];
    let (_folder, root) = tree(&files);
    let findings = find(std::slice::from_ref(&root), None, None).unwrap();
    assert_eq!(keys(&findings), ["Holidays/a.jpg", "Lisbon/Day 1/ü.jpg", "Lisbon/b.jpg"]);
    let covers: Vec<_> = findings.covers.iter().map(|cover| (cover.folder.as_str(), cover.whole)).collect();
    assert_eq!(covers, [("Lisbon/", true), ("Holidays/", false)]);
    assert_eq!(findings.left_out.len(), 1);

    let to = FolderPath::parse("Family/2024").unwrap();
    let findings = find(std::slice::from_ref(&root), Some(&to), None).unwrap();
    assert_eq!(keys(&findings), ["Family/2024/Lisbon/Day 1/ü.jpg", "Family/2024/Lisbon/b.jpg", "Family/2024/a.jpg"]);
    let from = root.canonicalize().unwrap();
    assert_eq!(findings.covers, [Cover { folder: "Family/2024/".to_owned(), whole: true, from, by_date: false }]);

    let one = find(&[root.join("a.jpg")], Some(&to), None).unwrap();
    assert_eq!((keys(&one), one.covers.len()), (vec!["Family/2024/a.jpg"], 0));
    assert!(find(&[root.join("a.jpg")], None, None).unwrap_err().to_string().contains("--to"));
    assert!(find(&[root.join("nothing")], None, None).unwrap_err().to_string().contains("nothing"));
    let twice = find(&[root.join("a.jpg"), root.clone()], Some(&to), None).unwrap_err().to_string();
    assert!(twice.contains("both become"), "{twice}");
}

#[test]
fn what_phones_leave_beside_photos_stays_behind() {
    let (_folder, root) = tree(&[
        "A/IMG_1.HEIC",
        "A/IMG_1.AAE",
        "A/Thumbs.db",
        "A/MVI_2.THM",
        "A/GX01.LRV",
        "A/ZbThumbnail.info",
        "A/x.jpg.part",
    ]);
    let findings = find(&[root], None, None).unwrap();
    assert_eq!(keys(&findings), ["A/IMG_1.HEIC"]);
    assert_eq!(findings.left_out.len(), 6);
}

#[test]
fn albums_by_date_keep_pairs_together() {
    let (_folder, root) = tree(&["A/IMG_1.MOV", "A/metadata.yml"]);
    let at = jiff::civil::date(2024, 7, 14).at(23, 59, 0, 0);
    let photo = crate::sample::photo(3, crate::sample::Shape::Landscape, 1, at, "Drawn One", "");
    std::fs::write(root.join("A/IMG_1.jpg"), &photo).unwrap();
    let findings = find(std::slice::from_ref(&root), None, Some(AlbumBy::Day)).unwrap();
    assert_eq!(keys(&findings), ["A/2024-07-14/IMG_1.MOV", "A/2024-07-14/IMG_1.jpg", "A/metadata.yml"]);
    let findings = find(std::slice::from_ref(&root), None, Some(AlbumBy::Month)).unwrap();
    assert_eq!(keys(&findings)[1], "A/2024-07/IMG_1.jpg");
    // An object that lies where the file does is not that file's.
    assert!(!findings.covers[0].has_file("A/IMG_1.jpg"));
    let findings = find(&[root], None, None).unwrap();
    assert!(findings.covers[0].has_file("A/IMG_1.jpg") && !findings.covers[0].has_file("A/IMG_2.jpg"));
}

fn reasons(findings: &Findings) -> Vec<(&str, &str)> {
    let left_out = findings.left_out.iter();
    left_out.map(|left| (left.file.file_name().unwrap().to_str().unwrap(), left.why.as_str())).collect()
}

#[cfg(unix)]
#[test]
fn links_are_followed_under_their_own_names() {
    use std::os::unix::fs::symlink;
    let (folder, root) = tree(&["Lisbon/1.jpg"]);
    let disk = folder.path().join("Disk");
    std::fs::create_dir_all(disk.join("DCIM")).unwrap();
    std::fs::write(disk.join("DCIM/2.jpg"), b"x").unwrap();
    std::fs::write(disk.join("3.jpg"), b"x").unwrap();
    for (to, link) in [
        (disk.join("DCIM"), "Douro"),
        (disk.join("3.jpg"), "Lisbon/three.jpg"),
        (root.clone(), "Lisbon/again"),
        (disk.join("away"), "Away"),
        (disk.join("away.jpg"), "Lisbon/away.jpg"),
        (disk.join("nobody"), "Lisbon/.lock"),
    ] {
        symlink(to, root.join(link)).unwrap();
    }
    let findings = find(std::slice::from_ref(&root), None, None).unwrap();
    assert_eq!(keys(&findings), ["Douro/2.jpg", "Lisbon/1.jpg", "Lisbon/three.jpg"]);
    let nowhere = "a link that leads nowhere";
    let left = [
        ("Away", nowhere),
        (".lock", "hidden"),
        ("again", "a link to a folder that it lies in"),
        ("away.jpg", nowhere),
    ];
    assert_eq!(reasons(&findings), left);
    assert!(findings.dead_link.unwrap().ends_with("Away"));
    // What a link stands for is there as long as the link is.
    let [douro, lisbon] = &findings.covers[..] else { panic!("{:?}", findings.covers) };
    assert!(douro.has_file("Douro/2.jpg") && !douro.has_file("Douro/gone.jpg"));
    for (key, there) in [("1", true), ("three", true), ("away", true), ("again/Lisbon/1", true), ("3", false)] {
        assert_eq!(lisbon.has_file(&format!("Lisbon/{key}.jpg")), there, "{key}");
    }
    let to = FolderPath::parse("Family").unwrap();
    let all = find(std::slice::from_ref(&root), Some(&to), None).unwrap();
    assert!(all.covers[0].has_file("Family/Away/Day 1/4.jpg") && !all.covers[0].has_file("Family/Gone/4.jpg"));

    // What is named is called as it is named.
    let one = find(&[root.join("Lisbon/three.jpg")], Some(&to), None).unwrap();
    assert_eq!(keys(&one), ["Family/three.jpg"]);
    let named = folder.path().join("Pictures");
    symlink(&disk, &named).unwrap();
    assert_eq!(keys(&find(&[named], None, None).unwrap()), ["DCIM/2.jpg", "Pictures/3.jpg"]);
}

#[test]
fn what_heirloom_keeps_for_itself_stays_where_it_is() {
    let (folder, root) = tree(&[
        "Family/1.jpg",
        "Family/people.json",
        "copy/manifest.json",
        "copy/originals/Family/1.jpg",
        "copy/people.json",
        "heirloom-data/buckets/blobs/00/0000010000000000",
        "heirloom-data/buckets/index.redb",
        "heirloom-data/credentials.json",
    ]);
    let findings = find(std::slice::from_ref(&root), None, None).unwrap();
    assert_eq!(keys(&findings), ["Family/1.jpg"]);
    let left: Vec<&str> = reasons(&findings).into_iter().map(|(name, _)| name).collect();
    assert_eq!(left, ["people.json", "copy", "heirloom-data"]);
    assert!(findings.left_out[1].why.contains("`heirloom restore`"), "{:?}", findings.left_out);
    assert!(findings.left_out[2].why.contains("data folder of a gallery"), "{:?}", findings.left_out);
    assert_eq!(findings.covers.len(), 1);

    let to = FolderPath::parse("Family").unwrap();
    for path in [
        "copy",
        "copy/people.json",
        "heirloom-data",
        "heirloom-data/buckets/blobs/00",
        "heirloom-data/buckets/index.redb",
        "heirloom-data/credentials.json",
    ] {
        let findings = find(&[root.join(path)], Some(&to), None).unwrap();
        assert_eq!((findings.files.len(), findings.left_out.len(), findings.covers.len()), (0, 1, 0), "{path}");
    }
    // The photos of a copy are plain folders.
    assert_eq!(keys(&find(&[root.join("copy/originals")], None, None).unwrap()), ["Family/1.jpg"]);
    #[cfg(unix)]
    {
        let links = folder.path().join("Links/Family");
        std::fs::create_dir_all(&links).unwrap();
        for (to, link) in [("heirloom-data/buckets/blobs", "a"), ("heirloom-data/credentials.json", "b.jpg")] {
            std::os::unix::fs::symlink(root.join(to), links.join(link)).unwrap();
        }
        let findings = find(&[folder.path().join("Links")], None, None).unwrap();
        assert_eq!((findings.files.len(), findings.left_out.len()), (0, 2), "{findings:?}");
    }
}

#[test]
fn the_gallery_s_words_lie_beside_the_collections() {
    let (_folder, root) = tree(&["Family/1.jpg", "Family/gallery.yml", "gallery.yml"]);
    for by in [None, Some(AlbumBy::Day)] {
        let findings = find(std::slice::from_ref(&root), None, by).unwrap();
        assert!(keys(&findings).contains(&"gallery.yml"), "{findings:?}");
        // They make no collection of the folder's own name.
        assert_eq!((findings.files.len(), findings.covers.len(), findings.left_out.len()), (3, 1, 0));
    }
    assert_eq!(keys(&find(&[root.join("gallery.yml")], None, None).unwrap()), ["gallery.yml"]);
    let to = FolderPath::parse("Kin").unwrap();
    for path in [root.clone(), root.join("gallery.yml")] {
        let findings = find(&[path], Some(&to), None).unwrap();
        assert!(reasons(&findings)[0].1.contains("without `--to`"), "{findings:?}");
        assert!(!keys(&findings).contains(&"Kin/gallery.yml"), "{findings:?}");
    }
}
