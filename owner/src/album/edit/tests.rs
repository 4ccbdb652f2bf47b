use proptest::prelude::*;

use super::*;

#[expect(clippy::unnecessary_wraps, reason = "as `edit` takes it")]
fn text(words: &str) -> Option<&Value> {
    Some(Box::leak(Box::new(Value::Text(words.to_owned()))))
}

fn set(yaml: &str, path: &[&str], value: Option<&Value>) -> String {
    edit(yaml, path, value).unwrap_or_else(|error| panic!("{yaml}: {error}"))
}

#[test]
fn a_value_changes_and_nothing_else() {
    let yaml =
        "# Ours\ntitle:   Lake   # the big one\n\nhidden: no\ncaptions:\n  a.jpg: 'A'   # first\n  b.jpg: B\n\n# end\n";
    assert_eq!(set(yaml, &["title"], text("Sea")), yaml.replace("Lake ", "Sea "));
    assert_eq!(set(yaml, &["hidden"], Some(&Value::Flag(true))), yaml.replace("hidden: no", "hidden: true"));
    assert_eq!(set(yaml, &["captions", "a.jpg"], text("x: y")), yaml.replace("'A'", "'x: y'"));
    assert_eq!(set(yaml, &["captions", "c.jpg"], text("C")), yaml.replace("b.jpg: B\n", "b.jpg: B\n  c.jpg: C\n"));
    assert_eq!(set(yaml, &["cover_image"], text("a.jpg")), yaml.replace("B\n", "B\ncover_image: a.jpg\n"));
    assert_eq!(set(yaml, &["captions", "b.jpg"], None), yaml.replace("  b.jpg: B\n", ""));
    assert_eq!(set(yaml, &["title"], None), yaml.replace("title:   Lake   # the big one\n", ""));
    assert_eq!(set(yaml, &["title"], text("Lake")), yaml);
}

#[test]
fn whatever_way_it_is_written() {
    for (yaml, path, value, wanted) in [
        ("", &["title"][..], text("A"), "title: A\n"),
        ("# mine", &["title"], text("A"), "# mine\ntitle: A\n"),
        ("", &["captions", "a b.jpg"], text("A"), "captions:\n  a b.jpg: A\n"),
        ("a: 1\r\nb: 2\r\n", &["title"], text("A"), "a: 1\r\nb: 2\r\ntitle: A\r\n"),
        ("a: 1", &["title"], text("A"), "a: 1\ntitle: A"),
        ("title:\nb: 2\n", &["title"], text("A"), "title: A\nb: 2\n"),
        ("title: ~ # none\n", &["title"], text("A"), "title: A # none\n"),
        ("title: |\n  Two\n  lines\nb: 2\n", &["title"], text("A"), "title: A\nb: 2\n"),
        ("title: >-\n  Two\n  lines\n\n# c\nb: 2\n", &["title"], text("A"), "title: A\n\n# c\nb: 2\n"),
        ("description: |\n  Words\n\n\n", &["title"], text("A"), "description: |\n  Words\ntitle: A\n\n\n"),
        ("captions:\nb: 2\n", &["captions", "a"], text("A"), "captions:\n  a: A\nb: 2\n"),
        ("captions: {}\n", &["captions", "a"], text("A, B"), "captions: {a: 'A, B'}\n"),
        ("captions: {a: 1, b: 2}\n", &["captions", "c"], text("C"), "captions: {a: 1, b: 2, c: C}\n"),
        ("captions: {a: 1, b: 2}\n", &["captions", "a"], None, "captions: {b: 2}\n"),
        ("captions: {a: 1, b: 2}\n", &["captions", "b"], None, "captions: {a: 1}\n"),
        ("x: 1\ncaptions:\n  a: 1\ny: 2\n", &["captions", "a"], None, "x: 1\ny: 2\n"),
        ("{title: A, hidden: true}\n", &["title"], text("B"), "{title: B, hidden: true}\n"),
        ("---\ntitle: A\n...\n", &["title"], text("B"), "---\ntitle: B\n...\n"),
        ("\"title\": 'A'\n", &["title"], text("it's #1"), "\"title\": 'it''s #1'\n"),
        ("order:\n  - a\n  - b\n# c\n", &["order"], text("A"), "order: A\n# c\n"),
        ("title: A\n", &["title"], text("two\nlines"), "title: \"two\\nlines\"\n"),
        ("title: A\n", &["title"], text("yes"), "title: 'yes'\n"),
        ("title: A\n", &["title"], text("2024"), "title: '2024'\n"),
        ("  title: A\n", &["hidden"], Some(&Value::Flag(true)), "  title: A\n  hidden: true\n"),
    ] {
        assert_eq!(set(yaml, path, value), wanted, "{yaml:?}");
    }
}

#[test]
fn what_cannot_be_changed_with_confidence_is_left() {
    let refused = |yaml: &str, path: &[&str]| edit(yaml, path, text("A")).unwrap_err().to_string();
    assert!(refused("title: \"open\nb: 2\n", &["title"]).starts_with("line "), "no YAML");
    assert!(refused("a: 1\n b: 2\n", &["title"]).contains("column"));
    assert!(refused("- a list\n", &["title"]).contains("by hand"));
    assert!(refused("captions: words\n", &["captions", "a"]).contains("captions: a"));
    assert!(refused("title: &t X\nb: *t\n", &["title"]).contains("by hand"), "somebody refers to it");
    assert!(refused("description: |+\n  Words\n\n", &["title"]).contains("by hand"), "its blank lines count");
    assert!(refused("a: 1\n---\nb: 2\n", &["title"]).contains("by hand"), "two documents");
}

/// Files as people write them: keys in any order, quotes, comments, blank lines, lists and blocks.
fn files() -> impl Strategy<Value = String> {
    let entry = prop_oneof![
        "[a-z]{1,6}: [a-zA-Z0-9 ]{0,12}[a-z]",
        "[a-z]{1,6}: '[a-zA-Z0-9:#, ]{0,12}'",
        "[a-z]{1,6}: \"[a-zA-Z0-9:#, ]{0,12}\"  # [a-z ]{0,9}",
        "[a-z]{1,6}: \\|\n  [a-z]{1,9}\n  [a-z]{1,9}",
        "[a-z]{1,6}:\n  - [a-z]{1,5}\n  - [a-z]{1,5}",
        "[a-z]{1,6}: \\[[a-z]{1,5}, [a-z]{1,5}\\]",
        "[a-z]{1,6}:",
        "# [a-z :]{0,20}",
        "",
    ];
    (proptest::collection::vec(entry, 0..8), any::<bool>()).prop_map(|(lines, ends)| {
        let lines: Vec<String> = lines.into_iter().enumerate().map(|(n, line)| numbered(n, line)).collect();
        let text = lines.join("\n");
        if ends && !text.is_empty() { text + "\n" } else { text }
    })
}

/// No key twice.
fn numbered(n: usize, line: String) -> String {
    match line.split_once(':') {
        Some((key, rest)) if !line.starts_with('#') => format!("{key}{n}:{rest}"),
        _ => line,
    }
}

proptest! {
    #[test]
    fn everything_else_stays_byte_for_byte(yaml in files(), first in ".{0,20}", second in "[ -~]{0,20}") {
        // New, changed, and gone again.
        let set = |yaml: &str, path: &[&str], value| edit(yaml, path, value);
        let first = Value::Text(first);
        let second = Value::Text(second);
        let with = set(&yaml, &["title"], Some(&first)).unwrap();
        let told = parse(&with).unwrap().unwrap().shape();
        prop_assert_eq!(told, parse(&yaml).unwrap().map_or(Shape::Nothing, |n| n.shape()).with(&["title"], Some(&first)).unwrap());
        let changed = set(&with, &["title"], Some(&second)).unwrap();
        prop_assert_eq!(set(&changed, &["title"], Some(&first)).unwrap(), with.clone());
        let gone = set(&with, &["title"], None).unwrap();
        let ended = if yaml.is_empty() || yaml.ends_with('\n') { yaml.clone() } else { format!("{yaml}\n") };
        prop_assert!(gone == yaml || gone == ended, "{yaml:?} became {gone:?} by way of {with:?}");

        let with = set(&yaml, &["captions", "a b: c.jpg"], Some(&first)).unwrap();
        let both = set(&with, &["captions", "2.jpg"], Some(&second)).unwrap();
        prop_assert_eq!(set(&both, &["captions", "2.jpg"], None).unwrap(), with.clone());
        let gone = set(&with, &["captions", "a b: c.jpg"], None).unwrap();
        prop_assert!(gone == yaml || gone == ended, "{yaml:?} became {gone:?} by way of {with:?}");
    }

    #[test]
    fn nonsense_is_refused_or_changed_as_asked(yaml in ".{0,60}") {
        if let Ok(new) = edit(&yaml, &["title"], Some(&Value::Text("A".into()))) {
            prop_assert_eq!(edit(&new, &["title"], Some(&Value::Text("A".into()))).unwrap(), new.clone());
        }
    }
}
