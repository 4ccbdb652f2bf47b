use proptest::prelude::*;

use super::*;

fn good(text: &str) -> Metadata {
    read(text.as_bytes()).unwrap()
}

#[test]
fn the_ancestor_s_file_is_read() {
    let metadata =
        good("title: \"Lisbon 2024\"\ncomment1: 'A week in May'\ncomment2: with Oma\ncover_image: 0042.jpg\n");
    assert_eq!(metadata.title.as_deref(), Some("Lisbon 2024"));
    assert_eq!(metadata.comment1.as_deref(), Some("A week in May"));
    assert_eq!(metadata.comment2.as_deref(), Some("with Oma"));
    assert_eq!(metadata.cover_image.as_deref(), Some("0042.jpg"));
}

#[test]
fn any_value_is_text_and_null_is_none() {
    let metadata = good("title: 2024\ncomment1: true\ncomment2:\ndescription: ~\ncover_image: null\ncaptions:\n");
    assert_eq!(metadata.title.as_deref(), Some("2024"));
    assert_eq!(metadata.comment1.as_deref(), Some("true"));
    assert_eq!((metadata.comment2, metadata.description, metadata.cover_image), (None, None, None));
    assert!(metadata.captions.is_empty());
}

#[test]
fn our_keys_are_read_and_others_ignored() {
    let metadata = good(
        "description: |\n  One.\n\n  Two.\ndate: 2024-05\nhidden: \"yes\"\nsort: name desc\nfuture: {a: [1, 2]}\n\
         captions:\n  1.jpg: The tram\n  '2.jpg': \"50 % & <b>\"\n  3.jpg:\n",
    );
    assert_eq!(metadata.description.as_deref(), Some("One.\n\nTwo."));
    let date = metadata.date.unwrap();
    assert_eq!((date.first().to_string(), date.last().to_string()), ("2024-05-01".into(), "2024-05-31".into()));
    assert!(metadata.hidden && metadata.downloads);
    assert_eq!(metadata.unknown, ["future"]);
    let metadata = good("downloads: false\norder:\n- 2.jpg\n- 10\n-\n");
    assert!(!metadata.downloads);
    assert_eq!(metadata.order, ["2.jpg", "10"]);
    let metadata = good("sort: name desc\ncaptions:\n  1.jpg: The tram\n  '2.jpg': \"50 % & <b>\"\n  3.jpg:\n");
    assert_eq!(metadata.sort, Some(Sort { by: SortBy::Name, descending: true }));
    assert_eq!(metadata.captions.len(), 2);
    assert_eq!(metadata.captions["2.jpg"], "50 % & <b>");
}

#[test]
fn photos_can_be_dated() {
    let metadata =
        good("dates:\n  a.jpg: 1987-07-14\n  b.jpg: 1987-07-14 15:30\n  c.jpg:\n  d.jpg: '1987-07-14T15:30:12'\n");
    let dates: Vec<_> = metadata.dates.iter().map(|(file, taken)| format!("{file} {taken}")).collect();
    assert_eq!(dates, ["a.jpg 1987-07-14T00:00:00", "b.jpg 1987-07-14T15:30:00", "d.jpg 1987-07-14T15:30:12"]);
}

#[test]
fn ten_thousand_captions_and_dates_are_no_bomb() {
    let lines = |key: &str, value: &str| {
        let lines = (0..10_000).map(|i| format!("  IMG_{i:05}.jpg: {value}\n"));
        format!("{key}:\n{}", lines.collect::<String>())
    };
    let metadata = good(&(lines("captions", "The tram") + &lines("dates", "2019-07-14 15:30:00")));
    assert_eq!((metadata.captions.len(), metadata.dates.len()), (10_000, 10_000));
}

#[test]
fn what_is_kept_reads_back() {
    for text in [
        "date: 2024",
        "date: '2024-02'",
        "date: 2024-02-29",
        "sort: taken desc\ntitle: ä",
        "hidden: on",
        "downloads: no",
        "order: [b, a]",
        "dates: {a.jpg: 1987-07-14, b.jpg: '1987-07-14 15:30'}",
        "",
    ] {
        let metadata = good(text);
        let json = serde_json::to_string(&metadata).unwrap();
        assert_eq!(serde_json::from_str::<Metadata>(&json).unwrap(), metadata, "{json}");
    }
}

#[test]
fn an_empty_file_says_nothing() {
    for text in ["", " \n", "# only a remark\n", "---\n", "{}"] {
        assert_eq!(good(text), Metadata::default(), "{text:?}");
    }
}

#[test]
fn a_broken_file_tells_line_and_column() {
    for (text, line) in [
        ("title: \"open\nx: y", "line "),
        ("title: ok\n\tcomment1: tab", "line 1"),
        ("title: ok\nhidden: perhaps\n", "line 2, column 9"),
        ("title: ok\nsort: upwards\n", "line 2, column 7"),
        ("title: ok\n\ndate: yesterday\n", "line 3, column 7"),
        ("title: [a, b]\n", "line 1, column 8: here should be a text"),
        ("title: ok\norder: name\n", "line 2, column 8"),
        ("downloads: never\n", "line 1, column 12: here should be `true` or `false`, not `never`"),
        ("title: a\ntitle: b\n", "line 2, column 1: `title` is written twice"),
        ("- a\n- b\n", "line 1, column 1: here should be lines of the form `key: value`"),
        ("just words", "line 1"),
        ("dates:\n  a.jpg: last summer\n", "line 2, column 10: a photo's date is written 1987-07-14"),
    ] {
        let problem = read(text.as_bytes()).unwrap_err().to_string();
        assert!(problem.contains(line), "{text:?}: {problem}");
        assert!(!problem.contains('\n'));
    }
    let problem = read("title: a\nx: ü".as_bytes().iter().chain(b"\xFF").copied().collect::<Vec<_>>().as_slice());
    assert_eq!(problem.unwrap_err().to_string(), "line 2, column 5: the file is not written in UTF-8");
}

#[test]
fn the_words_of_a_problem_name_what_is_allowed() {
    let problem = read(b"date: yesterday").unwrap_err().to_string();
    assert!(problem.contains("2024-05-06") && problem.contains("yesterday"), "{problem}");
}

#[test]
fn bombs_are_refused() {
    let levels = ('b'..='k').zip('a'..).map(|(this, last)| {
        let eight = vec![format!("*{last}"); 8].join(", ");
        format!("{this}: &{this} [{eight}]\n")
    });
    let laughs = format!("a: &a [x, x, x, x, x, x, x, x, x]\n{}", levels.collect::<String>());
    assert!(read(laughs.as_bytes()).is_err());
    assert!(read("[".repeat(10_000).as_bytes()).is_err());
    assert!(
        read(format!("title: {}", "x".repeat(3_000_000)).as_bytes()).unwrap_err().to_string().contains("3000007 bytes")
    );
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "(title|date|sort|hidden|captions|[ \\n:\\-\"'{}\\[\\]&*!|>#%]|\\PC){0,40}") {
        let _ = read(text.as_bytes());
    }

    #[test]
    fn every_quoted_title_comes_through(title in "\\PC{1,60}") {
        let yaml = format!("title: {}", serde_json::to_string(&title).unwrap());
        let trimmed = title.trim();
        let metadata = good(&yaml);
        prop_assert_eq!(metadata.title.as_deref(), (!trimmed.is_empty()).then_some(trimmed));
    }
}
