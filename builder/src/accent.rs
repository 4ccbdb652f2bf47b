//! The gallery's accent colour: a stylesheet of its own, in which it can be read on light and on dark paper.

use serde::{Deserialize, Serialize};

use crate::publish;
use crate::yaml::quoted;

/// The colours of the paper, as in `web/src/style/properties.css`.
const LIGHT: Rgb = Rgb([0xfa, 0xf8, 0xf4]);
const DARK: Rgb = Rgb([0x13, 0x12, 0x10]);

/// What text needs to be read (WCAG 2.2, success criterion 1.4.3), and a little more, for rounding.
const ENOUGH: f64 = 4.6;

/// A colour of the owner's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Accent(Rgb);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rgb([u8; 3]);

impl TryFrom<String> for Accent {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("a colour is written #336699, not `{}`", quoted(&text));
        let digits = text.trim().strip_prefix('#').filter(|digits| digits.is_ascii()).ok_or_else(wrong)?;
        let digits: String = match digits.len() {
            3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
            6 => digits.to_owned(),
            _ => return Err(wrong()),
        };
        let mut rgb = [0; 3];
        for (value, digits) in rgb.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
            *value = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(Rgb(rgb)))
    }
}

impl From<Accent> for String {
    fn from(accent: Accent) -> Self {
        accent.0.hex()
    }
}

/// What the names of these stylesheets begin with.
pub(crate) const PREFIX: &str = "accent-";

impl Accent {
    /// The stylesheet.
    pub(crate) fn stylesheet(self) -> String {
        let rules = |paper: Rgb| {
            let accent = self.0.readable_on(paper);
            let white = Rgb([255; 3]);
            let on = if white.contrast(accent) >= ENOUGH { white } else { DARK };
            format!(":root{{--accent:{};--on-accent:{}}}", accent.hex(), on.hex())
        };
        format!("{}@media (prefers-color-scheme:dark){{{}}}", rules(LIGHT), rules(DARK))
    }

    /// The stylesheet's name among the assets.
    pub(crate) fn asset(self) -> String {
        format!("{PREFIX}{}.css", &publish::digest(self.stylesheet().as_bytes())[..8])
    }
}

impl Rgb {
    fn hex(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// The same colour, taken towards black on light paper and towards white on dark, until it can be read.
    fn readable_on(self, paper: Self) -> Self {
        let towards = if paper.luminance() > 0.5 { 0.0 } else { 255.0 };
        let step = |percent: u8| {
            let share = f64::from(percent) / 100.0;
            Self(self.0.map(|value| (f64::from(value) * (1.0 - share) + towards * share).round() as u8))
        };
        (0..=100).map(step).find(|colour| colour.contrast(paper) >= ENOUGH).unwrap_or(step(100))
    }

    /// The contrast ratio (WCAG 2.2, "contrast ratio").
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_are_read_and_written() {
        for (text, hex) in [("#336699", "#336699"), (" #AbC ", "#aabbcc")] {
            assert_eq!(String::from(Accent::try_from(text.to_owned()).unwrap()), hex);
        }
        for bad in ["", "336699", "#12", "#12345g", "#äöü", "red", "#1234567"] {
            assert!(Accent::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_colour_that_can_be_read_stays_as_it_is() {
        let sheet = Accent(Rgb([0x8a, 0x5a, 0x2b])).stylesheet();
        assert!(sheet.starts_with(":root{--accent:#8a5a2b;--on-accent:#ffffff}"), "{sheet}");
    }

    proptest! {
        #[test]
        fn every_colour_can_be_read_on_both_papers(rgb: [u8; 3]) {
            for paper in [LIGHT, DARK] {
                let accent = Rgb(rgb).readable_on(paper);
                prop_assert!(accent.contrast(paper) >= 4.5);
                prop_assert!(accent.contrast(Rgb([255; 3])).max(accent.contrast(DARK)) >= 4.5);
            }
        }
    }
}
