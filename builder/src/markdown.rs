//! Markdown of the owner's, as HTML that can do no harm.

use std::collections::HashSet;
use std::sync::LazyLock;

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// What stays in a text. There are no pictures (the page's own are the album's), no scripts, styles, forms or frames,
/// and links lead to the web, to mail, or into the gallery.
static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let tags = [
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ];
    let mut sanitiser = ammonia::Builder::default();
    sanitiser
        .tags(HashSet::from(tags))
        .generic_attributes(HashSet::from(["dir", "lang"]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener noreferrer"));
    sanitiser
});

/// A text with paragraphs. HTML in it is shown as the text that it is.
pub(crate) fn block(text: &str) -> Markup {
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES | Options::ENABLE_SMART_PUNCTUATION;
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        // The page's own headings come first.
        Event::Start(Tag::Heading { level, .. }) => {
            Event::Start(Tag::Heading { level: below(level), id: None, classes: Vec::new(), attrs: Vec::new() })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below(level))),
        // A picture becomes its words.
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => Event::Text(CowStr::Borrowed("")),
        other => other,
    });
    let mut written = String::new();
    html::push_html(&mut written, events);
    PreEscaped(SANITISER.clean(&written).to_string())
}

/// Two levels down.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn html(text: &str) -> String {
        block(text).into_string().replace('\n', "")
    }

    #[test]
    fn empty_lines_part_paragraphs() {
        assert_eq!(html("One\ntwo.\n\n\nThree."), "<p>Onetwo.</p><p>Three.</p>");
        assert_eq!(html("*slow* **very**"), "<p><em>slow</em> <strong>very</strong></p>");
        assert_eq!(html("# Day 1\n- a\n- b"), "<h3>Day 1</h3><ul><li>a</li><li>b</li></ul>");
    }

    #[test]
    fn links_lead_to_the_web_to_mail_or_into_the_gallery() {
        let link = html("[the inn](https://example.org/?a=1&b=2)");
        assert!(link.contains("href=\"https://example.org/?a=1&amp;b=2\"") && link.contains("noopener"), "{link}");
        assert!(html("[x](/albums/Family/)").contains("href=\"/albums/Family/\""));
        for bad in ["[x](javascript:alert(1))", "[x](data:text/html,x)", "[x](vbscript:x)", "<javascript:alert(1)>"] {
            assert!(!html(bad).contains("href"), "{bad}");
        }
    }

    #[test]
    fn html_is_text_and_pictures_are_words() {
        assert!(html("<script>alert(1)</script>").contains("&lt;script&gt;"));
        assert!(html("a <b onclick=\"x\">b</b>").contains("&lt;b onclick"));
        assert_eq!(html("![a cat](https://example.org/c.png)"), "<p>a cat</p>");
    }

    proptest! {
        #[test]
        fn nothing_gets_through(text in "([<>\"'`*_#!\\[\\]()/&;:=\\n ]|script|img|onerror|javascript|style|href|\\PC){0,60}") {
            let written = html(&text).to_lowercase();
            for tag in ["<script", "<img", "<style", "<iframe", "<form", "<svg", "<input"] {
                prop_assert!(!written.contains(tag), "{}", written);
            }
            for inside in written.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
                prop_assert!(!inside.contains("javascript:") && !inside.contains(" on") && !inside.contains("style="));
            }
        }
    }
}
