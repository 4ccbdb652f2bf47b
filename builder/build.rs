//! Embeds the web build: reads `web/dist/manifest.json` and writes a table of its files.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// What the pages refer to by name.
const NEEDED: [&str; 11] = [
    "site.css",
    "across.css",
    "paper.css",
    "head.js",
    "site.js",
    "land.json",
    "icon.svg",
    "icon-180.png",
    "icon-192.png",
    "icon-512.png",
    "icon-maskable-512.png",
];

fn main() {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("web/dist");
    println!("cargo::rerun-if-changed={}", dist.join("manifest.json").display());
    let Ok(manifest) = fs::read_to_string(dist.join("manifest.json")) else {
        println!(
            "cargo::error=the web assets are not built: run `make web` (or `npm ci && npm run build` in builder/web)"
        );
        return;
    };
    let manifest: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&manifest).expect("web/dist/manifest.json is an object of names");
    for name in NEEDED {
        assert!(manifest.contains_key(name), "web/dist/manifest.json lacks `{name}`: run `make web` again");
    }
    let mut table = String::from("/// Every file of the web build.\npub(crate) const ASSETS: &[Asset] = &[\n");
    for (logical, name) in &manifest {
        let name = name.as_str().expect("a name is text");
        let file = dist.join(name).display().to_string();
        println!("cargo::rerun-if-changed={file}");
        writeln!(table, "    Asset {{ logical: {logical:?}, name: {name:?}, bytes: include_bytes!({file:?}) }},")
            .expect("text grows");
    }
    let favicon = dist.join("favicon.ico").display().to_string();
    let worker = dist.join("sw.js").display().to_string();
    let texts = dist.join("texts.json").display().to_string();
    println!("cargo::rerun-if-changed={worker}\ncargo::rerun-if-changed={texts}");
    writeln!(table, "];\n/// `favicon.ico`.\npub(crate) const FAVICON: &[u8] = include_bytes!({favicon:?});\n/// `sw.js`.\npub(crate) const WORKER: &[u8] = include_bytes!({worker:?});\n/// `texts.json`.\npub(crate) const TEXTS: &str = include_str!({texts:?});")
        .expect("text grows");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("assets.rs");
    fs::write(out, table).expect("cargo's own folder is writable");
}
