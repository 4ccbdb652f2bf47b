//! Albums described and moved, people taken over and written down: the real program in an empty folder.

mod scene;

use std::fs;
use std::path::Path;

use gallery::keys::Bucket;
use scene::{Serving, done, refused, run, text, told, write};

fn fill(folder: &Path) {
    Serving::start(folder).stop();
    let photos = folder.join("Photos");
    for (name, seed) in [("Family/1.jpg", 1), ("Family/Lisbon & Porto/2 ü.jpg", 2), ("Garden/3.jpg", 3)] {
        write(&photos.join(name), owner::sample::small(seed, 160, 120));
    }
    done(folder, &["upload", "Photos"]);
}

/// What a running gallery's source bucket holds at a key.
fn source(serving: &Serving, key: &str) -> Option<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let object = runtime.block_on(serving.store().read_path(Bucket::Source, key)).unwrap();
    object.map(|object| text(&object.bytes))
}

fn keys(serving: &Serving) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = serving.store();
    let listed = runtime.block_on(store.list(Bucket::Source, "").all()).unwrap();
    listed.into_iter().map(|listed| listed.path).collect()
}

#[test]
fn words_about_albums_change_and_nothing_else_does() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    let album = "Family/Lisbon & Porto";
    let file = "Family/Lisbon & Porto/metadata.yml";
    let yaml = "# Ours\ncomment1:   two weeks  # long ones\nhidden: no\n";
    write(&folder.join("Photos").join(file), yaml);
    done(folder, &["upload", "Photos"]);
    let serving = Serving::start(folder);
    assert!(done(folder, &["album", "rename", album, "Lisbon: the trip"]).contains("new title"));
    done(folder, &["album", "hide", album]);
    done(folder, &["album", "cover", album, "2 ü.jpg"]);
    done(folder, &["album", "caption", &format!("{album}/2 ü.jpg"), "It's #1"]);
    let wanted = "# Ours\ncomment1:   two weeks  # long ones\nhidden: true\ntitle: 'Lisbon: the trip'\n\
                  cover_image: 2 ü.jpg\ncaptions:\n  2 ü.jpg: 'It''s #1'\n";
    let wanted = wanted.replace("cover_image: 2 ü.jpg", "cover_image: '2 ü.jpg'").replace("  2 ü.jpg:", "  '2 ü.jpg':");
    assert_eq!(source(&serving, file).unwrap(), wanted);
    assert_eq!(told(folder, &["album", "hide", album, "--json"])["changed"], false);
    done(folder, &["album", "show", album]);
    done(folder, &["album", "cover", album, ""]);
    done(folder, &["album", "caption", &format!("{album}/2 ü.jpg"), ""]);
    done(folder, &["album", "rename", album, ""]);
    assert_eq!(source(&serving, file).unwrap(), yaml.replace("no\n", "false\n"));
    // An album without a file gets one.
    done(folder, &["album", "rename", "Garden", "Our garden"]);
    assert_eq!(source(&serving, "Garden/metadata.yml").unwrap(), "title: Our garden\n");

    refused(folder, &["album", "rename", "Nowhere", "x"], &["Nowhere", "album list"]);
    refused(folder, &["album", "cover", album, "none.jpg"], &["none.jpg"]);
    refused(folder, &["album", "caption", "Family/none.jpg", "x"], &["Family/none.jpg"]);
    let broken = "title: x\nhidden: [\n";
    write(&folder.join("Broken").join(file), broken);
    done(folder, &["upload", "Broken"]);
    refused(folder, &["album", "hide", album], &[file, "line ", "column "]);
    assert_eq!(source(&serving, file).unwrap(), broken, "untouched");
    scene::until("the title is on the list", || done(folder, &["album", "list"]).contains("Our garden"));
    let listed = told(folder, &["album", "list", "Family", "--json"]);
    assert_eq!(listed["albums"].as_object().unwrap().len(), 2, "{listed}");
    serving.stop();
}

#[test]
fn a_folder_moves_with_all_that_is_in_it() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    write(&folder.join("Photos/Family/metadata.yml"), "title: Us\n");
    done(folder, &["upload", "Photos"]);
    done(folder, &["user", "add", "tom", "--collections", "Family"]);
    done(folder, &["user", "add", "anna", "--collections", "Kin"]);
    let serving = Serving::start(folder);
    let plan = done(folder, &["album", "move", "Family", "Kin/2024", "--dry-run"]);
    assert!(plan.contains("move    Family/1.jpg -> Kin/2024/1.jpg") && keys(&serving).len() == 4, "{plan}");

    // Half of it was copied before a crash; something else is in the way of the rest.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = serving.store();
    let put = |key: &str, bytes: Vec<u8>| {
        let put = store.client().put_object().bucket("source").key(key).body(bytes.into());
        runtime.block_on(put.send()).unwrap();
    };
    put("Kin/2024/1.jpg", fs::read(folder.join("Photos/Family/1.jpg")).unwrap());
    put("Kin/2024/metadata.yml", b"title: Others\n".to_vec());
    refused(folder, &["album", "move", "Family", "Kin/2024"], &["Kin/2024/metadata.yml", "nothing was moved"]);
    assert_eq!(keys(&serving).len(), 6);
    runtime.block_on(store.remove_path(Bucket::Source, "Kin/2024/metadata.yml")).unwrap();

    let said = done(folder, &["album", "move", "Family", "Kin/2024"]);
    assert!(said.contains("2 photos were moved") && said.contains("not see it there: tom"), "{said}");
    assert!(said.contains("could not before: anna"), "{said}");
    let moved = ["Garden/3.jpg", "Kin/2024/1.jpg", "Kin/2024/Lisbon & Porto/2 ü.jpg", "Kin/2024/metadata.yml"];
    assert_eq!(keys(&serving), moved);
    let photo = runtime.block_on(store.read_path(Bucket::Source, moved[2])).unwrap().unwrap();
    assert_eq!(photo.bytes, fs::read(folder.join("Photos/Family/Lisbon & Porto/2 ü.jpg")).unwrap());
    refused(folder, &["album", "move", "Family", "Kin"], &["Family"]);
    refused(folder, &["album", "move", "Kin", "Kin/2025"], &["itself"]);
    serving.stop();
}

#[test]
fn people_come_out_of_an_old_file_and_go_into_one() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder);
    done(folder, &["rebuild"]);
    let old = "# the ancestor's\nkarl:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00\n\
               lena:$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n\
               max:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\nplain:secret-in-clear\n";
    write(&folder.join("old"), old);
    let import = ["user", "import", "htpasswd", "old", "--collections", "Family"];
    let said = refused(folder, &import, &["line 4, max", "SHA-1", "line 5, plain", "2 of the people"]);
    assert!(!said.contains("W6ph5") && !said.contains("secret-in-clear"), "{said}");
    write(&folder.join("old"), old.lines().take(3).collect::<Vec<_>>().join("\n"));
    assert_eq!(told(folder, &[&import[..], &["--json"]].concat())["kept"].as_array().unwrap().len(), 2);

    done(folder, &["user", "add", "tom", "--collections", "Family,Lost Place"]);
    let file = done(folder, &["user", "export"]);
    assert!(file.contains("[karl]\nsees = [\"Family\"]\nsigns_in = \"password\"") && !file.contains("argon"), "{file}");
    write(&folder.join("users.toml"), &file);
    assert!(
        done(folder, &["user", "apply", "users.toml"]).contains("Everything is as"),
        "what was printed changes nothing"
    );

    let file = file.replace("[karl]\nsees = [\"Family\"]", "[karl]\nsees = \"everything\"").replace("[tom]", "[tim]");
    let more = "\n[oma]\nsees = [\"Garden\"]\nsigns_in = \"invitation\"\n\n[vera]\nsees = [\"Garden\"]\n\
                password_command = \"echo a long enough secret of hers\"\n";
    write(&folder.join("users.toml"), file + more);
    let plan = done(folder, &["user", "apply", "users.toml", "--dry-run", "--remove"]);
    for line in ["~ karl  sees everything instead of Family", "+ tim", "- tom", "+ oma  by invitation, sees Garden"] {
        assert!(plan.contains(line), "`{line}` is missing in: {plan}");
    }
    refused(folder, &["user", "apply", "users.toml"], &["--yes"]);
    let said = done(folder, &["user", "apply", "users.toml", "--yes", "--address", "https://photos.example.org"]);
    assert!(said.contains("https://photos.example.org/auth/invite?code=") && said.contains("tim: "), "{said}");
    assert!(said.contains("1 viewer is not in") && !said.contains("secret of hers"), "{said}");
    let listed = done(folder, &["user", "list"]);
    assert!(["tom", "tim", "oma", "vera"].iter().all(|name| listed.contains(name)), "{listed}");
    done(folder, &["user", "apply", "users.toml", "--yes", "--remove"]);
    assert!(!done(folder, &["user", "list"]).contains("tom"));
    for (wrong, words) in [
        ("[x y]\n", "users.toml"),
        ("[tom]\nsees = 7\n", "sees"),
        ("[tom]\nsees = \"Family\"\n", "[\"Family\"]"),
        ("[tom]\nsees = [\"Family\"]\npassword = \"x\"\n", "password"),
        ("[\"../tom\"]\nsees = \"everything\"\n", "../tom"),
    ] {
        write(&folder.join("users.toml"), wrong);
        refused(folder, &["user", "apply", "users.toml", "--yes"], &[words]);
    }
    assert!(run(folder, &["user", "list"]).status.success());
}
