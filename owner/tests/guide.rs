//! The owner's guide: each command is run and has to say what the guide shows; each link has to lead somewhere.
//!
//! `HEIRLOOM_GUIDE=write cargo test -p heirloom --test guide` writes what the commands say into blocks that show nothing yet.

mod scene;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use scene::{Serving, files, heirloom, interrupt, run, text, until, write};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// The pages of the book, in its order.
fn pages() -> Vec<String> {
    let summary = fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    let pages: Vec<String> = links(&summary).into_iter().filter(|link| is_page(link)).collect();
    assert!(pages.len() > 8, "{pages:?}");
    pages
}

/// A block of commands, each with what it says.
struct Block {
    /// Lines from, to, without the fences.
    lines: std::ops::Range<usize>,
    commands: Vec<(String, Vec<String>)>,
}

fn blocks(page: &str) -> Vec<Block> {
    let lines: Vec<&str> = page.lines().collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        at += 1;
        if lines[at - 1] != "```console" {
            continue;
        }
        let end = at + lines[at..].iter().position(|line| *line == "```").expect("every block ends");
        let mut commands: Vec<(String, Vec<String>)> = Vec::new();
        for line in &lines[at..end] {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command.to_owned(), Vec::new())),
                (None, Some((_, said))) => said.push((*line).to_owned()),
                (None, None) => panic!("a block begins with a command, not with `{line}`"),
            }
        }
        blocks.push(Block { lines: at..end, commands });
    }
    blocks
}

/// Whether a text is what is shown. `…` in a line stands for anything in it, `…` alone for any lines.
fn is_shown(shown: &[String], said: &[&str]) -> bool {
    match (shown.split_first(), said.split_first()) {
        (None, None) => true,
        (Some((line, rest)), _) if line.trim() == "…" => {
            (0..=said.len()).any(|skipped| is_shown(rest, &said[skipped..]))
        }
        (Some((line, rest)), Some((now, later))) => is_line(line, now) && is_shown(rest, later),
        _ => false,
    }
}

fn is_line(shown: &str, said: &str) -> bool {
    let mut parts = shown.trim_end().split('…');
    let Some(mut left) = parts.next().and_then(|first| said.trim_end().strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return left.is_empty() };
    for part in middle {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

/// Where the story plays.
struct Stage {
    folder: PathBuf,
    serving: Option<Serving>,
}

impl Stage {
    fn set(folder: &Path) -> Self {
        let photo = |name: &str, seed| write(&folder.join(name), owner::sample::small(seed, 320, 240));
        for (seed, name) in
            ["Family/beach.jpg", "Family/Lisbon/tram.jpg", "Family/Lisbon/tower.jpg", "Holidays/lake.jpg"]
                .iter()
                .enumerate()
        {
            photo(&format!("Pictures/{name}"), seed as u64 + 1);
        }
        // Its file says when it was taken.
        photo("Camera/IMG_0001.jpg", 9);
        let july = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_721_000_000);
        fs::File::options().write(true).open(folder.join("Camera/IMG_0001.jpg")).unwrap().set_modified(july).unwrap();
        write(&folder.join("Camera/IMG_0001.AAE"), "x");
        write(
            &folder.join("mail.toml"),
            "[mail]\nserver = \"smtp.example.org\"\nuser = \"family@example.org\"\nfrom = \"photos@example.org\"\naddress = \
             \"https://photos.example.org\"\n",
        );
        // What Google Takeout and a scanner's program leave.
        let mut takeout = zip::ZipWriter::new(fs::File::create(folder.join("takeout-001.zip")).unwrap());
        let mut inside = |name: &str, bytes: &[u8]| {
            let path = format!("Takeout/Google Photos/{name}");
            takeout.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut takeout, bytes).unwrap();
        };
        inside("Lake Garda/metadata.json", br#"{"title": "Lake Garda", "description": "", "access": "protected"}"#);
        for (seed, name) in [(20, "Lake Garda/sail.jpg"), (21, "Photos from 2018/snow.jpg")] {
            inside(name, &owner::sample::small(seed, 320, 240));
            let notes = r#"{"title": "", "description": "Windy!", "photoTakenTime": {"timestamp": "1530972000"}}"#;
            inside(&format!("{name}.json"), notes.as_bytes());
        }
        takeout.finish().unwrap();
        photo("Scans/house.jpg", 22);
        let xmp = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
            <rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="1961-08-03T15:30:00"/>
            </rdf:RDF></x:xmpmeta>"#;
        write(&folder.join("Scans/house.jpg.xmp"), xmp);
        write(&folder.join("old-gallery.htpasswd"), "karl:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00\n");
        Self { folder: folder.to_owned(), serving: None }
    }

    /// What a command says on a terminal, as lines.
    fn play(&mut self, command: &str) -> String {
        if command == "heirloom serve" {
            let serving = Serving::start(&self.folder);
            let said = serving.said.join("\n");
            self.serving = Some(serving);
            return self.told(&said);
        }
        if let Some(arguments) = command.strip_prefix("heirloom demo ") {
            return demo(&self.folder, arguments);
        }
        let program = Path::new(env!("CARGO_BIN_EXE_heirloom")).parent().unwrap();
        let path = std::env::join_paths(
            std::iter::once(program.to_owned()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        )
        .unwrap();
        let mut shell = Command::new("sh");
        // Both streams as the terminal shows them.
        shell.args(["-c", &format!("exec 2>&1; {command}")]).current_dir(&self.folder).env("PATH", path);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEIRLOOM_")) {
            shell.env_remove(name);
        }
        let output = shell.env("TZ", "UTC").env("LC_ALL", "C.UTF-8").output().unwrap();
        if self.serving.is_some() && ["upload", "album", "watch", "import"].iter().any(|word| command.contains(word)) {
            // The gallery follows in a moment; the next command is about what is then.
            until("the pages follow", || run(&self.folder, &["verify", "--quick"]).status.success());
            // The gallery's own record is a build's last.
            until("the builds are through", || {
                let status = run(&self.folder, &["status", "--json"]);
                let told: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap_or_default();
                ["resize", "build"].iter().all(|queue| told["queues"][queue]["waiting"] == 0)
            });
        }
        self.told(&text(&output.stdout))
    }

    /// With the ports that a gallery has when nobody says otherwise.
    fn told(&self, said: &str) -> String {
        let Some(serving) = &self.serving else { return said.to_owned() };
        let s3 = local::machine::Running::on(&self.folder.join("heirloom-data")).expect("it runs").s3.to_string();
        let folder = self.folder.canonicalize().unwrap().to_string_lossy().into_owned();
        let usual = said.replace(&serving.address, "127.0.0.1:8080").replace(&s3, "127.0.0.1:9000");
        usual.replace(&folder, "/home/gerda")
    }
}

/// What the demo says until it is ready, with the port that it has when nobody says otherwise.
fn demo(folder: &Path, arguments: &str) -> String {
    let mut command = heirloom(folder);
    command.arg("demo").args(arguments.split(' ')).args(["--port", "0", "--s3-port", "0"]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(process.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let usual = line.split_once("localhost:").map(|(before, after)| {
            format!("{before}localhost:8080{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
        });
        let is_ready = line.contains("Ctrl-C");
        said.push(usual.unwrap_or(line));
        if is_ready {
            break;
        }
    }
    interrupt(&process);
    assert!(process.wait().unwrap().success(), "{said:?}");
    said.join("\n")
}

fn is_page(file: &str) -> bool {
    std::path::Path::new(file).extension().is_some_and(|kind| kind == "md")
}

#[test]
fn every_command_says_what_the_guide_shows() {
    let place = tempfile::tempdir().unwrap();
    let mut stage = Stage::set(place.path());
    let writes = std::env::var_os("HEIRLOOM_GUIDE").is_some_and(|word| word == "write");
    let mut wrong = Vec::new();
    let mut count = 0;
    for name in pages() {
        let file = docs().join(&name);
        let page = fs::read_to_string(&file).unwrap();
        let mut new: Vec<String> = page.lines().map(str::to_owned).collect();
        for block in blocks(&page) {
            let mut shown = Vec::new();
            for (command, expected) in &block.commands {
                count += 1;
                let said = stage.play(command);
                let lines: Vec<&str> = said.lines().collect();
                shown.push(format!("$ {command}"));
                if writes && expected.is_empty() {
                    shown.extend(lines.iter().map(|line| (*line).to_owned()));
                } else {
                    shown.extend(expected.iter().cloned());
                    if !is_shown(expected, &lines) {
                        wrong.push(format!("docs/{name}:\n$ {command}\n{said}"));
                    }
                }
            }
            if writes {
                // Lines keep their places until the page is put together.
                new[block.lines.start] = shown.join("\n");
                for line in &mut new[block.lines.start + 1..block.lines.end] {
                    "\0".clone_into(line);
                }
            }
        }
        if writes {
            new.retain(|line| line != "\0");
            fs::write(&file, new.join("\n") + "\n").unwrap();
        }
    }
    assert!(count > 30, "only {count} commands");
    assert!(wrong.is_empty(), "these commands say something else than the guide shows:\n\n{}", wrong.join("\n"));
}

#[test]
fn every_subcommand_is_in_the_guide() {
    use clap::CommandFactory;
    let mut book: String = pages().iter().map(|page| fs::read_to_string(docs().join(page)).unwrap()).collect();
    // What is for the first day alone is told there.
    book += &fs::read_to_string(docs().join("../README.md")).unwrap();
    for command in owner::cli::Arguments::command().get_subcommands() {
        let name = command.get_name();
        assert!(book.contains(&format!("heirloom {name}")), "the guide does not show `heirloom {name}`");
    }
}

/// Where the links of a page lead: `[words](target)`, outside of code.
fn links(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        for part in plain.split("](").skip(1) {
            found.extend(part.split(')').next().map(str::to_owned));
        }
    }
    found
}

/// The anchors of a page, as mdBook and GitHub make them from headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut in_code = false;
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if let (false, Some(heading)) = (in_code, line.strip_prefix('#')) {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
            let seen = found.entry(slug.clone()).or_default();
            anchors.insert(if *seen == 0 { slug } else { format!("{slug}-{seen}") });
            *seen += 1;
        }
    }
    anchors
}

#[test]
fn every_link_leads_somewhere() {
    let root = docs().join("..");
    let book = pages();
    let mut from: Vec<PathBuf> = files(&docs()).into_iter().map(|file| docs().join(file)).collect();
    from.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    for name in ["README.md", "ARCHITECTURE.md", "SECURITY.md"] {
        from.push(root.join(name));
    }
    for file in &from {
        let page = fs::read_to_string(file).unwrap();
        for link in links(&page) {
            if link.starts_with("https://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { file.clone() } else { file.parent().unwrap().join(path) };
            assert!(target.exists(), "{}: `{link}` leads nowhere", file.display());
            if !anchor.is_empty() {
                let there = anchors(&fs::read_to_string(&target).unwrap());
                assert!(there.contains(anchor), "{}: `{link}` names no heading of {there:?}", file.display());
            }
        }
    }
    // Every page is in the table of contents.
    for file in files(&docs()).iter().filter(|file| is_page(file) && *file != "SUMMARY.md") {
        assert!(book.contains(file), "docs/SUMMARY.md does not name {file}");
    }
}

#[test]
fn an_ellipsis_stands_for_what_changes() {
    let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(is_shown(&shown("a … c\n…\nend"), &["a b c", "1", "2", "end"]));
    assert!(is_shown(&shown("…"), &[]));
    assert!(!is_shown(&shown("a … d"), &["a b c"]));
    assert!(!is_shown(&shown("a"), &["a", "b"]));
    assert!(!is_shown(&shown("…b…b"), &["b"]), "each part has a place of its own");
}
