//! The owners: each has a collection, changes it without end, and remembers what was acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::gallery::Gallery;
use crate::tally::{Dice, Tally};

/// The top-level folders, one for each owner.
pub(crate) const COLLECTIONS: [&str; 4] = ["Family", "Trips 2024", "Märchenwald", "Films & more"];

const ALBUMS: [&str; 4] = ["", "/Summer", "/Summer/By the lake", "/Winter – Weihnachten"];
const BUCKET: &str = "source";

/// More files than this no owner keeps.
const MOST: usize = 40;

/// The least that a part may have, but for the last (AWS, "Multipart upload limits").
const PART: usize = 5 * 1024 * 1024;

const FILM: &[u8] = include_bytes!("../browser/fixtures/waves.mp4");
const LIVE: &[u8] = include_bytes!("../browser/fixtures/live.mov");
const MOVING: &[u8] = include_bytes!("../../resizer/tests/all/fixtures/moving.gif");

/// What is known of an object: its SHA-256; `None` where there is none.
type Known = Option<String>;

/// Whoever asked knows no more than that it may have been done.
struct Unanswered;

/// An owner at work.
pub(crate) struct Owner {
    number: usize,
    collection: &'static str,
    client: Client,
    gallery: Arc<Gallery>,
    tally: Arc<Tally>,
    dice: Dice,
    made: usize,
    /// What lies in the source bucket by the owner's own reckoning.
    pub(crate) known: BTreeMap<String, String>,
}

impl Owner {
    pub(crate) fn new(number: usize, seed: u64, client: Client, gallery: &Arc<Gallery>, tally: &Arc<Tally>) -> Self {
        let dice = Dice::new(seed * 100 + number as u64);
        let (gallery, tally) = (Arc::clone(gallery), Arc::clone(tally));
        Self { number, collection: COLLECTIONS[number], client, gallery, tally, dice, made: 0, known: BTreeMap::new() }
    }

    /// Changes this and that until the end.
    pub(crate) async fn work(mut self, long: bool) -> Self {
        while !self.tally.is_over() {
            self.gallery.alive().await;
            self.step().await;
            let pace = if long { self.dice.time(300, 1800) } else { self.dice.time(50, 400) };
            self.tally.pause(pace).await;
        }
        self
    }

    async fn step(&mut self) {
        let full = self.known.len() >= MOST;
        match self.dice.below(100) {
            0..42 if !full => {
                let (key, bytes) = self.new_file().await;
                self.put(&key, bytes).await;
            }
            42..50 if !full => {
                let (key, bytes) = (self.new_key("mp4"), self.long_film());
                self.put_in_parts(&key, bytes).await;
            }
            50..52 => self.abandon_parts().await,
            52..66 => {
                if let Some(key) = self.photo() {
                    let bytes = self.drawn(320, 240).await;
                    self.tally.count("replacements");
                    self.put(&key, bytes).await;
                }
            }
            66..76 => self.rename().await,
            76..84 => self.describe().await,
            84..86 if self.number == 0 => self.speak_of_the_gallery().await,
            86..89 => self.remove_several().await,
            _ => {
                if let Some(key) = self.any() {
                    self.remove(&key).await;
                }
            }
        }
    }

    /// At the end every file of words is one that can be read: an unreadable one keeps what was said before, which a
    /// gallery built anew cannot know.
    pub(crate) async fn say_something_sensible(&mut self) {
        for key in self.known.keys().filter(|key| are_words(key)).cloned().collect::<Vec<_>>() {
            let words = if key == "gallery.yml" { "title: The end\nmap: true\n" } else { "title: In peace\n" };
            self.put(&key, words.as_bytes().to_vec()).await;
        }
    }

    async fn new_file(&mut self) -> (String, Vec<u8>) {
        match self.dice.below(20) {
            0 => (self.new_key("gif"), MOVING.to_vec()),
            1 => (self.new_key("jpg"), b"this is no photo".to_vec()),
            2 => (self.new_key("mp4"), FILM.to_vec()),
            3 => {
                // The other half of a Live Photo, where the photo is called so.
                let key = self.photo().map_or_else(|| self.new_key("MOV"), |key| key.replace(".jpg", ".MOV"));
                (key, LIVE.to_vec())
            }
            4 => {
                let whole = self.drawn(400, 300).await;
                (self.new_key("jpg"), whole[..whole.len() / 2].to_vec())
            }
            5 => (self.new_key("jpg"), self.drawn(1600, 1200).await),
            _ => (self.new_key("jpg"), self.drawn(400, 300).await),
        }
    }

    fn new_key(&mut self, extension: &str) -> String {
        self.made += 1;
        let album = self.dice.of(&ALBUMS);
        format!("{}{album}/IMG {:05} é.{extension}", self.collection, self.made)
    }

    fn any(&mut self) -> Option<String> {
        let at = self.dice.below(self.known.len());
        self.known.keys().nth(at).cloned()
    }

    fn photo(&mut self) -> Option<String> {
        let photos: Vec<_> = self.known.keys().filter(|key| key.ends_with("é.jpg")).collect();
        if photos.is_empty() { None } else { Some((*self.dice.of(&photos)).clone()) }
    }

    /// A picture that nobody has seen before.
    async fn drawn(&mut self, width: u32, height: u32) -> Vec<u8> {
        let seed = self.dice.below(1 << 30) as u64;
        let drawing = tokio::task::spawn_blocking(move || owner::sample::small(seed, width, height));
        drawing.await.expect("landscapes can be painted")
    }

    /// A film of several parts: the short one and a box that players skip (ISO/IEC 14496-12, 8.1.2).
    fn long_film(&mut self) -> Vec<u8> {
        // Two parts, of which the second is no small one.
        let free = PART + 200_000 + self.dice.below(PART - 400_000);
        let mut film = FILM.to_vec();
        film.extend((free as u32).to_be_bytes());
        film.extend(b"free");
        let noise = self.dice.below(251);
        film.extend((8..free).map(|n| (n * n + noise) as u8));
        film
    }

    /// Sends a request. Nobody but a stop or a kill excuses an error.
    async fn ask<T, E: std::fmt::Debug>(
        &self,
        what: &str,
        request: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Unanswered> {
        let life = self.gallery.alive().await;
        match request.await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                if self.gallery.excuses(life) {
                    self.tally.count("owners' requests cut off by a restart");
                } else {
                    self.tally.wrong(format!("{what}: {error:?}"));
                }
                Err(Unanswered)
            }
        }
    }

    async fn put(&mut self, key: &str, bytes: Vec<u8>) {
        let after = Some(sum(&bytes));
        let put = self.client.put_object().bucket(BUCKET).key(key).body(ByteStream::from(bytes));
        let done = self.ask(&format!("putting {key}"), put.send()).await;
        self.tally.count("puts");
        self.learn(key, after, done.is_ok()).await;
    }

    async fn put_in_parts(&mut self, key: &str, bytes: Vec<u8>) {
        let after = Some(sum(&bytes));
        let done = self.parts(key, &bytes).await;
        self.tally.count("uploads in parts");
        self.learn(key, after, done.is_ok()).await;
    }

    async fn parts(&self, key: &str, bytes: &[u8]) -> Result<(), Unanswered> {
        let what = format!("sending {key} in parts");
        let begin = self.client.create_multipart_upload().bucket(BUCKET).key(key).send();
        let id = self.ask(&what, begin).await?.upload_id.unwrap_or_default();
        let mut parts = CompletedMultipartUpload::builder();
        for (number, bytes) in (1..).zip(bytes.chunks(PART)) {
            let part = self.client.upload_part().bucket(BUCKET).key(key).upload_id(&id).part_number(number);
            let sent = self.ask(&what, part.body(ByteStream::from(bytes.to_vec())).send()).await?;
            let done = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
            parts = parts.parts(done.set_checksum_crc32(sent.checksum_crc32).build());
        }
        let complete = self.client.complete_multipart_upload().bucket(BUCKET).key(key).upload_id(id);
        self.ask(&what, complete.multipart_upload(parts.build()).send()).await.map(drop)
    }

    /// Begins, and thinks better of it.
    async fn abandon_parts(&mut self) {
        let key = self.new_key("mp4");
        let beginning = self.client.create_multipart_upload().bucket(BUCKET).key(&key).send();
        let Ok(begun) = self.ask("beginning an upload", beginning).await else { return };
        let id = begun.upload_id.unwrap_or_default();
        let part = self.client.upload_part().bucket(BUCKET).key(&key).upload_id(&id).part_number(1);
        if self.ask("sending a part", part.body(ByteStream::from(vec![7; 100_000])).send()).await.is_ok() {
            let abort = self.client.abort_multipart_upload().bucket(BUCKET).key(&key).upload_id(&id);
            let _ = self.ask("aborting an upload", abort.send()).await;
            self.tally.count("uploads abandoned");
        }
    }

    async fn remove(&mut self, key: &str) {
        self.tally.removes(key);
        let delete = self.client.delete_object().bucket(BUCKET).key(key).send();
        let done = self.ask(&format!("deleting {key}"), delete).await;
        self.tally.count("deletes");
        self.learn(key, None, done.is_ok()).await;
    }

    async fn remove_several(&mut self) {
        let keys: Vec<String> = (0..3).filter_map(|_| self.any()).collect();
        let objects = keys.iter().map(|key| ObjectIdentifier::builder().key(key).build().expect("it has a key"));
        let Ok(list) = Delete::builder().set_objects(Some(objects.collect())).build() else { return };
        if keys.is_empty() {
            return;
        }
        for key in &keys {
            self.tally.removes(key);
        }
        let done = self.ask("deleting several", self.client.delete_objects().bucket(BUCKET).delete(list).send()).await;
        self.tally.count("deletes of several");
        for key in keys {
            self.learn(&key, None, done.is_ok()).await;
        }
    }

    /// As the owner's command does: a copy, then the old one goes.
    async fn rename(&mut self) {
        let Some(from) = self.photo() else { return };
        let to = self.new_key("jpg");
        let source = percent_encoding::utf8_percent_encode(&from, percent_encoding::NON_ALPHANUMERIC);
        let copy = self.client.copy_object().bucket(BUCKET).key(&to).copy_source(format!("{BUCKET}/{source}")).send();
        let done = self.ask(&format!("copying {from}"), copy).await.is_ok();
        let bytes = self.known.get(&from).cloned();
        self.tally.count("renames");
        self.learn(&to, bytes, done).await;
        if done {
            self.remove(&from).await;
        }
    }

    async fn describe(&mut self) {
        let folder = format!("{}{}", self.collection, self.dice.of(&ALBUMS));
        let key = format!("{folder}/metadata.yml");
        let number = self.dice.below(1000);
        let words = match self.dice.below(8) {
            0 => "title: [this is: no YAML".to_owned(),
            1 if self.known.contains_key(&key) => return self.remove(&key).await,
            2 => format!("title: Number {number}\nsort: name desc\ndate: 2024-07\ncomment1: Since {number}\n"),
            3 => format!("title: Number {number}\ndescription: |\n  We *were* there, {number} times.\n"),
            _ => {
                let name = self.photo().filter(|photo| photo.starts_with(&format!("{folder}/IMG")));
                let name = name.map_or_else(|| "none.jpg".to_owned(), |photo| photo[folder.len() + 1..].to_owned());
                format!("title: Number {number}\ncaptions:\n  {name}: Caption {number}\ncover_image: {name}\n")
            }
        };
        self.tally.count("edits of metadata.yml");
        self.put(&key, words.into_bytes()).await;
    }

    async fn speak_of_the_gallery(&mut self) {
        let number = self.dice.below(1000);
        let words = match self.dice.below(4) {
            0 => "accent: no colour at all".to_owned(),
            1 => format!("title: Ours {number}\nmap: true\n"),
            2 => format!("title: Ours {number}\naccent: \"#336{number:03}\"\nsort: name\n"),
            _ => format!("title: Ours {number}\nlanguages: [de, en]\nfooter: For the *{number}*th time\n"),
        };
        self.tally.count("edits of gallery.yml");
        self.put("gallery.yml", words.into_bytes()).await;
    }

    /// Notes what was acknowledged; looks when nothing was: then it may be as before or as wanted, and nothing else.
    async fn learn(&mut self, key: &str, after: Known, done: bool) {
        let before = self.known.get(key).cloned();
        let is = if done { after } else { self.look(key, &[before, after]).await };
        match is {
            Some(bytes) => drop(self.known.insert(key.to_owned(), bytes)),
            None => drop(self.known.remove(key)),
        }
    }

    async fn look(&self, key: &str, either: &[Known; 2]) -> Known {
        loop {
            let life = self.gallery.alive().await;
            let got = self.client.get_object().bucket(BUCKET).key(key).send().await;
            let found = match got {
                Ok(object) => object.body.collect().await.map(|bytes| Some(sum(&bytes.to_vec()))).ok(),
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(aws_sdk_s3::operation::get_object::GetObjectError::is_no_such_key) =>
                {
                    Some(None)
                }
                Err(_) => None,
            };
            match found {
                Some(found) => {
                    if !either.contains(&found) {
                        self.tally.wrong(format!("after a restart {key} is neither as before nor as wanted"));
                    }
                    return found;
                }
                None if self.gallery.excuses(life) => {}
                None => {
                    self.tally.wrong(format!("{key} cannot be read after a restart"));
                    return either[0].clone();
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Whether it is a file in which the owner says something.
pub(crate) fn are_words(key: &str) -> bool {
    key == "gallery.yml" || key.ends_with("/metadata.yml")
}

pub(crate) fn sum(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
