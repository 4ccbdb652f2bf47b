//! Every requirement of the security model has a test that names it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use walkdir::WalkDir;

/// Requirement 1 to 28, as the tests name them: in a comment ("Requirement 7", "Requirements 9 and 10") or in a name
/// (`requirement_07_…`).
#[test]
fn every_requirement_is_named_by_a_test() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let foreign = |name: &str| matches!(name, "target" | "node_modules" | "dist" | ".git" | "cdk.out");
    let mut named = BTreeSet::new();
    for entry in WalkDir::new(root).into_iter().filter_entry(|e| !foreign(&e.file_name().to_string_lossy())) {
        let entry = entry?;
        let path = entry.path();
        let source = path.extension().is_some_and(|e| ["rs", "ts", "mjs", "py"].iter().any(|known| e == *known));
        if !source || path.ends_with("journeys/requirements.rs") {
            continue;
        }
        named.extend(named_in(&std::fs::read_to_string(path)?));
    }
    let missing: Vec<u32> = (1..=28).filter(|number| !named.contains(number)).collect();
    assert!(missing.is_empty(), "no test names requirement {missing:?}");
    Ok(())
}

/// The numbers after each "Requirement", "Requirements" or "requirement_", up to the next word that is no number.
fn named_in(source: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for (at, word) in source.match_indices("equirement") {
        let rest = source[at + word.len()..].trim_start_matches(['s', ' ', '_']);
        for word in rest.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
            match word.parse() {
                Ok(number) => found.push(number),
                Err(_) if word == "and" || word == "to" => {}
                Err(_) => break,
            }
        }
    }
    found
}

#[test]
fn numbers_are_read_as_they_are_written() {
    assert_eq!(named_in("/// Requirements 9, 10 and 12.\nfn x() {}"), [9, 10, 12]);
    assert_eq!(named_in("fn requirement_07_cookies() {}"), [7]);
    assert_eq!(named_in("what is required"), [] as [u32; 0]);
}
