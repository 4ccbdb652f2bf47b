use super::*;
use proptest::prelude::*;

const PHOTO: &str = "0123456789abcdef0123";

fn place(path: &str) -> Place {
    CanonicalPath::parse(path).unwrap_or_else(|_| panic!("{path} is canonical")).place().clone()
}

fn album(path: &str) -> AlbumPath {
    AlbumPath::parse(path).unwrap()
}

#[test]
fn every_place_has_its_path() {
    assert_eq!(place("/"), Place::Home);
    assert_eq!(place("/home/all/"), Place::HomePage(HomeId::parse("all").unwrap()));
    assert_eq!(place("/home/all/index.html"), Place::HomePage(HomeId::parse("all").unwrap()));
    assert_eq!(place("/albums/Family/"), Place::Album(album("Family")));
    assert_eq!(place("/albums/Family/Lisbon_2024/index.html"), Place::Album(album("Family/Lisbon_2024")));
    assert_eq!(place("/albums/Family/v1.0"), Place::AlbumWithoutSlash(album("Family/v1.0")));
    let family = CollectionSlug::parse("Family").unwrap();
    assert_eq!(place(&format!("/pics/Family/{PHOTO}/00ff-360.jpg")), Place::Picture(family));
    for public in ["/robots.txt", "/favicon.ico", "/sw.js", "/assets/site-1a2b.css"] {
        assert_eq!(place(public), Place::Public);
    }
    assert_eq!(place("/timeline/2024/"), Place::ScopePage(ScopePage::Year(2024)));
    assert_eq!(place("/timeline/2024"), Place::ScopePageWithoutSlash(ScopePage::Year(2024)));
    assert_eq!(place("/feed.xml"), Place::ScopePage(ScopePage::Feed));
    assert_eq!(place("/auth/login"), Place::Auth(AuthRoute::Login));
    assert_eq!(place("/auth/logout"), Place::Auth(AuthRoute::Logout));
    assert_eq!(place("/auth/renew"), Place::Auth(AuthRoute::Renew));
    assert_eq!(place("/auth/invite"), Place::Auth(AuthRoute::Invite));
    assert_eq!(place("/auth/upload"), Place::Auth(AuthRoute::Upload));
    assert_eq!(place("/auth/unsubscribe"), Place::Auth(AuthRoute::Unsubscribe));
}

#[test]
fn originals_carry_the_owner_s_names() {
    let path = CanonicalPath::parse("/originals/Oma%20%26%20Opa/%C3%9Cber%20uns/1%2B1.jpg").unwrap();
    assert_eq!(path.place(), &Place::Original(SourceKey::parse("Oma & Opa/Über uns/1+1.jpg").unwrap()));
    assert_eq!(path.below_originals(), "/Oma%20%26%20Opa/%C3%9Cber%20uns/1%2B1.jpg");
    assert_eq!(CanonicalPath::parse("/albums/a/").unwrap().below_originals(), "/albums/a/");
}

#[test]
fn what_is_not_served_is_not_ours() {
    for path in [
        "/catalogue/gallery.json",
        "/facts/Family/x.json",
        "/not-found.html",
        "/albums",
        "/albums/",
        "/albums/index.html",
        "/albums/.git/",
        "/timeline/24/",
        "/timeline/2024/05/",
        "/feed.xml/",
        "/search/index.html",
        "/home",
        "/home/",
        "/home/all",
        "/home/all/deeper/",
        "/assets/",
        "/assets/a/b.css",
        "/robots.txt/",
        "/auth",
        "/auth/",
        "/auth/login/",
        "/auth/Login",
        "/auth/login/x",
        "/pics/Family/x/00ff-360.jpg",
        "/pics/Family/0123456789abcdef0123",
        "/pics/Family/0123456789abcdef0123/",
        "/pics/Family/0123456789abcdef0123/a/b",
        "/originals/stray.jpg",
        "/originals/Family/",
        "/originals/Family/metadata.yml",
        "/originals/Family/Lisbon/metadata.yml",
        "/Originals/Family/1.jpg",
        "/originals",
        "/~/absent",
    ] {
        assert_eq!(place(path), Place::NotOurs, "{path}");
    }
}

#[test]
fn requirement_02_other_spellings_are_refused() {
    for path in [
        "",
        "albums/a/",
        "//",
        "//evil.example/",
        "/albums//a/",
        "/albums/a//",
        "/albums/./a/",
        "/albums/../a/",
        "/albums/a/..",
        "/albums/%61/",
        "/albums/a%2F",
        "/albums/a%00",
        "/albums/a b/",
        "/albums/a+b/",
        "/albums/ä/",
        "/albums/a\\b/",
        "/albums/a;v=1/",
        "/albums/a\t/",
        "/albums/a\0/",
        "/?a",
        "/#a",
        "/originals/",
        "/originals//a/b",
        "/originals/a//b",
        "/originals/a/./b",
        "/originals/a/../b",
        "/originals/a/%2E%2E/b",
        "/originals/a/%2e%2e/b",
        "/originals/a/..%2Fb",
        "/originals/a/b%00",
        "/originals/a/b%0A",
        "/originals/a/b%C2%85",
        "/originals/a/%c3%9c",
        "/originals/a/%C3",
        "/originals/a/%41",
        "/originals/a/%",
        "/originals/a/%4",
        "/originals/a/%ZZ",
        "/originals/a/b c",
        "/originals/a/b+c",
        "/originals/a/ü",
        "/%6Friginals/a/b",
    ] {
        assert_eq!(CanonicalPath::parse(path), Err(PathError), "{path:?}");
    }
    assert_eq!(CanonicalPath::parse(&format!("/{}", "a".repeat(MAX_PATH))), Err(PathError));
}

proptest! {
    #[test]
    fn any_path_is_refused_or_is_its_own_one_spelling(path in "(/(albums|originals|pics|[a-z.%]{0,3})){0,2}(/[a-zA-Z0-9._~%+ -]{0,6}){0,4}/?|\\PC{0,40}") {
        if let Ok(parsed) = CanonicalPath::parse(&path) {
            prop_assert_eq!(parsed.as_str(), path.as_str());
            // A browser reads it the same way: nothing to resolve, nothing to encode.
            let url = url::Url::parse("https://gallery.example").unwrap().join(&path).unwrap();
            prop_assert_eq!(url.host_str(), Some("gallery.example"));
            prop_assert_eq!(url.path(), path.as_str());
            if let Place::Original(source) = parsed.place() {
                prop_assert_eq!(of_original(source), path.as_str());
            }
        }
    }

    #[test]
    fn every_original_has_a_path(folder in "\\PC{1,12}", file in "\\PC{1,12}") {
        let key = format!("{folder}/{file}");
        prop_assume!(!key.chars().any(char::is_control));
        if let Ok(source) = SourceKey::parse(&key) && source.file() != METADATA {
            let path = of_original(&source);
            let parsed = CanonicalPath::parse(&path).unwrap();
            prop_assert_eq!(parsed.place(), &Place::Original(source));
        }
    }
}
