use gallery::{AlbumPath, CollectionSlug, PhotoId};
use proptest::prelude::*;

use super::*;
use crate::catalogue::{Published, Summary, tests::catalogue, tests::facts};
use crate::gallery_record::Collection;
use crate::metadata;
use crate::settings::LANGUAGES;

/// What the content security policy forbids, on any page.
fn obeys_the_policy(html: &str) {
    for forbidden in [" style=", "<style", " onclick=", " onload=", "javascript:"] {
        assert!(!html.contains(forbidden), "{forbidden}: {html}");
    }
    for script in html.split("<script").skip(1) {
        let (tag, rest) = script.split_once('>').unwrap();
        assert!(tag.contains("src=\"/assets/"), "{tag}");
        assert!(rest.starts_with("</script>"), "{rest}");
    }
    for link in
        html.split("src=\"").skip(1).chain(html.split("<link ").skip(1).filter_map(|l| l.split("href=\"").nth(1)))
    {
        assert!(link.starts_with('/') && !link.starts_with("//"), "{link}");
    }
    for link in html.split("href=\"").skip(1) {
        let within = link.starts_with('/') && !link.starts_with("//") || link.starts_with('#');
        assert!(within || ["https:", "http:", "mailto:"].iter().any(|scheme| link.starts_with(scheme)), "{link}");
    }
}

/// The album's own page.
fn album(catalogue: &Catalogue) -> String {
    super::album(catalogue, &Settings::default()).remove("").unwrap()
}

fn collection(catalogue: &Catalogue) -> (CollectionSlug, Collection) {
    (catalogue.album().collection(), Collection::of(catalogue, "\"c\""))
}

fn with_child(mut parent: Catalogue, child: &Catalogue) -> Catalogue {
    parent.children.insert(child.album().slug().clone(), Summary::of(child, "\"c\""));
    parent.pages.insert(String::new(), Published { digest: "d".into(), etag: "\"p\"".into() });
    parent
}

#[test]
fn an_album_page_has_what_a_viewer_needs() {
    let mut album_catalogue = catalogue("Family/Lisbon 2024", &[("IMG_1.jpg", Some(6)), ("the tram.jpg", Some(12))]);
    album_catalogue.described.values = metadata::read(b"comment1: A week\ncaptions: {IMG_1.jpg: Arriving}").unwrap();
    let html = album(&album_catalogue);
    obeys_the_policy(&html);
    let id = PhotoId::of_key("Family/Lisbon 2024/the tram.jpg");
    for part in [
        "<h1><bdi>Lisbon 2024</bdi></h1>",
        "6–12 May 2024",
        "2 photos",
        "<p class=\"lead\"><bdi>A week</bdi></p>",
        "<a href=\"/\" data-t=\"home\">Home</a>",
        "<a href=\"/albums/Family/\"><bdi>Family</bdi></a>",
        &format!("<figure class=\"r133\" id=\"p-{id}\""),
        "href=\"/originals/Family/Lisbon%202024/the%20tram.jpg\"",
        "alt=\"the tram\"",
        "alt=\"Arriving\"",
        "width=\"360\" height=\"270\"",
        "<form class=\"leave\" method=\"post\" action=\"/auth/logout\">",
        "<meta name=\"robots\" content=\"noindex, nofollow\">",
        "<html lang=\"en\">",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert_eq!(html.matches("fetchpriority=\"high\"").count(), 1);
}

#[test]
fn all_but_the_first_photos_are_lazy() {
    let names: Vec<String> = (0..30).map(|n| format!("{n}.jpg")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), None)).collect();
    let html = album(&catalogue("A", &files));
    assert_eq!(html.matches("<img").count(), 30);
    assert_eq!(html.matches("loading=\"lazy\"").count(), 29);
    // Where albums stand before the photos, theirs are the first pictures in sight.
    let inside = catalogue("A/B", &[("b.jpg", None)]);
    let html = album(&with_child(catalogue("A", &files), &inside));
    assert_eq!((html.matches("<img").count(), html.matches("loading=\"lazy\"").count()), (31, 30));
    let urgent = html.find("fetchpriority=\"high\"").unwrap();
    assert!(urgent < html.find("<figure").unwrap() && html.matches("fetchpriority").count() == 1, "{html}");
    let html = album(&catalogue("A", &files));
    assert!(html.contains("alt=\"Photo 30\""));
}

#[test]
fn originals_are_offered_unless_the_owner_says_no() {
    let mut photos = catalogue("A", &[("1.jpg", None)]);
    assert!(album(&photos).contains("/originals/A/1.jpg"));
    photos.described.values = metadata::read(b"downloads: no").unwrap();
    assert!(!album(&photos).contains("/originals/"));
}

#[test]
fn all_of_a_photo_is_named_where_its_original_is_offered() {
    let mut photos = catalogue("A", &[("1.heic", None)]);
    assert!(!album(&photos).contains("data-whole"));
    let photo = photos.photos.values_mut().next().unwrap();
    photo.whole =
        photo.renditions.first().map(|copy| gallery::facts::Rendition { width: 4032, height: 3024, ..copy.clone() });
    let named = format!("data-whole=\"/pics/A/{}/ab-4032.jpg\"", PhotoId::of_key("A/1.heic"));
    let html = album(&photos);
    assert!(html.contains(&named), "{html}");
    // The grid chooses among the others.
    assert!(!html.contains("4032w"));
    photos.described.values = metadata::read(b"downloads: no").unwrap();
    assert!(!album(&photos).contains("data-whole"));
}

#[test]
fn a_long_album_is_a_chain_of_pages() {
    let names: Vec<String> = (0..1_000).map(|n| format!("{n:04}.jpg")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), None)).collect();
    let mut photos = catalogue("A", &files);
    let pages = super::album(&photos, &Settings::default());
    assert!(pages.len() > 5, "{}", pages.len());
    for (name, html) in &pages {
        obeys_the_policy(html);
        assert_eq!(html.matches("data-chunks=").count(), usize::from(name.is_empty()));
        assert!(html.matches("<figure").count() <= if name.is_empty() { 60 } else { 200 });
    }
    assert_eq!(pages.values().map(|html| html.matches("<figure").count()).sum::<usize>(), 1_000);
    assert!(pages[""].contains("1,000 photos") && pages[""].contains("data-total=\"1000\""));
    // Every chunk is linked to from the first page, and the gate knows each of them as an album's.
    for name in pages.keys().filter(|name| !name.is_empty()) {
        assert!(pages[""].contains(&format!("<a href=\"/albums/A/{name}/\"")), "{name}");
        assert!(AlbumPath::parse(&format!("A/{name}")).is_ok());
    }
    // Another photo changes the page that it is on, and the first, which counts.
    photos.learn(facts("A/0500b.jpg", None, 4, 3), "\"n\"".into());
    let after = super::album(&photos, &Settings::default());
    let changed = after.iter().filter(|(name, html)| pages.get(*name) != Some(html)).count();
    assert!((2..=5).contains(&changed), "{changed}");
}

#[test]
fn the_deepest_album_is_one_page() {
    let folder = (1..=13).map(|n| n.to_string()).collect::<Vec<_>>().join("/");
    let names: Vec<String> = (0..400).map(|n| format!("{n}.jpg")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), None)).collect();
    let pages = super::album(&catalogue(&folder, &files), &Settings::default());
    assert_eq!(pages.len(), 1);
}

#[test]
fn text_is_text() {
    let name = "<script>alert(1)</script> # ? % \" ' & 🧚";
    let file = "x\" onerror=\"alert(1).jpg";
    let mut photos = catalogue("Family/inner", &[(file, Some(1))]);
    photos.folder = FolderPath::parse("Family/a <b> & \"c\" # ? % 🧚").unwrap();
    photos.described.values = metadata::read(
        format!("title: {name:?}\ncomment1: {name:?}\ndescription: {name:?}\ncaptions: {{{file:?}: {name:?}}}")
            .as_bytes(),
    )
    .unwrap();
    for html in [album(&photos), album(&with_child(catalogue("Family", &[]), &photos))] {
        obeys_the_policy(&html);
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; # ? % &quot; ' &amp; 🧚"), "{html}");
        assert!(!html.contains("<script>alert") && !html.contains("\" onerror"), "{html}");
    }
    assert!(album(&photos).contains("x%22%20onerror%3D%22alert%281%29.jpg"));
}

#[test]
fn long_titles_are_shown_whole() {
    let mut photos = catalogue("A", &[("1.jpg", None)]);
    let title = "long ".repeat(200);
    photos.described.values.title = Some(title.trim().to_owned());
    assert!(album(&photos).contains(&format!("<h1><bdi>{}</bdi></h1>", title.trim())));
}

fn home(record: &GalleryRecord, scope: &Scope) -> String {
    of_scope(record, scope).remove(&None).unwrap()
}

/// What one scope may not see is in none of the pages that another has, whichever those are.
#[test]
fn no_page_of_a_scope_tells_of_what_is_outside_it() {
    let mut record = GalleryRecord::default();
    let mut secret = catalogue("Secret/Lisbon", &[("unheard.jpg", Some(20))]);
    secret.described.values.captions.insert("unheard.jpg".into(), "whispered".into());
    secret.described.values.title = Some("Hidden title".into());
    let above = with_child(catalogue("Secret", &[]), &secret);
    record.collections.extend([collection(&above), collection(&catalogue("Friends", &[("3.jpg", Some(3))]))]);
    for collection in record.collections.values_mut() {
        collection.summary.shelves[0].uploads.push("2024-05-06T07:08:09Z".parse().unwrap());
    }
    record.settings.values.map = Some(crate::settings::Map::default());
    let friends: Scope = serde_json::from_str("[\"Friends\"]").unwrap();
    let pages = of_scope(&record, &friends);
    let everything = of_scope(&record, &Scope::All);
    for (page, text) in &pages {
        for private in ["Secret", "Lisbon", "unheard", "whispered", "Hidden"] {
            assert!(!text.contains(private), "{page:?}: {text}");
        }
        assert!(everything.contains_key(page), "{page:?}");
    }
    assert!(pages.len() >= 8, "{:?}", pages.keys());
    for page in [None, Some(ScopePage::Year(2024)), Some(ScopePage::Feed)] {
        assert!(pages[&page].contains("Friends") && everything[&page].contains("Hidden title"), "{page:?}");
    }
    for (page, html) in everything.iter().filter(|(page, _)| page.is_none_or(ScopePage::is_page)) {
        assert!(html.contains("/feed.xml") && html.contains("manifest.webmanifest"), "{page:?}");
        obeys_the_policy(html);
    }
}

#[test]
fn home_shows_each_collection_in_its_way() {
    let mut record = GalleryRecord::default();
    let lisbon = catalogue("Family/Lisbon", &[("1.jpg", Some(20))]);
    let family = with_child(catalogue("Family", &[("2.jpg", Some(2))]), &lisbon);
    record.collections.extend([collection(&family), collection(&catalogue("Friends", &[("3.jpg", Some(3))]))]);
    let html = home(&record, &Scope::All);
    obeys_the_policy(&html);
    for part in [
        "class=\"feature\" href=\"/albums/Family/Lisbon/\"",
        "<h2><a href=\"/albums/Family/\"><bdi>Family</bdi></a></h2>",
        "1 more photo<",
        "class=\"card\" href=\"/albums/Friends/\"",
        ">3 photos</span><span data-t=\"in\"> in </span>",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let friends: Scope = serde_json::from_str("[\"Friends\"]").unwrap();
    let html = home(&record, &friends);
    assert!(html.contains("Friends") && !html.contains("Family") && !html.contains("Lisbon"), "{html}");
}

#[test]
fn the_latest_album_is_the_one_with_the_newest_photo() {
    let feature = |family: &Catalogue| {
        let mut record = GalleryRecord::default();
        record.collections.extend([collection(family)]);
        let html = home(&record, &Scope::All);
        html.split("class=\"feature\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    // The owner's order puts it behind those that the home page shows.
    let mut family = catalogue("Family", &[("own.jpg", Some(5))]);
    for n in 1..=20 {
        let day = if n == 20 { 9 } else { 1 };
        family = with_child(family, &catalogue(&format!("Family/Album {n:02}"), &[("1.jpg", Some(day))]));
    }
    family.described.values = metadata::read(b"sort: name").unwrap();
    assert_eq!(feature(&family), "/albums/Family/Album_20/");
    // A photo right in the collection is newer than all of its albums'.
    let newer = facts("Family/new.jpg", Some(jiff::civil::date(2024, 5, 10).at(8, 0, 0, 0)), 4, 3);
    family.learn(newer, "\"n\"".into());
    assert_eq!(feature(&family), "/albums/Family/");
}

#[test]
fn an_empty_gallery_and_a_missing_page_are_friendly() {
    let empty = home(&GalleryRecord::default(), &Scope::All);
    obeys_the_policy(&empty);
    assert!(empty.contains("on their way") && empty.contains("/auth/logout"));
    let missing = not_found();
    obeys_the_policy(&missing);
    assert!(missing.contains("not here") && !missing.contains("/auth/logout"));
}

/// What is written under each name of a text, and the number in it if there is one.
fn texts<'a>(html: &'a str) -> Vec<(&'a str, Option<usize>, &'a str)> {
    let of = |rest: &'a str| {
        let (key, rest) = rest.split_once('"')?;
        let (attributes, rest) = rest.split_once('>')?;
        let number = attributes.split_once("data-n=\"").and_then(|(_, n)| n.split_once('"')?.0.parse().ok());
        Some((key, number, rest.split_once('<')?.0))
    };
    html.split(" data-t=\"").skip(1).map(|rest| of(rest).unwrap()).collect()
}

#[test]
fn pages_are_written_in_the_language_that_the_owner_named_first() {
    let child = catalogue("Family/Lisbon", &[("IMG_1.jpg", Some(6)), ("IMG_2.jpg", Some(12))]);
    let parent = with_child(catalogue("Family", &[("IMG_3.jpg", None), ("IMG_4.jpg", Some(1))]), &child);
    for language in LANGUAGES {
        let yml = format!("languages: [{}, fr]\nmap: true", language.tag());
        let settings = crate::settings::read(yml.as_bytes()).unwrap();
        let mut record = GalleryRecord::default();
        record.settings.values = settings.clone();
        record.collections.extend([collection(&parent)]);
        let mut pages: Vec<String> = super::album(&parent, &settings).into_values().collect();
        pages.extend(of_scopes(&record).into_values().filter(|page| page.contains("<html")));
        assert_eq!(pages.len(), 6);
        for page in pages {
            let tag = language.tag();
            assert!(page.contains(&format!("<html lang=\"{tag}\" data-languages=\"{tag} fr\">")), "{page}");
            for (key, number, text) in texts(&page) {
                let expected = number.map_or_else(|| language.say(key).to_owned(), |n| language.count(key, n));
                assert_eq!(text, expected, "{tag}: {key}");
            }
        }
    }
    let settings = crate::settings::read(b"languages: [de]").unwrap();
    let html = super::album(&child, &settings).remove("").unwrap();
    for part in [
        "6.–12. Mai 2024",
        "alt=\"Foto, 6. Mai 2024 um 12:00\"",
        "aria-label=\"Original herunterladen: Foto, 6. Mai 2024 um 12:00\"",
        "aria-label=\"Wo Sie sind\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[test]
fn deep_albums_have_the_whole_way_up() {
    let names: Vec<String> = (1..=13).map(|n| format!("level {n}")).collect();
    let html = album(&catalogue(&names.join("/"), &[("1.jpg", None)]));
    for depth in 1..13 {
        let href = names[..depth].iter().map(|name| name.replace(' ', "_")).collect::<Vec<_>>().join("/");
        assert!(html.contains(&format!("<a href=\"/albums/{href}/\">")), "{depth}");
    }
}

proptest! {
    #[test]
    fn no_name_breaks_out_of_its_place(title in "\\PC{1,40}", file in "[^/\\p{Cc}\\x{fffe}\\x{ffff}]{1,30}", caption in "(<|>|\"|'|&|\\PC){0,30}") {
        prop_assume!(file != "." && file != "..");
        let mut photos = catalogue("A", &[]);
        photos.learn(facts(&format!("A/{file}"), None, 4, 3), "\"1\"".into());
        photos.described.values.title = Some(title);
        photos.described.values.captions.insert(file, caption);
        let html = album(&photos);
        prop_assert_eq!(html.matches("<script").count(), 2);
        prop_assert_eq!(html.matches("<img").count(), 1);
        let plain = album(&catalogue("A", &[("x.jpg", None)]));
        // The caption is the one element more, and every quote of an attribute is ours.
        prop_assert_eq!(html.matches("<figure").count(), plain.matches("<figure").count());
        prop_assert_eq!(html.matches('"').count() % 2, 0);
    }
}
