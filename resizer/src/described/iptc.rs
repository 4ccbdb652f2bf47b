//! IPTC-IIM (4.2): the older record of the owner's words, still written by many programs.

use jiff::civil::{DateTime, Time};

use super::text;

/// What the datasets say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Iptc {
    pub(super) title: Option<String>,
    pub(super) caption: Option<String>,
    pub(super) keywords: Vec<String>,
    /// The place, the city, the state and the country.
    pub(super) places: Vec<String>,
    pub(super) taken: Option<(DateTime, Option<i16>)>,
}

/// Reads datasets: each 0x1C, the record's number, the dataset's, two bytes of length, and the value.
pub(super) fn read(bytes: &[u8]) -> Iptc {
    let mut iptc = Iptc::default();
    let (mut day, mut time) = (None, None);
    let mut places = [const { None }; 4];
    let mut rest = bytes;
    while let [0x1C, record, dataset, high, low, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((value, tail)) = tail.split_at_checked(length) else { break };
        match (record, dataset) {
            (2, 5) => iptc.title = Some(text(value)),
            (2, 25) => iptc.keywords.push(text(value)),
            (2, 55) => day = Some(text(value)),
            (2, 60) => time = Some(text(value)),
            (2, 92) => places[0] = Some(text(value)),
            (2, 90) => places[1] = Some(text(value)),
            (2, 95) => places[2] = Some(text(value)),
            (2, 101) => places[3] = Some(text(value)),
            (2, 120) => iptc.caption = Some(text(value)),
            _ => {}
        }
        rest = tail;
    }
    iptc.places = places.into_iter().flatten().collect();
    iptc.taken = day.and_then(|day| moment(&day, time.as_deref()));
    iptc
}

/// `20240512` and `143015+0200`.
fn moment(day: &str, time: Option<&str>) -> Option<(DateTime, Option<i16>)> {
    let part = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let date = jiff::civil::Date::new(part(day, 0, 4)?, part(day, 4, 6)? as i8, part(day, 6, 8)? as i8).ok()?;
    let clock = time.and_then(|time| {
        let part = |from, to| part(time, from, to).map(|value| value as i8);
        Time::new(part(0, 2)?, part(2, 4)?, part(4, 6)?, 0).ok()
    });
    let zone = time.and_then(|time| super::moment::offset(time.get(6..)?));
    Some((date.to_datetime(clock.unwrap_or(Time::midnight())), zone))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn dataset(number: u8, value: &[u8]) -> Vec<u8> {
        [&[0x1C, 2, number], &(value.len() as u16).to_be_bytes()[..], value].concat()
    }

    #[test]
    fn datasets_are_read() {
        let bytes = [
            dataset(120, "Das Floß".as_bytes()),
            dataset(25, b"K\xF6ln"),
            dataset(25, b"raft"),
            dataset(90, b"K\xF6ln"),
            dataset(92, "Rheinufer".as_bytes()),
            dataset(101, b"Germany"),
            dataset(95, b"NRW"),
            dataset(55, b"20240512"),
            dataset(60, b"143015-0330"),
        ]
        .concat();
        let iptc = read(&bytes);
        assert_eq!(iptc.caption.as_deref(), Some("Das Floß"));
        assert_eq!(iptc.keywords, ["Köln", "raft"]);
        assert_eq!(iptc.places, ["Rheinufer", "Köln", "NRW", "Germany"]);
        assert_eq!(iptc.taken, Some((date(2024, 5, 12).at(14, 30, 15, 0), Some(-210))));
    }

    #[test]
    fn a_cut_record_says_what_came_before() {
        let whole = [dataset(25, b"raft"), dataset(120, b"cut")].concat();
        assert_eq!(read(&whole[..whole.len() - 1]).keywords, ["raft"]);
        assert_eq!(read(&[0x1C, 2]), Iptc::default());
        assert_eq!(read(&dataset(55, b"2024")).taken, None);
    }
}
