//! Markdown of the owner's, as HTML that can do no harm.
//!
//! What the parser finds passes a list of what may stay, before anything is written: no HTML of the owner's (it is shown
//! as the text that it is), no pictures (the page's own are the album's), no links but to the web, to mail and into the
//! gallery. The writer escapes everything else.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// A text with paragraphs.
pub(crate) fn block(text: &str) -> Markup {
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_SMART_PUNCTUATION;
    // Links do not lie in links, so one flag is enough to find the end of one that was left out.
    let mut link_is_kept = true;
    let events = Parser::new_ext(text, options).filter_map(|event| {
        Some(match event {
            Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
            Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                link_is_kept = may_lead_to(dest_url);
                return link_is_kept.then_some(event);
            }
            Event::End(TagEnd::Link) => return link_is_kept.then_some(event),
            Event::Start(Tag::CodeBlock(_)) => Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)),
            // The page's own headings come first.
            Event::Start(Tag::Heading { level, .. }) => {
                Event::Start(Tag::Heading { level: below(level), id: None, classes: Vec::new(), attrs: Vec::new() })
            }
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below(level))),
            Event::Text(_)
            | Event::Code(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::Start(
                Tag::Paragraph
                | Tag::BlockQuote(_)
                | Tag::List(_)
                | Tag::Item
                | Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough,
            )
            | Event::End(
                TagEnd::Paragraph
                | TagEnd::BlockQuote(_)
                | TagEnd::CodeBlock
                | TagEnd::List(_)
                | TagEnd::Item
                | TagEnd::Emphasis
                | TagEnd::Strong
                | TagEnd::Strikethrough,
            ) => event,
            // Pictures, of which the words stay, and whatever else there may be one day.
            _ => return None,
        })
    });
    let mut written = String::new();
    html::push_html(&mut written, events);
    PreEscaped(written)
}

/// Whether a link may stay: it names the web or mail, or a path of the gallery's own.
pub(crate) fn may_lead_to(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    let elsewhere = ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    // Browsers read a backslash as a slash, and leave out what cannot be printed.
    let here = address.starts_with('/') && !address[1..].starts_with(['/', '\\']);
    (elsewhere || here) && !address.contains(char::is_control)
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
        assert_eq!(link, "<p><a href=\"https://example.org/?a=1&amp;b=2\">the inn</a></p>");
        assert!(html("[x](/albums/Family/)").contains("href=\"/albums/Family/\""));
        for bad in [
            "[x](javascript:alert(1))",
            "[x](data:text/html,x)",
            "[x](vbscript:x)",
            "<javascript:alert(1)>",
            "[x](//example.org)",
            "[x](/\\example.org)",
        ] {
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
                // A link's address is the one thing in a tag that the owner writes.
                let address = inside.strip_prefix("a href=\"").map(|rest| rest.split('"').next().unwrap_or_default());
                let plain = inside.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | ' '));
                prop_assert!(plain || address.is_some_and(may_lead_to) || inside.starts_with("ol start="), "{}", inside);
            }
        }
    }
}
