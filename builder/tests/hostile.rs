//! Requirement 28: words, names and folders that are meant to break what reads them. What it takes is measured, in a
//! process of its own: this one.

#[path = "site/memory.rs"]
mod memory;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use builder::{Builder, GalleryRecord, Metadata};
use gallery::facts::{Facts, Outcome, Picture, Rendition, VERSION};
use gallery::renditions::Format;
use gallery::store::BucketNames;
use gallery::{Key, SourceKey, Store};
use jiff::Timestamp;

use memory::{Memory, Meter};

/// How long anything here may take. Generous, for machines that test are slow and shared.
const LONGEST: Duration = Duration::from_mins(1);

/// Forgets the highest memory so far, and tells what is in use now, in MiB; `None` where the system does not tell.
fn begin() -> Option<u64> {
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    told("VmRSS:")
}

fn told(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? / 1024)
}

/// Does something within bounds: `most` MiB beyond what was in use, and the time.
fn bounded<T>(what: &str, most: u64, work: impl FnOnce() -> T) -> T {
    let (before, since) = (begin(), Instant::now());
    let outcome = work();
    let memory = before.zip(told("VmHWM:")).map(|(before, peak)| peak.saturating_sub(before));
    println!("{what}: {memory:?} MiB, {:?}", since.elapsed());
    assert!(memory.is_none_or(|memory| memory < most), "{what} took {memory:?} MiB");
    assert!(since.elapsed() < LONGEST, "{what} took {:?}", since.elapsed());
    outcome
}

/// Lists of lists of lists by alias: `levels` of them, ten each.
fn laughing(levels: usize) -> String {
    let mut text = "a0: &a0 ha\n".to_owned();
    for level in 1..levels {
        let _ = writeln!(text, "a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 10].join(", "));
    }
    text + &format!("title: *a{}\n", levels - 1)
}

/// A hundred thousand lines.
fn lines(of: impl Fn(u32) -> String) -> String {
    (0..100_000).map(of).collect::<Vec<_>>().join("\n")
}

fn yaml() -> Vec<(&'static str, String)> {
    vec![
        ("a billion laughs", laughing(10)),
        ("thirty levels of laughs", laughing(30)),
        ("laughs merged", format!("{}<<: *a9\n", laughing(10))),
        ("an alias in itself", "order: &a [*a]\n".to_owned()),
        ("a hundred thousand aliases", format!("captions:\n  a: &a x\n{}", lines(|n| format!("  b{n}: *a")))),
        ("a hundred thousand anchors", format!("order:\n{}", lines(|n| format!("- &a{n} x")))),
        ("a long text by alias", format!("order:\n- &a {}\n{}", "x".repeat(15_000), "- *a\n".repeat(5000))),
        ("lists a hundred thousand deep", format!("order: {}", "[".repeat(100_000))),
        ("maps a hundred thousand deep", format!("captions: {}", "{a: ".repeat(100_000))),
        ("folders of indents", (0..2000).fold(String::new(), |text, n| text + &" ".repeat(n) + "a:\n")),
        ("a key that is a list that is a key", format!("? {}", "? [".repeat(20_000))),
        ("a hundred thousand captions", format!("captions:\n{}", lines(|n| format!("  {n}.jpg: x")))),
        ("ten thousand documents", "---\ntitle: x\n...\n".repeat(10_000)),
        ("tags of other languages", "title: !!python/object/apply:os.system ['id']\n".to_owned()),
        ("a quote without an end", format!("title: \"{}", "a\\n".repeat(400_000))),
        ("a block without an end", format!("description: |\n{}", "  x\n".repeat(700_000))),
        ("the same key again and again", "title: x\n".repeat(100_000)),
        ("numbers of a megabyte", format!("date: {}", "9".repeat(1_000_000))),
        ("three megabytes of nothing", " ".repeat(3_000_000)),
        ("bytes that are no text", "title: \u{0}\u{1b}\n".to_owned()),
    ]
}

/// What may be said in a name.
const HOSTILE: [&str; 12] = [
    "<script>alert(1)</script>",
    "\" onload=\"alert(1)",
    "'; DROP TABLE photos --",
    "..%2f..%2f",
    "\u{202e}gpj.exe",
    "\u{0301}\u{0301}\u{0301}",
    "a\u{200b}b",
    "CON",
    "{{7*7}}${7*7}#{7*7}",
    "&amp;&lt;",
    "😀👩‍👩‍👧‍👦",
    "-rf --no-preserve-root",
];

/// Puts an original and its facts as the resizer would have left them.
fn photo(memory: &Memory, source: &str) {
    let source = SourceKey::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    let rendition =
        Rendition { width: 360, height: 270, format: Format::Jpeg, hash: "0123456789abcdef".into(), bytes: 1 };
    let picture = Picture {
        width: 360,
        height: 270,
        thumbhash: "AA==".into(),
        colour: "#336699".into(),
        renditions: vec![rendition],
        ..Picture::default()
    };
    let facts = Facts {
        version: VERSION,
        photo: source.photo(),
        source: source.to_string(),
        etag: "\"1\"".into(),
        bytes: 1,
        modified: Timestamp::from_second(1).expect("a time"),
        checksum: None,
        video: None,
        outcome: Outcome::Ready(Box::new(picture)),
    };
    memory.put("source", source.to_string(), Vec::new());
    memory.put("resized", Key::Facts(source.folder().album(), source.photo()).path(), facts.to_json());
}

fn pages(memory: &Memory) -> Vec<String> {
    let objects = memory.objects();
    let pages = objects.iter().filter(|((bucket, key), _)| bucket == "web" && key.ends_with("/index.html"));
    pages.map(|(_, stored)| String::from_utf8(stored.bytes.clone()).expect("UTF-8")).collect()
}

/// One test in this file: what is measured is the whole process.
#[tokio::test(flavor = "multi_thread")]
async fn words_that_grow_are_refused_in_bounded_memory_and_time() {
    for (what, text) in yaml() {
        let problem = bounded(what, 100, || Metadata::read(text.as_bytes())).map(drop);
        if let Err(problem) = problem {
            let sentence = problem.to_string();
            assert!(!sentence.is_empty() && sentence.len() < 500, "{what}: one sentence: {sentence}");
            assert!(!sentence.contains('\u{1b}'), "{what}: {sentence}");
        } else {
            assert!(["three megabytes of nothing"].contains(&what), "{what} was taken for words");
        }
    }

    // In a gallery: the album stands as it stood, the owner is told, and the others are not held up.
    let memory = Memory::default();
    photo(&memory, "Bomb/1.jpg");
    photo(&memory, "Good/1.jpg");
    memory.put("source", "Bomb/metadata.yml".into(), laughing(10).into_bytes());
    memory.put("source", "Good/metadata.yml".into(), b"title: Fine".to_vec());
    memory.put("source", "gallery.yml".into(), format!("title: {}", "[".repeat(100_000)).into_bytes());
    let store = Store::new(memory.client(&Meter::default()), BucketNames::plain());
    let builder = Builder::new(store.clone());
    builder.reconcile().await.expect("a reconcile");
    assert!(pages(&memory).iter().any(|page| page.contains("Fine")));
    let (record, _) = store.read_json::<GalleryRecord>(&Key::GalleryCatalogue).await.expect("read").expect("a record");
    let unread = serde_json::to_string(&record.unread()).expect("JSON");
    assert!(unread.contains("Bomb/metadata.yml") && unread.contains("gallery.yml"), "{unread}");
    assert!(!unread.contains("Good"), "{unread}");

    // Ten thousand files of hostile names in one album, and folders as deep as they may be.
    let memory = Memory::default();
    for number in 0..10_000 {
        photo(&memory, &format!("Many/{} {number}.jpg", HOSTILE[number % HOSTILE.len()]));
    }
    for number in 0..300 {
        let deep: Vec<String> = (0..12).map(|level| format!("{level} {}", (number >> level) & 1)).collect();
        photo(&memory, &format!("Deep/{}/{number}.jpg", deep.join("/")));
    }
    let builder = Builder::new(Store::new(memory.client(&Meter::default()), BucketNames::plain()));
    let (before, since) = (begin(), Instant::now());
    builder.reconcile().await.expect("a reconcile");
    let grown = before.zip(told("VmHWM:")).map(|(before, peak)| peak.saturating_sub(before));
    println!("10,000 hostile names and thousands of folders: {grown:?} MiB, {:?}", since.elapsed());
    assert!(grown.is_none_or(|grown| grown < 512), "{grown:?} MiB");
    assert!(since.elapsed() < LONGEST * 3, "{:?}", since.elapsed());
    let pages = pages(&memory);
    assert!(pages.len() > 1000, "{} pages", pages.len());
    for page in &pages {
        assert!(!page.contains("<script>alert") && !page.contains("\" onload=\"alert"), "a name came alive:\n{page}");
        assert!(page.len() < 1_000_000, "a page of {} bytes", page.len());
    }
    assert!(pages.iter().any(|page| page.contains("&lt;script&gt;alert(1)&lt;")), "folders' names are shown");
}

/// What no key can be, and what lies deeper than any album, is said in a sentence and goes no further.
#[test]
fn names_that_lead_elsewhere_are_no_names() {
    let deep = format!("{}x.jpg", "a/".repeat(10_000));
    let deeper = format!("{}x.jpg", "a/".repeat(14));
    for name in
        ["../x.jpg", "a/../x.jpg", "a/./x.jpg", "/a/x.jpg", "a//x.jpg", "a/", "", "a\\..\\x.jpg/", &deep, &deeper]
    {
        let error = SourceKey::parse(name).map(|key| key.to_string());
        let error = error.expect_err("no name").to_string();
        assert!(!error.is_empty() && error.len() < name.len() + 300, "{error}");
    }
}
