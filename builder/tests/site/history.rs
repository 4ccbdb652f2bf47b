//! The property that everything else rests on: whatever happened, in whatever order and however often it was told of,
//! however many builders were at work and wherever they died, the web bucket ends as if it had been built once from
//! what lies there, byte for byte.

use std::collections::BTreeMap;

use futures::future::{FutureExt, join_all};
use gallery::{Condition, Key, Scope};
use proptest::prelude::*;

use crate::fixture::Gallery;
use crate::memory::{Memory, Objects};

const FOLDERS: [&str; 6] = ["A", "A/B", "A/B/C", "A/ü & <b>", "D/E", "D/E #?% 🧚"];

/// Something that happens to the buckets.
#[derive(Clone, Debug)]
enum Happening {
    Photo {
        folder: usize,
        file: usize,
        upload: i64,
    },
    Reject {
        folder: usize,
        file: usize,
    },
    /// A movie that belongs to the photo of the same name, if there is one and it is short.
    Movie {
        folder: usize,
        file: usize,
        seconds: u8,
    },
    RemoveMovie {
        folder: usize,
        file: usize,
    },
    Remove {
        folder: usize,
        file: usize,
    },
    /// The whole folder becomes another one.
    Rename {
        from: usize,
        to: usize,
    },
    Describe {
        folder: usize,
        words: usize,
    },
    Undescribe {
        folder: usize,
    },
    Settings {
        words: usize,
    },
    Unsettle,
    Scope {
        collections: usize,
    },
    Unscope {
        collections: usize,
    },
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::{
        Describe, Movie, Photo, Reject, Remove, RemoveMovie, Rename, Scope, Settings, Undescribe, Unscope, Unsettle,
    };
    let (folder, file) = (0..FOLDERS.len(), 0..4_usize);
    prop_oneof![
        8 => (folder.clone(), file.clone(), 1..20_i64).prop_map(|(folder, file, upload)| Photo { folder, file, upload }),
        1 => (folder.clone(), file.clone()).prop_map(|(folder, file)| Reject { folder, file }),
        2 => (folder.clone(), file.clone(), 1..20_u8).prop_map(|(folder, file, seconds)| Movie { folder, file, seconds }),
        1 => (folder.clone(), file.clone()).prop_map(|(folder, file)| RemoveMovie { folder, file }),
        4 => (folder.clone(), file).prop_map(|(folder, file)| Remove { folder, file }),
        1 => (folder.clone(), folder.clone()).prop_map(|(from, to)| Rename { from, to }),
        3 => (folder.clone(), 0..DESCRIPTIONS.len()).prop_map(|(folder, words)| Describe { folder, words }),
        1 => folder.prop_map(|folder| Undescribe { folder }),
        1 => (0..SETTINGS.len()).prop_map(|words| Settings { words }),
        1 => Just(Unsettle),
        1 => (0..SCOPES.len()).prop_map(|collections| Scope { collections }),
        1 => (0..SCOPES.len()).prop_map(|collections| Unscope { collections }),
    ]
}

const DESCRIPTIONS: [&str; 6] = [
    "title: One\n",
    "title: 'Two & <3>'\nhidden: true\n",
    "sort: name desc\norder: [2.jpg, B]\n",
    "captions: {1.jpg: 'a caption'}\ncover_image: 2.jpg\ndownloads: no\n",
    "date: 2020-02\ncomment1: x\ndescription: |\n  *y*\n",
    "",
];

const SETTINGS: [&str; 5] = [
    "title: Ours\naccent: '#369'\n",
    "map: yes\n",
    "sort: name\n",
    "footer: '*Bye*'\nlinks: {Tree: 'https://example.org/'}\n",
    "",
];

const SCOPES: [&str; 2] = ["[\"A\"]", "[\"A\",\"D\"]"];

/// Makes it happen and returns the keys that events will speak of.
async fn happen(gallery: &Gallery, happening: &Happening) -> Vec<Key> {
    let photo = |folder: usize, file: usize| format!("{}/{file}.jpg", FOLDERS[folder]);
    let movie = |folder: usize, file: usize| format!("{}/{file}.MOV", FOLDERS[folder]);
    let scope = |words: usize| -> Scope { serde_json::from_str(SCOPES[words]).unwrap() };
    match *happening {
        Happening::Photo { folder, file, upload } => {
            vec![gallery.photo_version(&photo(folder, file), upload as i8, upload).await]
        }
        Happening::Reject { folder, file } => vec![gallery.reject(&photo(folder, file)).await],
        Happening::Movie { folder, file, seconds } => {
            vec![gallery.film(&movie(folder, file), f64::from(seconds)).await]
        }
        Happening::RemoveMovie { folder, file } => vec![gallery.remove_photo(&movie(folder, file)).await],
        Happening::Remove { folder, file } => vec![gallery.remove_photo(&photo(folder, file)).await],
        Happening::Rename { from, to } => {
            let mut keys = Vec::new();
            for file in 0..4 {
                let there = Key::Facts(folder_album(from), gallery::PhotoId::of_key(&photo(from, file)));
                if from != to && gallery.store.read(&there).await.unwrap().is_some() {
                    keys.push(gallery.photo(&photo(to, file), 7).await);
                    keys.push(gallery.remove_photo(&photo(from, file)).await);
                }
            }
            keys
        }
        Happening::Describe { folder, words } => vec![gallery.metadata(FOLDERS[folder], DESCRIPTIONS[words]).await],
        Happening::Undescribe { folder } => {
            let key = Key::Metadata(gallery::FolderPath::parse(FOLDERS[folder]).unwrap());
            gallery.store.remove(&key).await.unwrap();
            vec![key]
        }
        Happening::Settings { words } => vec![gallery.settings(SETTINGS[words]).await],
        Happening::Unsettle => {
            gallery.store.remove(&Key::Settings).await.unwrap();
            vec![Key::Settings]
        }
        Happening::Scope { collections } => {
            let scope = scope(collections);
            let key = Key::ScopeRecord(scope.home());
            gallery.store.write_json(&key, &scope, Condition::Always).await.unwrap();
            vec![key]
        }
        Happening::Unscope { collections } => {
            let key = Key::ScopeRecord(scope(collections).home());
            gallery.store.remove(&key).await.unwrap();
            vec![key]
        }
    }
}

fn folder_album(folder: usize) -> gallery::AlbumPath {
    gallery::FolderPath::parse(FOLDERS[folder]).unwrap().album()
}

/// Numbers that decide on everything else.
struct Dice<'a>(std::iter::Cycle<std::slice::Iter<'a, u16>>);

impl Dice<'_> {
    fn below(&mut self, limit: usize) -> usize {
        usize::from(*self.0.next().expect("some dice")) % limit.max(1)
    }
}

/// An event under way.
#[derive(Clone)]
struct Event {
    key: Key,
    received: usize,
}

/// Lets a few builders have a batch each, at the same time; some die, and their batches come again.
async fn deliver(gallery: &Gallery, pending: &mut Vec<Event>, dice: &mut Dice<'_>) {
    let builders = 1 + dice.below(3);
    let dies = dice.below(4) == 0;
    gallery.meter.yields(dice.below(5));
    gallery.meter.die_after(dies.then(|| dice.below(25)));
    let batches: Vec<Vec<Event>> = (0..builders)
        .map(|_| {
            let from = pending.len() - dice.below(pending.len().min(7) + 1);
            pending.split_off(from)
        })
        .collect();
    // Now and then somebody looks after the pages across albums meanwhile; who dies at it is called again soon.
    let catches_up = dice.below(3) == 0;
    let catching_up = async {
        if catches_up {
            Box::pin(gallery.builder.catch_up()).await.ok();
        }
    };
    let work = batches.iter().map(|batch| async move {
        let keys: Vec<Key> = batch.iter().map(|event| event.key.clone()).collect();
        let mut sqs = gallery.batch(&keys);
        for (message, event) in sqs.records.iter_mut().zip(batch) {
            let count = (event.received + 1).to_string();
            message.attributes.insert("ApproximateReceiveCount".to_owned(), count);
        }
        gallery.builder.handle(sqs).await.batch_item_failures
    });
    // A builder that died waits for an answer for ever; nothing else takes any time here.
    let outcome = until_stuck(async { tokio::join!(join_all(work), catching_up).0 }).await;
    gallery.meter.die_after(None);
    let again = |event: Event| Event { received: event.received + 1, ..event };
    match outcome {
        None => pending.extend(batches.into_iter().flatten().map(again)),
        Some(failures) => {
            for (batch, failures) in batches.into_iter().zip(failures) {
                let failed: Vec<usize> = failures.iter().map(|f| f.item_identifier.parse().unwrap()).collect();
                let failed = batch.into_iter().enumerate().filter(|(n, _)| failed.contains(n));
                pending.extend(failed.map(|(_, event)| again(event)));
            }
        }
    }
}

/// What a future comes to; `None` when it waits for what never comes. The clock stands still unless nothing else can
/// happen, so an hour is over at once.
async fn until_stuck<T>(future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(std::time::Duration::from_hours(1), future).map(Result::ok).await
}

/// What a gallery ends as: its web bucket.
fn web(memory: &Memory) -> BTreeMap<String, String> {
    let objects = memory.objects();
    let web = objects.iter().filter(|((bucket, _), _)| bucket == "web");
    web.map(|((_, key), stored)| (key.clone(), String::from_utf8_lossy(&stored.bytes).into_owned())).collect()
}

/// The same buckets, nothing built yet.
fn unbuilt(memory: &Memory) -> Memory {
    let fresh = Memory::default();
    let kept: Objects = memory
        .objects()
        .iter()
        .filter(|((bucket, key), _)| bucket != "web" || key.starts_with("catalogue/scopes/"))
        .map(|(at, stored)| (at.clone(), stored.clone()))
        .collect();
    *fresh.objects() = kept;
    fresh
}

async fn converges(happenings: &[Happening], dice: &[u16]) {
    let memory = Memory::default();
    let mut gallery = Gallery::in_memory(&memory);
    let mut dice = Dice(dice.iter().cycle());
    // In half of the galleries the pages across albums may wait.
    let later = dice.below(2) == 0;
    if later {
        gallery.builder = gallery.builder.across_albums_later();
    }
    // The gallery's first event of all, so that there is something to build.
    let mut pending = vec![Event { key: Key::Settings, received: 0 }];
    for happening in happenings {
        for key in happen(&gallery, happening).await {
            // Events come in any order, some twice.
            for _ in 0..=usize::from(dice.below(4) == 0) {
                let at = dice.below(pending.len() + 1);
                pending.insert(at, Event { key: key.clone(), received: 0 });
            }
        }
        if dice.below(3) == 0 {
            deliver(&gallery, &mut pending, &mut dice).await;
        }
    }
    for _ in 0..1_000 {
        if pending.is_empty() {
            break;
        }
        deliver(&gallery, &mut pending, &mut dice).await;
    }
    assert!(pending.is_empty(), "events are never done with");
    if later {
        gallery.builder.catch_up().await.unwrap();
    }

    let once = unbuilt(&memory);
    Gallery::in_memory(&once).builder.reconcile().await.unwrap();
    let (built, expected) = (web(&memory), web(&once));
    let paths: Vec<_> = built.keys().collect();
    assert_eq!(paths, expected.keys().collect::<Vec<_>>());
    for (path, text) in &expected {
        let built = &built[path];
        let same = built.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        let around = |text: &str| text.chars().skip(same.saturating_sub(200)).take(400).collect::<String>();
        assert!(built == text, "{path}: {:?} or {:?}", around(built), around(text));
    }
    // And a look at everything finds nothing to do.
    let writes = gallery.meter.writes();
    let found = gallery.builder.reconcile().await.unwrap();
    assert_eq!((found.repaired, gallery.meter.writes() - writes), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_however_told_ends_as_if_built_once(
        happenings in prop::collection::vec(happening(), 1..40),
        dice in prop::collection::vec(any::<u16>(), 64..256),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(converges(&happenings, &dice));
    }
}
