//! Any order and repetition of events, and builders at work at once, end in the same bucket.

use std::collections::BTreeMap;

use gallery::{Bucket, Key};

use crate::fixture::{Gallery, gallery};
use crate::memory::Memory;

/// A small generator (Marsaglia, "Xorshift RNGs", 2003), so that a failure can be run again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// One thing that happens to the buckets, and the key that an event will speak of.
async fn happen(gallery: &Gallery, dice: &mut Dice, upload: i64) -> Key {
    let folder = ["A", "A/B", "A/B/C", "D/E"][dice.below(4)];
    let photo = format!("{folder}/{}.jpg", dice.below(3));
    match dice.below(6) {
        0 | 1 => gallery.remove_photo(&photo).await,
        2 => gallery.metadata(folder, &format!("title: take {}\n", dice.below(3))).await,
        3 => {
            let key = gallery.metadata(folder, "").await;
            gallery.store.remove(&key).await.unwrap();
            key
        }
        _ => gallery.photo_version(&photo, 1 + i8::try_from(upload % 20).unwrap(), upload).await,
    }
}

/// The web bucket as it would be had it been built once, from nothing.
async fn from_scratch(gallery: &Gallery) -> BTreeMap<String, String> {
    for object in gallery.store.list(Bucket::Web, "").all().await.unwrap() {
        gallery.store.remove_path(Bucket::Web, &object.path).await.unwrap();
    }
    gallery.builder.reconcile().await.unwrap();
    let mut web = gallery.web().await;
    // The reconcile also notes the edition, which batches leave alone.
    web.remove("catalogue/gallery.json");
    web
}

#[tokio::test]
async fn shuffled_and_repeated_events_end_in_the_same_bucket() {
    for seed in 1..=6 {
        let gallery = gallery(&format!("shuffle-{seed}")).await;
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ seed);
        let mut pending: Vec<Key> = Vec::new();
        for step in 1..=40 {
            let key = happen(&gallery, &mut dice, step).await;
            // Events come late, in any order, some twice.
            pending.insert(dice.below(pending.len() + 1), key.clone());
            if dice.below(4) == 0 {
                pending.insert(dice.below(pending.len() + 1), key);
            }
            if dice.below(3) == 0 {
                let batch: Vec<Key> = (0..dice.below(pending.len() + 1)).filter_map(|_| pending.pop()).collect();
                gallery.build(&batch).await;
            }
        }
        while !pending.is_empty() {
            let batch = pending.split_off(pending.len() - dice.below(pending.len().min(6)).max(1));
            gallery.build(&batch).await;
        }
        let mut built = gallery.web().await;
        built.remove("catalogue/gallery.json");
        assert_eq!(built, from_scratch(&gallery).await, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn builders_at_work_at_once_lose_nothing() {
    for seed in 1..=5 {
        let gallery = gallery(&format!("race-{seed}")).await;
        let gallery = std::sync::Arc::new(gallery);
        let mut builders = Vec::new();
        for builder in 0..4_i64 {
            let gallery = gallery.clone();
            builders.push(tokio::spawn(async move {
                let mut dice = Dice(0xdead_beef_cafe ^ (seed * 101) ^ (builder.unsigned_abs() << 20));
                for step in 0..8 {
                    let mut keys = Vec::new();
                    for _ in 0..=dice.below(3) {
                        keys.push(happen(&gallery, &mut dice, builder * 100 + step + 1).await);
                    }
                    gallery.build(&keys).await;
                }
            }));
        }
        for builder in builders {
            builder.await.unwrap();
        }
        let mut built = gallery.web().await;
        built.remove("catalogue/gallery.json");
        assert_eq!(built, from_scratch(&gallery).await, "seed {seed}");
    }
}

/// A look at everything finds nothing built, while photos come, change and go, and others are told of those alone.
#[tokio::test(start_paused = true)]
async fn a_first_look_beside_a_builder_loses_nothing() {
    for seed in 1..=60 {
        let memory = Memory::default();
        let (looking, building) = (Gallery::in_memory(&memory), Gallery::in_memory(&memory));
        let mut dice = Dice(0x0005_eed0_fa11_1007 ^ (seed << 17));
        for step in 1..=16 {
            happen(&building, &mut dice, step).await;
        }
        looking.meter.yields(dice.below(12));
        building.meter.yields(dice.below(12));
        let told = async {
            for step in 20..26 {
                let mut keys = Vec::new();
                for _ in 0..=dice.below(3) {
                    keys.push(happen(&building, &mut dice, step).await);
                }
                building.build(&keys).await;
            }
        };
        let (looked, ()) = tokio::join!(looking.builder.reconcile(), told);
        looked.unwrap();
        let mut built = building.web().await;
        built.remove("catalogue/gallery.json");
        assert_eq!(built, from_scratch(&building).await, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_builders_of_one_album_end_with_every_photo() {
    let gallery = gallery("contended").await;
    let gallery = std::sync::Arc::new(gallery);
    let mut builders = Vec::new();
    for builder in 0..4 {
        let gallery = gallery.clone();
        builders.push(tokio::spawn(async move {
            for n in 0..6 {
                let key = gallery.photo(&format!("Family/Alps/{builder}-{n}.jpg"), 1 + n).await;
                gallery.build(&[key]).await;
            }
        }));
    }
    for builder in builders {
        builder.await.unwrap();
    }
    for page in ["albums/Family/Alps/index.html", "albums/Family/index.html", "home/all/index.html"] {
        assert!(gallery.page(page).await.contains("24 photos"), "{page}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_written_in_the_last_round_is_written() {
    // As many rounds as a builder comes round, but one.
    let gallery = Gallery::in_memory(&Memory::default());
    let photo = gallery.photo("Family/1.jpg", 1).await;
    gallery.meter.overtake(29);
    gallery.build(std::slice::from_ref(&photo)).await;
    assert!(gallery.page("home/all/index.html").await.contains("<bdi>Family</bdi>"));

    let photo = gallery.photo("Garden/1.jpg", 1).await;
    gallery.meter.overtake(30);
    assert_eq!(gallery.builder.handle(gallery.batch(&[photo])).await.batch_item_failures.len(), 1);
}
