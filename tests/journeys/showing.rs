//! What the pages show and what they cost, in a real browser; and how answers are sent.

use anyhow::Result;
use gallery::Scope;
use heirloom_tests::{Home, PASSWORD, chromium};
use reqwest::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG,
    IF_NONE_MATCH, IF_RANGE, RANGE, VARY,
};
use reqwest::{Method, StatusCode};

/// Drawn by `browser/fixtures/draw.sh`.
const FILM: &[u8] = include_bytes!("../browser/fixtures/waves.mp4");
const LIVE: &[u8] = include_bytes!("../browser/fixtures/live.mov");
const MOVING: &[u8] = include_bytes!("../../resizer/tests/all/fixtures/moving.gif");

const FILMS_TELL: &str = "captions: {large.jpg: The whole coast, IMG_1.JPG: A gull}\ndescription: |\n  \
    Two weeks at the coast, with more wind than sun. The gull stole a sandwich on the first day and came back for more.\n";

/// A folder, and a word of its title.
const RIGHT_TO_LEFT: [&str; 2] = ["صيف 2024", "البحر"];
const WRITTEN_FROM_THE_RIGHT: &str = "title: عطلة على البحر (2024)\ncomment1: أسبوعان، 3 أطفال!\ncomment2: With בני and דנה\n\
    description: |\n  رسالة إلى الجميع: 12 صورة.\n\n  And one line in English.\ncaptions: {2.jpg: \"שבת שלום! (1)\"}\n";

/// What measures time has the machine to itself, as far as this file goes.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn what_pages_show_and_cost() -> Result<()> {
    let Some(chromium) = chromium() else { return Ok(()) };
    let _alone = ALONE.lock().await;
    let home = Home::start().await?;
    home.upload("Family/Films/film.mp4", far_apart(FILM)).await?;
    home.upload_photo("Family/Films/IMG_1.JPG", 1).await?;
    home.upload("Family/Films/IMG_1.MOV", LIVE).await?;
    home.upload("Family/Films/moving.gif", MOVING).await?;
    home.upload("Family/Films/large.jpg", taken_in("Alfama", &owner::sample::small(3, 3000, 2000))).await?;
    home.upload("Family/Scans/print.tif", tiff(2600, 1700)).await?;
    home.upload("Family/Films/metadata.yml", FILMS_TELL).await?;
    let [summer, _] = RIGHT_TO_LEFT;
    home.upload_photo(&format!("Family/{summer}/שבת.jpg"), 5).await?;
    home.upload_photo(&format!("Family/{summer}/2.jpg"), 6).await?;
    home.upload(&format!("Family/{summer}/metadata.yml"), WRITTEN_FROM_THE_RIGHT).await?;
    for n in 0..130 {
        home.upload(&format!("Long/{n}.jpg"), owner::sample::small(n, 160, 120)).await?;
    }
    home.let_in("gerda", Scope::All).await?;
    home.settled().await?;

    let settings = [("FILMS", "/albums/Family/Films/"), ("LONG", "/albums/Long/")];
    home.shown_to_a_browser(&chromium, "arriving.mjs", &settings, 8).await?;
    home.shown_to_a_browser(&chromium, "saving.mjs", &settings, 7).await?;
    let [folder, word] = RIGHT_TO_LEFT;
    let path = format!("/albums/{}/", gallery::FolderPath::parse(&format!("Family/{folder}"))?.album());
    let settings = [("ALBUM", path.as_str()), ("WORD", word)];
    home.shown_to_a_browser(&chromium, "writing.mjs", &settings, 5).await?;
    let settings = [("FILMS", "/albums/Family/Films/"), ("LONG", "/albums/Long/"), ("SCANS", "/albums/Family/Scans/")];
    home.shown_to_a_browser(&chromium, "showing.mjs", &settings, 21).await?;
    home.shown_to_a_browser(&chromium, "viewing.mjs", &settings, 8).await
}

/// Their pictures are not rendered one by one for this: facts and copies are there as the resizer leaves them.
#[tokio::test(flavor = "multi_thread")]
async fn an_album_of_thousands_opens_like_one_of_fifty_and_pages_keep_to_the_budgets() -> Result<()> {
    let Some(chromium) = chromium() else { return Ok(()) };
    let _alone = ALONE.lock().await;
    let home = Home::start().await?;
    home.add_crowd("Fifty", 50).await?;
    home.add_painted("Family/Painted", 50).await?;
    home.add_crowd("Thousands", 5_000).await?;
    home.let_in("gerda", Scope::All).await?;
    home.settled().await?;
    let settings = [
        ("FEW", "/albums/Fifty/"),
        ("PAINTED", "/albums/Family/Painted/"),
        ("MANY", "/albums/Thousands/"),
        ("PHOTOS", "5000"),
    ];
    home.shown_to_a_browser(&chromium, "thousands.mjs", &settings, 9).await?;

    let mut viewer = home.stranger();
    viewer.sign_in("gerda", PASSWORD).await?;
    let mut pages = home.measured(&viewer, "/albums/Family/Painted/").await?;
    pages.push(home.measured_page(&viewer, "album of 5,000", "/albums/Thousands/", "light")?);
    home.keeps_to_the_budgets(&chromium, &pages).await
}

#[tokio::test]
async fn pages_are_compressed_and_kept_and_originals_come_in_parts() -> Result<()> {
    let home = Home::start().await?;
    home.upload_photo("Family/1.jpg", 1).await?;
    home.upload("Family/film.mp4", FILM).await?;
    let gerda = home.viewer("gerda", Scope::All).await?;
    home.settled().await?;
    let page = "/albums/Family/";
    let whole = gerda.page_when(page, |page| page.contains("film.mp4") && page.contains("1.jpg")).await?;

    let ask = |path: &str, header, value: &str| gerda.send(gerda.request(Method::GET, path).header(header, value));
    for (accepted, coding) in [("gzip, br", "br"), ("gzip", "gzip")] {
        let packed = ask(page, ACCEPT_ENCODING, accepted).await?;
        assert_eq!(packed.headers()[CONTENT_ENCODING], coding);
        assert_eq!(packed.headers()[VARY], "accept-encoding");
        assert_eq!(packed.headers()[CACHE_CONTROL], "private, no-cache");
        let etag = packed.headers()[ETAG].to_str()?.to_owned();
        assert!(etag.starts_with("W/"), "{etag}");
        let length = packed.headers()[CONTENT_LENGTH].to_str()?.to_owned();
        assert_eq!(packed.bytes().await?.len().to_string(), length);
        assert!(length.parse::<usize>()? < whole.len() / 2, "{length} of {}", whole.len());
        // What a browser has is not sent again.
        let again = ask(page, IF_NONE_MATCH, &etag).await?;
        assert_eq!((again.status(), again.bytes().await?.len()), (StatusCode::NOT_MODIFIED, 0));
    }
    let plain = ask(page, ACCEPT_ENCODING, "identity").await?;
    assert!(!plain.headers().contains_key(CONTENT_ENCODING));

    let film = "/originals/Family/film.mp4";
    let part = gerda
        .send(gerda.request(Method::GET, film).header(RANGE, "bytes=4000-4099").header(ACCEPT_ENCODING, "br"))
        .await?;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[CONTENT_RANGE], format!("bytes 4000-4099/{}", FILM.len()));
    assert_eq!(part.headers()[ACCEPT_RANGES], "bytes");
    assert_eq!(part.bytes().await?, &FILM[4000..4100]);
    // A part of these very bytes, or the whole.
    let etag = ask(film, RANGE, "bytes=0-0").await?.headers()[ETAG].clone();
    for (tag, status) in [(etag, StatusCode::PARTIAL_CONTENT), ("\"other\"".parse()?, StatusCode::OK)] {
        let request = gerda.request(Method::GET, film).header(RANGE, "bytes=4000-4099").header(IF_RANGE, tag);
        assert_eq!(gerda.send(request).await?.status(), status);
    }
    assert_eq!(ask(film, RANGE, "bytes=9999999-").await?.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    // Without a session there is no part of it either.
    let stranger = home.stranger();
    let refused = stranger.send(stranger.request(Method::GET, film).header(RANGE, "bytes=0-9")).await?;
    assert_eq!((refused.status(), refused.bytes().await?.len()), (StatusCode::UNAUTHORIZED, 0));
    Ok(())
}

/// A slope of colours as a TIFF of one strip (TIFF 6.0, section 6), which no browser but Safari shows.
fn tiff(width: u32, height: u32) -> Vec<u8> {
    let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x * 255 / width, y * 255 / height, 90]));
    let pixels: Vec<u8> = pixels.map(|value| value as u8).collect();
    let entries: [(u16, u16, u32, u32); 10] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        // Bits of the three channels, which lie behind the directory.
        (258, 3, 3, 134),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 140),
        (274, 3, 1, 1),
        (277, 3, 1, 3),
        (278, 4, 1, height),
        (279, 4, 1, width * height * 3),
    ];
    let mut tiff = b"II\x2a\0\x08\0\0\0\x0a\0".to_vec();
    for (tag, kind, count, value) in entries {
        tiff.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat());
    }
    tiff.extend([0; 4]);
    tiff.extend([8, 0, 8, 0, 8, 0]);
    tiff.extend(pixels);
    tiff
}

/// The same JPEG with the name of a place, as programs write it for the owner (XMP in an APP1 segment).
fn taken_in(city: &str, jpeg: &[u8]) -> Vec<u8> {
    let packet = format!(
        "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description \
         xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\" photoshop:City=\"{city}\"/></rdf:RDF></x:xmpmeta>"
    );
    let length = u16::try_from(packet.len() + 2).expect("a short packet").to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, packet.as_bytes(), &jpeg[2..]].concat()
}

/// The same film with megabytes between its first and its last seconds: seeking must not wait for what lies between.
fn far_apart(film: &[u8]) -> Vec<u8> {
    const BETWEEN: usize = 30_000_000;
    let mut film = film.to_vec();
    let find = |film: &[u8], name: &[u8], from: usize| {
        film[from..].windows(4).position(|window| window == name).map(|at| at + from)
    };
    let word = |film: &[u8], at: usize| u32::from_be_bytes(film[at..at + 4].try_into().expect("four bytes")) as usize;
    let mdat = find(&film, b"mdat", 0).expect("the pictures");
    // Where chunks of samples begin (ISO/IEC 14496-12, 8.7.5): those of the last quarter move.
    let (mut tables, mut at) = (Vec::new(), 0);
    while let Some(stco) = find(&film, b"stco", at) {
        tables.extend((0..word(&film, stco + 8)).map(|n| stco + 12 + 4 * n));
        at = stco + 4;
    }
    let mut starts: Vec<usize> = tables.iter().map(|&at| word(&film, at)).collect();
    starts.sort_unstable();
    let split = starts[starts.len() * 3 / 4];
    let put = |film: &mut Vec<u8>, at: usize, value: usize| {
        film[at..at + 4].copy_from_slice(&u32::try_from(value).expect("a small film").to_be_bytes());
    };
    for at in tables {
        let start = word(&film, at);
        if start >= split {
            put(&mut film, at, start + BETWEEN);
        }
    }
    let length = word(&film, mdat - 4);
    put(&mut film, mdat - 4, length + BETWEEN);
    film.splice(split..split, std::iter::repeat_n(0, BETWEEN));
    film
}
