//! What cameras call themselves.

use super::{NAME, line};

/// `Apple iPhone 13`: the maker without its legal form, the model without the maker said again.
pub(crate) fn name(maker: &str, model: &str) -> Option<String> {
    const LEGAL: [&str; 13] = [
        "camera",
        "co",
        "company",
        "computer",
        "corp",
        "corporation",
        "electric",
        "electronics",
        "imaging",
        "inc",
        "ltd",
        "optical",
        "techwin",
    ];
    let mut maker: Vec<&str> = maker.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    while maker.len() > 1 && LEGAL.contains(&maker[maker.len() - 1].trim_end_matches('.').to_lowercase().as_str()) {
        maker.pop();
    }
    let maker = maker.join(" ");
    let said_again = |word: &str| model.to_lowercase().starts_with(&word.to_lowercase());
    let whole = match maker.split(' ').next_back() {
        _ if model.is_empty() => maker,
        Some(last) if said_again(&maker) || (last.len() > 2 && said_again(last)) => model.to_owned(),
        _ => format!("{maker} {model}"),
    };
    let whole = line(&whole, NAME);
    (!whole.is_empty()).then_some(whole)
}

/// What cameras write where a caption belongs: their own name, or the mode they were in.
pub(super) fn is_boilerplate(caption: &str) -> bool {
    const MODES: [&str; 26] = [
        "3dhdr",
        "bty",
        "burst",
        "cof",
        "dav",
        "default",
        "edf",
        "edof",
        "fbt",
        "hdr",
        "hdrpl",
        "maker",
        "mde",
        "my beautiful picture",
        "nor",
        "oplus",
        "oznor",
        "ptr",
        "qrf",
        "rbt",
        "rhdr",
        "rpt",
        "sam",
        "samsung",
        "sdr",
        "vhdr",
    ];
    let folded = caption.to_lowercase();
    MODES.contains(&folded.as_str())
        || folded.ends_with("digital camera")
        || folded.ends_with("digital still camera")
        || folded.starts_with("exif_jpeg")
        || folded.starts_with("sony dsc")
        || folded.starts_with("dcim")
        || folded.starts_with('<')
        || !folded.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_are_named_once() {
        for (maker, model, expected) in [
            ("Apple", "iPhone 13", "Apple iPhone 13"),
            ("NIKON CORPORATION", "NIKON D90", "NIKON D90"),
            ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
            ("SAMSUNG TECHWIN CO., LTD.", "S860", "SAMSUNG S860"),
            ("", "X100", "X100"),
            ("Leica", "", "Leica"),
        ] {
            assert_eq!(name(maker, model).as_deref(), Some(expected));
        }
        assert_eq!(name("", " "), None);
    }
}
