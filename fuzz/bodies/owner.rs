//! What must hold for files that other programs and people wrote, and that the owner's command reads. Each function takes
//! any bytes and panics when it does not.

use owner::foreign;

/// A line of an `htpasswd` file names a viewer, or why not; the hash itself is never told.
pub(crate) fn htpasswd(bytes: &[u8]) {
    for line in String::from_utf8_lossy(bytes).lines() {
        match foreign::htpasswd(line) {
            Ok(name) => {
                let typed = line.split(':').next().unwrap_or_default();
                assert_eq!(typed.trim().to_ascii_lowercase(), name);
            }
            Err(why) => {
                assert!(!why.is_empty());
                // A name may be told, and so whatever stands in it.
                let hash = line.split_once(':').map_or("", |(_, hash)| hash);
                let why = foreign::htpasswd(&format!("gerda:{hash}")).err().unwrap_or_default();
                assert!(hash.len() < 20 || !why.contains(hash), "the hash is told");
            }
        }
    }
}

/// `users.toml` is refused with a line that is there, or says what it says when it is written again.
pub(crate) fn users_toml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match foreign::users_toml(text) {
        Ok(written) => assert_eq!(foreign::users_toml(&written).as_ref(), Ok(&written)),
        Err(why) => {
            assert!(!why.is_empty() && !why.contains('\n'), "{why}");
            let line = why.strip_prefix("line ").and_then(|rest| rest.split(':').next());
            let line: Option<usize> = line.and_then(|line| line.parse().ok());
            assert!(line.is_none_or(|line| (1..=text.matches('\n').count() + 1).contains(&line)), "{why}");
        }
    }
}

/// A JSON file of a Takeout says something of a photo, or nothing.
pub(crate) fn takeout_json(bytes: &[u8]) {
    for file in ["IMG_1.jpg.supplemental-metadata.json", "metadata.json"] {
        let read = foreign::takeout_json(file, bytes);
        assert_eq!(foreign::takeout_json(file, bytes), read);
        let Some(read) = read else { continue };
        assert!(read.caption.is_none_or(|caption| !caption.is_empty() && caption.trim() == caption));
        assert!(read.taken.is_none_or(|taken| taken.as_second() != 0), "0 stands for not known");
    }
}
