//! The upload page. It carries its style and its script itself, each allowed by its hash, and may talk to the gallery and
//! to the source bucket, and to nobody else.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use data_encoding::BASE64;
use maud::{Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::wanted;
use super::words::Words;
use crate::page;
use crate::texts::Texts;

static SCRIPT: &str = include_str!("page.js");

/// The content security policy of the page. `bucket` is where the browser sends files, if not to the gallery.
pub(super) fn policy(bucket: Option<&str>) -> String {
    static HASH: OnceLock<String> = OnceLock::new();
    let script = HASH.get_or_init(|| format!("sha256-{}", BASE64.encode(&Sha256::digest(SCRIPT.as_bytes()))));
    let bucket = bucket.map(|bucket| format!(" {bucket}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src '{script}'; style-src '{}'; img-src 'self'; connect-src 'self'{bucket}; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        page::style_hash()
    )
}

/// The page: an album, a place to drop files, and what becomes of them.
pub(super) fn upload(texts: &Texts, title: &str, albums: &BTreeSet<String>) -> Markup {
    let words = Words::of(texts);
    page::cover(
        texts,
        title,
        &html! {
            form #upload data-words=(words.of_script()) data-largest=(wanted::LARGEST) {
                label for="album" { (words.album) }
                input #album type="text" list="albums" required maxlength="900" autocomplete="off"
                    placeholder=(words.example) aria-describedby="album-rule";
                datalist #albums { @for album in albums { option value=(album) {} } }
                p #album-rule .rule { (words.rule) }
                input #files type="file" multiple accept=(wanted::accepted());
                label #drop .drop for="files" {
                    strong { (words.choose) }
                    span { (words.or_drop) }
                }
            }
            section #progress aria-live="polite" hidden {
                progress #bar max="1" value="0" aria-label=(words.so_far) {}
                p #told .rule { }
                ul #problems { }
                button #again .second type="button" hidden { (words.again) }
            }
            noscript { p .notice { (words.no_script) } }
            p .on { a href="/" { (texts.to_gallery) } }
            script { (PreEscaped(SCRIPT)) }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn albums_are_offered_as_text() {
        let page = upload(Texts::wanted("de"), "G", &BTreeSet::from(["Family/<b>\"x\"".to_owned()])).into_string();
        assert!(page.contains("<option value=\"Family/&lt;b&gt;&quot;x&quot;\">"), "{page}");
        assert!(page.contains("<html lang=\"de\">") && page.contains("Fotos auswählen"), "{page}");
        assert!(page.contains("multiple") && page.contains("accept=\"image/*") && page.contains(",.nrw,"), "{page}");
        assert!(page.contains("data-largest=\"536870912\""), "{page}");
        assert!(!SCRIPT.contains("</script") && !SCRIPT.contains("innerHTML"));
    }

    #[test]
    fn the_policy_allows_one_script_and_one_bucket() {
        assert!(policy(None).contains("connect-src 'self';"));
        let policy = policy(Some("https://bucket.example"));
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"));
        assert!(policy.contains("connect-src 'self' https://bucket.example;"));
        assert!(policy.contains("script-src 'sha256-"));
    }
}
