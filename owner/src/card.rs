//! The card of an invitation: the size of a postcard's half (A6 across), to be printed and put in an envelope.

use std::fmt::Write as _;

use gallery::ViewerName;
use jiff::Timestamp;
use qrcode::{Color, QrCode};

/// Millimetres.
const WIDTH: f64 = 148.0;
const HEIGHT: f64 = 105.0;

/// The side of the QR code, and where it lies.
const SIDE: f64 = 54.0;
const LEFT: f64 = 80.0;
const TOP: f64 = 25.5;

/// An SVG picture of the card.
pub(crate) fn svg(title: &str, viewer: &ViewerName, link: &str, code: &QrCode, expires: Timestamp) -> String {
    let until = expires.strftime("%-d %B %Y");
    let (title, link) = (text(title), text(link));
    let title_size = (8.0_f64).min(62.0 / (title.chars().count().max(1) as f64 * 0.52)).max(3.2);
    let (address, secret) = link.split_once("/auth/").unwrap_or((&link, ""));
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}mm" height="{HEIGHT}mm" viewBox="0 0 {WIDTH} {HEIGHT}">
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fffdf9"/>
<rect x="5" y="5" width="138" height="95" rx="2.5" fill="none" stroke="#8a5a2b" stroke-width=".5"/>
<g transform="translate(11 14) scale(.34)">
<rect x="1.5" y="1.5" width="61" height="45" rx="2" fill="#f0e4d0" stroke="#8a5a2b" stroke-width="1.5"/>
<circle cx="44" cy="16" r="5.5" fill="#8a5a2b" opacity=".85"/>
<path d="M6 38 L22 20 L33 32 L40 25 L58 42 H6 Z" fill="#8a5a2b" opacity=".35"/>
<path d="M6 42 V36 C16 29 26 31 34 36 S50 41 58 36 V42 Z" fill="#8a5a2b" opacity=".7"/>
</g>
<g font-family="Georgia, 'Palatino Linotype', serif" fill="#2b2622">
<text x="11" y="46" font-size="{title_size:.2}">{title}</text>
<text x="11" y="57" font-size="5.2">for {viewer}</text>
</g>
<g font-family="Helvetica, Arial, sans-serif" fill="#6f655b" font-size="3.3">
<text x="11" y="68">Point the camera of your phone or</text>
<text x="11" y="73">tablet at the square, open the link,</text>
<text x="11" y="78">and press the button. Good until</text>
<text x="11" y="83">{until}, for one device.</text>
<text x="11" y="91" font-size="2.2">{address}</text>
<text x="11" y="94.5" font-size="2.2">/auth/{secret}</text>
</g>
<path d="{squares}" fill="#2b2622"/>
</svg>
"##,
        squares = squares(code)
    )
}

/// The dark squares as one path, a run of neighbours in a row as one stroke of it.
fn squares(code: &QrCode) -> String {
    let modules = code.width();
    let size = SIDE / modules as f64;
    let colours = code.to_colors();
    let mut path = String::new();
    for (y, row) in colours.chunks(modules).enumerate() {
        let mut x = 0;
        while x < modules {
            let run = row[x..].iter().take_while(|colour| **colour == Color::Dark).count();
            if run > 0 {
                let (left, top) = (LEFT + x as f64 * size, TOP + y as f64 * size);
                let width = run as f64 * size;
                let _ = write!(path, "M{left:.3} {top:.3}h{width:.3}v{size:.3}h-{width:.3}z");
            }
            x += run.max(1);
        }
    }
    path
}

fn text(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requirement 26.
    #[test]
    fn the_title_is_text_and_the_code_is_whole() {
        let code = QrCode::new("https://photos.example.org/auth/invite?code=abc").unwrap();
        let viewer = ViewerName::parse("grandma").unwrap();
        let card =
            svg("A <b> & co", &viewer, "https://photos.example.org/auth/invite?code=abc", &code, Timestamp::UNIX_EPOCH);
        assert!(
            card.contains(">A &lt;b&gt; &amp; co<") && card.contains("for grandma") && card.contains("1 January 1970")
        );
        let dark = code.to_colors().iter().filter(|colour| **colour == Color::Dark).count();
        let size = SIDE / code.width() as f64;
        let painted: f64 = squares(&code)
            .split('M')
            .skip(1)
            .map(|run| run.split('h').nth(1).unwrap().split('v').next().unwrap().parse::<f64>().unwrap() / size)
            .sum();
        assert!((painted - dark as f64).abs() < 1.0, "{painted} of {dark}");
    }
}
