//! Requirements 1, 2 and 3: paths written so that one reader takes them for something else than the other.

use anyhow::Result;

use crate::{Attacked, SECRET, cookie, status};

/// Ways to write `/albums/NAME/`, of a collection that the visitor may not see, or of what no viewer may. `NAME` stands for it.
const TRICKS: &[&str] = &[
    // Around the corner, in every encoding that some server once undid.
    "/albums/Garden/../NAME/",
    "/albums/Garden/%2e%2e/NAME/",
    "/albums/Garden/%2E%2E/NAME/",
    "/albums/Garden/.%2e/NAME/",
    "/albums/Garden/%2e./NAME/",
    "/albums/Garden/%252e%252e/NAME/",
    "/albums/Garden/%25252e%25252e/NAME/",
    "/albums/Garden/..%2fNAME/",
    "/albums/Garden/..%2FNAME/",
    "/albums/Garden/..%252fNAME/",
    "/albums/Garden/..%5cNAME/",
    "/albums/Garden/..%255cNAME/",
    "/albums/Garden/..\\NAME/",
    "/albums/Garden\\..\\NAME/",
    "/albums/Garden/%c0%ae%c0%ae/NAME/",
    "/albums/Garden/%c0%ae%c0%ae%c0%afNAME/",
    "/albums/Garden/%e0%80%ae%e0%80%ae/NAME/",
    "/albums/Garden/%f0%80%80%ae%f0%80%80%ae/NAME/",
    "/albums/Garden/..%c0%afNAME/",
    "/albums/Garden/%uff0e%uff0e/NAME/",
    "/albums/Garden/%u002e%u002e/NAME/",
    "/albums/Garden/%ef%bc%8e%ef%bc%8e/NAME/",
    "/albums/Garden/..;/NAME/",
    "/albums/Garden/..;x=1/NAME/",
    "/albums/Garden/..%00/NAME/",
    "/albums/Garden/..%0a/NAME/",
    "/albums/Garden/.../NAME/",
    "/albums/Garden/....//NAME/",
    "/albums/Garden/..././NAME/",
    "/albums/Garden/..%09/NAME/",
    "/assets/../albums/NAME/",
    "/assets/..%2falbums/NAME/",
    "/robots.txt/../albums/NAME/",
    "/robots.txt;/../albums/NAME/",
    "/auth/login/../../albums/NAME/",
    "/auth/login/..;/..;/albums/NAME/",
    "/auth/login%2f..%2f..%2falbums%2fNAME%2f",
    // The same place by another name.
    "//albums/NAME/",
    "/albums//NAME/",
    "/albums/NAME//",
    "/./albums/NAME/",
    "/albums/./NAME/",
    "/albums/NAME/.",
    "/albums/NAME/./",
    "/albums/NAME/index.html",
    "/albums/NAME/%69ndex.html",
    "/albums/NAME/x/../",
    "/albums/NAME.",
    "/albums/NAME./",
    "/albums/NAME%2e/",
    "/albums/NAME%20/",
    "/albums/%20NAME/",
    "/albums/NAME%00/",
    "/albums/NAME%00.jpg",
    "/albums/NAME%0d%0aX:/",
    "/albums/NAME;/",
    "/albums/NAME;x=1/",
    "/albums/NAME/;index.html",
    "/albums;x=1/NAME/",
    "/albums/NAME%3b/",
    "/albums/NAME%3f/",
    "/albums/NAME%23/",
    "/albums/NAME::$DATA/",
    "/albums/NAME~1/",
    "/albums/name/",
    "/ALBUMS/NAME/",
    "/Albums/NAME/",
    "/%61lbums/NAME/",
    "/albums%2fNAME/",
    "/albums%2fNAME%2f",
    "%2falbums%2fNAME%2f",
    "/%2falbums/NAME/",
    "/\\albums\\NAME\\",
    "\\albums\\NAME\\",
    "/albums/NAME/\u{202e}",
    "/albums/\u{2025}/NAME/",
    "/albums／NAME／",
    "/web/albums/NAME/index.html",
    "/originals/../web/albums/NAME/index.html",
    "/originals/Garden/../NAME/secret.jpg",
    "/originals/Garden/%2e%2e/NAME/secret.jpg",
    "/originals/Garden%2f..%2fNAME/secret.jpg",
    "/originals/NAME%2fsecret.jpg",
    "/originals//NAME/secret.jpg",
    "/originals/%4eAME/secret.jpg",
    "/originals/NAME/%73ecret.jpg",
    "/originals/NAME/secret.jpg%00.txt",
    "/originals/Garden,NAME/secret.jpg",
    "/pics/Garden/../NAME/x-360.jpg",
    "/pics/Garden%2f..%2fNAME/x-360.jpg",
    "http://127.0.0.1/albums/NAME/",
    "https://127.0.0.1:443/albums/NAME/",
    "file:///albums/NAME/",
    "albums/NAME/",
    "*",
    // What no viewer may see.
    "/catalogue/gallery.json",
    "/catalogue/albums/NAME/album.json",
    "/home/all/",
    "/home/all/index.html",
    "/home/../catalogue/gallery.json",
    "/facts/NAME/x.json",
    "/pics/../facts/NAME/x.json",
    "/users/gerda.json",
    "/originals/../../auth/keys/keys.json",
    "/originals/%2e%2e/%2e%2e/auth/keys/keys.json",
    "/originals/metadata.yml",
    "/originals/gallery.yml",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_path_leads_around_the_gate() -> Result<()> {
    let attacked = Attacked::start().await?;
    let stranger = attacked.home.stranger();
    for trick in TRICKS {
        for (who, visitor) in [("tom", &attacked.tom), ("a stranger", &stranger)] {
            let mut answers = Vec::new();
            // `Famili` is not there: whether something is must not show.
            for name in ["Family", "Famili"] {
                let target = trick.replace("NAME", name).replace("%4eAME", &format!("%46{}", &name[1..]));
                for how in ["Sec-Fetch-Mode: navigate\r\n", "Sec-Fetch-Mode: no-cors\r\n"] {
                    let answer = attacked.ask("GET", &target, &format!("{}{how}", cookie(visitor))).await?;
                    let told = status(&answer);
                    assert!(matches!(told, 302 | 400 | 401 | 404), "{who}: {target}: {answer}");
                    let lower = answer.to_ascii_lowercase();
                    let leaks = answer.contains(SECRET) || lower.contains("etag:") && told != 404;
                    assert!(!leaks && !lower.contains("set-cookie: __host-session=e"), "{who}: {target}: {answer}");
                    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default();
                    let inside = location.is_empty() || location.starts_with('/') && !location.starts_with("//");
                    assert!(inside, "{who}: {target} leads to {location}");
                    answers.push(crate::undated(&answer).replace(name, "NAME"));
                }
            }
            let (there, not_there) = answers.split_at(2);
            assert!(there == not_there, "{who}: {trick} tells what exists:\n{there:?}\n{not_there:?}");
        }
    }
    // The one spelling of each still works for who may see it.
    for place in attacked.places() {
        assert_eq!(status(&attacked.ask("GET", &place, &cookie(&attacked.gerda)).await?), 200, "{place}");
    }
    Ok(())
}

/// Even who may see all of it has to write it in one way: otherwise caches and logs would know it by several.
#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_of_what_one_may_see_is_no_address_either() -> Result<()> {
    let attacked = Attacked::start().await?;
    for trick in TRICKS.iter().filter(|trick| trick.contains("NAME") && !trick.ends_with("index.html")) {
        let answer = attacked.ask("GET", &trick.replace("NAME", "Family"), &cookie(&attacked.gerda)).await?;
        // `Family.` could be a collection, too; its address would end in a slash.
        let another = status(&answer) == 302 && !answer.contains("location: /albums/Family/");
        assert!(matches!(status(&answer), 400 | 404) || another, "{trick}: {answer}");
    }
    Ok(())
}
