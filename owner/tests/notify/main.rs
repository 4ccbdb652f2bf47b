//! `heirloom notify` against a mail server that is not ours, its mails read by a reader that is not ours
//! (`tests/peers/smtp_peer.py`). `HEIRLOOM_PYTHON` names a Python with aiosmtpd; `make test` sets it. Without it these tests
//! say that they are left out.

mod line;
mod meanwhile;
#[path = "../scene/mod.rs"]
mod scene;
mod ses;
mod waiting;

use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use gallery::{Key, ViewerName};
use scene::post::{Server, header};
use scene::{Serving, done, heirloom, run, text, told, until, write};
use serde_json::{Value, json};

const ADDRESS: &str = "https://photos.example.org";

/// Says which server, without waiting for quiet.
fn settings(folder: &Path, port: u16, more: &str) {
    write(
        &folder.join("heirloom-data/mail.toml"),
        format!(
            "[mail]\nserver = \"127.0.0.1\"\nport = {port}\nfrom = \"photos@example.org\"\naddress = \"{ADDRESS}\"\n\
             quiet_hours = 0\n{more}"
        ),
    );
}

const CLEAR: &str = "tls = \"none\"\n";

/// Uploads photos of these names and waits until they are on their pages.
fn upload(folder: &Path, names: &[&str]) {
    for name in names {
        let seed = name.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte));
        write(&folder.join("Photos").join(name), owner::sample::small(seed, 480, 320));
    }
    done(folder, &["upload", "Photos"]);
    let all = scene::files(&folder.join("Photos")).iter().filter(|name| !name.ends_with("metadata.yml")).count();
    until("everything is on its page", || {
        let status = told(folder, &["status", "--json"]);
        let albums = status["albums"].as_object().unwrap();
        let sum = |what: &str| albums.values().map(|album| album[what].as_u64().unwrap()).sum::<u64>();
        sum("photos") == all as u64 && sum("waiting") == 0
    });
    // The gallery's record is written last.
    std::thread::sleep(std::time::Duration::from_millis(1500));
}

fn viewer(folder: &Path, name: &str, address: &str, more: &[&str]) {
    done(folder, &[&["user", "add", name, "--email", address], more].concat());
}

fn outcomes(report: &Value) -> Vec<String> {
    let one =
        |viewed: &Value| format!("{} {}", viewed["viewer"].as_str().unwrap(), viewed["outcome"].as_str().unwrap());
    report["viewers"].as_array().unwrap().iter().map(one).collect()
}

/// The report of a round in which some letters were not taken.
fn failed(folder: &Path, arguments: &[&str]) -> Value {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{}{}", text(&output.stdout), text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)))
}

/// A plain request to the gallery, and the whole answer.
fn request(serving: &Serving, method: &str, path: &str, form: &str) -> String {
    let mut stream = std::net::TcpStream::connect(&serving.address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: \
         {}\r\nConnection: close\r\n\r\n{form}",
        serving.address,
        form.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
#[allow(clippy::too_many_lines, reason = "one story, told in its order")]
fn each_viewer_gets_one_mail_about_what_they_may_see_until_they_want_no_more() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let Some(server) = Server::start(&folder.join("taken"), &[]) else { return };
    let serving = Serving::start(folder);
    upload(folder, &["Family/Before/1.jpg"]);
    viewer(folder, "gerda", "gerda@example.com", &[]);
    viewer(folder, "tom", "tom@example.com", &["--collections", "Holidays"]);
    done(folder, &["user", "email", "tom", "tom@example.com", "--language", "de"]);
    done(folder, &["user", "add", "anna"]);
    // S3's times are whole seconds, and an address given in the same second would count.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    settings(folder, server.port, CLEAR);
    write(
        &folder.join("Photos/Family/Lisbon/metadata.yml"),
        "title: \"Lis\\r\\nBcc: evil@example.com\\r\\n\\r\\n<b>bon\"\n",
    );
    write(&folder.join("Photos/Family/Surprise/metadata.yml"), "title: Surprise party\nhidden: true\n");
    upload(
        folder,
        &[
            "Family/Lisbon/1.jpg",
            "Family/Lisbon/2.jpg",
            "Family/Lisbon/3.jpg",
            "Family/Surprise/1.jpg",
            "Holidays/Lake/1.jpg",
            "Holidays/Lake/2.jpg",
        ],
    );

    let dry = told(folder, &["notify", "--dry-run", "--json"]);
    assert_eq!(outcomes(&dry), ["anna no-address", "gerda would", "tom would"], "{dry}");
    assert_eq!(
        (dry["viewers"][1]["photos"].clone(), dry["viewers"][2]["photos"].clone()),
        (json!(5), json!(2)),
        "{dry}"
    );
    assert!(server.mails().is_empty(), "a dry run sends nothing");

    // Two at once send one each.
    let start = || heirloom(folder).args(["notify", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let both = [start(), start()].map(|process| process.wait_with_output().unwrap());
    let sent: usize = both
        .iter()
        .map(|output| {
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            outcomes(&report).iter().filter(|outcome| outcome.ends_with(" sent")).count()
        })
        .sum();
    assert_eq!(sent, 2);
    let mut to = server.to();
    to.sort();
    assert_eq!(to, ["gerda@example.com", "tom@example.com"]);
    for again in [&["notify", "--json"] as &[&str], &["notify", "--now", "--json"]] {
        assert_eq!(outcomes(&told(folder, again)), ["anna no-address", "gerda nothing", "tom nothing"]);
    }

    let mails = server.mails();
    let of = |address: &str| mails.iter().find(|(_, envelope)| envelope["to"] == json!([address])).unwrap().0.clone();
    let (gerda, tom) = (of("gerda@example.com"), of("tom@example.com"));
    for mail in [&gerda, &tom] {
        assert_eq!(mail["defects"], json!([]));
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
        assert_eq!(header(mail, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        assert_eq!(header(mail, "From"), "Heirloom <photos@example.org>");
        assert!(header(mail, "Message-ID").ends_with("@example.org>"));
    }
    // Requirement 26: a name is a name, in every place where it stands.
    let names: Vec<&str> = gerda["headers"].as_array().unwrap().iter().map(|h| h[0].as_str().unwrap()).collect();
    assert!(!names.contains(&"Bcc"), "{names:?}");
    assert_eq!(header(&gerda, "To"), "gerda@example.com");
    assert_eq!(header(&gerda, "Subject"), "5 new photos in 2 albums");
    assert_eq!(
        gerda["kinds"].as_array().unwrap()[..5],
        json!(["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/jpeg"])
            .as_array()
            .unwrap()[..]
    );
    let (words, page) = (gerda["text"].as_str().unwrap(), gerda["html"].as_str().unwrap());
    assert!(words.contains("Lis Bcc: evil@example.com <b>bon: 3 new photos"), "{words}");
    assert!(words.contains(&format!("{ADDRESS}/albums/Holidays/Lake/")), "{words}");
    assert!(page.contains("&lt;b&gt;bon") && !page.contains("<b>bon"), "{page}");
    for private in ["Surprise", "Before"] {
        assert!(!words.contains(private) && !page.contains(private), "{private}");
    }
    let pictures = gerda["pictures"].as_array().unwrap();
    assert_eq!(pictures.len(), 5);
    for picture in pictures {
        let id = picture["id"].as_str().unwrap().trim_matches(['<', '>']);
        assert!(page.contains(&format!("src=\"cid:{id}\"")), "{id}");
        assert_eq!((picture["kind"].as_str(), picture["disposition"].as_str()), (Some("image/jpeg"), Some("inline")));
        let bytes = data_encoding::BASE64.decode(picture["bytes"].as_str().unwrap().as_bytes()).unwrap();
        assert!(bytes.starts_with(&[0xff, 0xd8]) && bytes.len() < 100_000, "{} bytes", bytes.len());
    }
    // Tom may see one collection, and reads German.
    assert_eq!(header(&tom, "Subject"), "2 neue Fotos in „Lake“");
    assert!(!tom["html"].as_str().unwrap().contains("Lisbon") && !tom["text"].as_str().unwrap().contains("Family"));
    assert_eq!(tom["pictures"].as_array().unwrap().len(), 2);

    // The link ends the mails without a session, by a POST alone, as often as somebody likes.
    let link = header(&tom, "List-Unsubscribe").trim_matches(['<', '>']).to_owned();
    assert!(tom["html"].as_str().unwrap().contains(&link) && tom["text"].as_str().unwrap().contains(&link));
    let path = link.strip_prefix(ADDRESS).unwrap();
    let looked = request(&serving, "GET", path, "");
    assert!(looked.starts_with("HTTP/1.1 200") && looked.contains("No more mails"), "{looked}");
    let wants = |name: &str| {
        let list = told(folder, &["user", "list", "--json"]);
        let viewers = list["viewers"].as_array().unwrap().clone();
        viewers.iter().find(|viewer| viewer["name"] == name).unwrap()["wants_mails"].as_bool().unwrap()
    };
    assert!(wants("tom"), "looking changes nothing");
    for _ in 0..2 {
        let ended = request(&serving, "POST", path, "List-Unsubscribe=One-Click");
        assert!(ended.starts_with("HTTP/1.1 200") && ended.contains("You get no more mails"), "{ended}");
    }
    assert!(!wants("tom") && wants("gerda"));
    // What is not signed is nobody's: a bent signature, another's name, nobody's name.
    let bent = format!("{}{}", &path[..path.len() - 2], if path.ends_with("aa") { "bb" } else { "aa" });
    let answers: Vec<String> =
        [bent, path.replace("tom.", "gerda."), path.replace("tom.", "nobody."), "/auth/unsubscribe".into()]
            .iter()
            .map(|path| request(&serving, "POST", path, "List-Unsubscribe=One-Click"))
            .collect();
    for answer in &answers {
        assert!(answer.starts_with("HTTP/1.1 410"), "{answer}");
        let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        assert_eq!(body(answer), body(&answers[0]), "one answer for all");
    }
    assert!(wants("gerda"));
    upload(folder, &["Holidays/Lake/3.jpg"]);
    assert_eq!(
        outcomes(&told(folder, &["notify", "--now", "--json"])),
        ["anna no-address", "gerda sent", "tom stopped"]
    );
    let again = request(&serving, "POST", path, "again=yes");
    assert!(again.contains("You get a mail when there are new photos") && wants("tom"), "{again}");
    assert_eq!(outcomes(&told(folder, &["notify", "--now", "--json"]))[2], "tom nothing", "what was missed stays so");
    // Within a day it waits, unless the owner does not want to.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    upload(folder, &["Holidays/Lake/4.jpg"]);
    assert_eq!(outcomes(&told(folder, &["notify", "--json"]))[1..], ["gerda waits", "tom waits"]);
    // A photo that moves is no news.
    std::fs::rename(folder.join("Photos/Holidays/Lake/1.jpg"), folder.join("Photos/Holidays/first.jpg")).unwrap();
    upload(folder, &[]);
    let report = told(folder, &["notify", "--to", "tom", "--now", "--json"]);
    assert_eq!(
        (outcomes(&report), &report["viewers"][0]["photos"]),
        (vec!["tom sent".to_owned()], &json!(1)),
        "{report}"
    );
    assert_eq!(server.mails().len(), 4);
    let audit = done(folder, &["audit"]);
    for event in ["mail-address-changed", "mail-stopped", "mail-resumed"] {
        assert!(audit.contains(event), "{event}: {audit}");
    }
    assert_eq!(audit.matches("mail-stopped").count(), 1, "the second time changed nothing");
}

#[test]
fn what_a_server_does_not_take_is_tried_again_and_the_others_get_theirs() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let Some(server) = Server::start(&folder.join("taken"), &[]) else { return };
    let serving = Serving::start(folder);
    for name in ["drop", "later", "refused", "zoe"] {
        viewer(folder, name, &format!("{name}@example.com"), &[]);
    }
    upload(folder, &["Family/Lisbon/1.jpg"]);

    // Nobody listens there; nothing is lost by it.
    settings(folder, 9, CLEAR);
    let report = failed(folder, &["notify", "--json"]);
    assert_eq!(outcomes(&report), ["drop failed", "later failed", "refused failed", "zoe failed"]);
    assert!(report["viewers"][3]["why"].as_str().unwrap().contains("127.0.0.1:9"), "{report}");

    settings(folder, server.port, CLEAR);
    let report = failed(folder, &["notify", "--now", "--json"]);
    assert_eq!(outcomes(&report), ["drop failed", "later failed", "refused failed", "zoe sent"], "{report}");
    assert!(report["viewers"][1]["why"].as_str().unwrap().contains("later: transient error (451)"), "{report}");
    assert!(report["viewers"][2]["why"].as_str().unwrap().contains("550"), "{report}");
    // A while has to pass, and the owner may be impatient; where nobody knows, the claim stands.
    let report = told(folder, &["notify", "--json"]);
    assert_eq!(outcomes(&report), ["drop waits", "later waits", "refused waits", "zoe nothing"], "{report}");
    write(&server.folder.join("open"), "");
    let report = failed(folder, &["notify", "--now", "--json"]);
    assert_eq!(outcomes(&report), ["drop waits", "later sent", "refused failed", "zoe nothing"], "{report}");

    // A run that died after the server had the letter: a quarter of an hour later it goes again, under its number.
    let store = serving.store();
    let key = Key::ToldByMail(ViewerName::parse("drop").unwrap());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (mut claim, _) = store.read_json::<Value>(&key).await.unwrap().unwrap();
        let since: jiff::Timestamp = claim["sending"]["since"].as_str().unwrap().parse().unwrap();
        for (one, time) in [("sending", "since"), ("failed", "at")] {
            claim[one][time] = json!(since - jiff::SignedDuration::from_mins(61));
        }
        store.write_json(&key, &claim, gallery::store::Condition::Always).await.unwrap();
    });
    upload(folder, &["Family/Lisbon/2.jpg"]);
    assert_eq!(outcomes(&told(folder, &["notify", "--to", "drop", "--json"])), ["drop sent"]);
    let mails = server.mails();
    let dropped: Vec<&Value> =
        mails.iter().filter(|(_, to)| to["to"][0] == "drop@example.com").map(|(mail, _)| mail).collect();
    assert_eq!(dropped.len(), 2);
    assert_eq!(header(dropped[0], "Message-ID"), header(dropped[1], "Message-ID"));
    assert_eq!(header(dropped[1], "Subject"), "1 new photo in “Lisbon”", "what came since is another letter's");
    assert_eq!(outcomes(&told(folder, &["notify", "--to", "drop", "--now", "--json"])), ["drop sent"]);
    assert_eq!(server.to().iter().filter(|to| *to == "drop@example.com").count(), 3);
}
