//! EXIF: the camera's own record (CIPA DC-008).

use std::borrow::Cow;

use exif::{Context, Exif, Field, In, Rational, Reader, Tag, Value};
use gallery::facts::{Exposure, Position, Witness, Zone};
use jiff::civil::DateTime;

use super::moment::{self, Moment};
use super::{camera, text};

/// What the record says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Said {
    pub(super) orientation: u8,
    pub(super) moment: Option<Moment>,
    /// When a program last changed the file.
    pub(super) edited: Option<Moment>,
    /// Whether the colours are Adobe RGB's, which no profile needs to say then (DCF 2.0, 5.3.1).
    pub(super) is_adobe_rgb: bool,
    pub(super) camera: Option<String>,
    pub(super) lens: Option<String>,
    pub(super) exposure: Exposure,
    pub(super) position: Option<Position>,
    pub(super) caption: Option<String>,
}

/// Reads records that belong to one picture; the first to say something is believed.
pub(super) fn read(blocks: Vec<Cow<'_, [u8]>>) -> Said {
    let records: Vec<Exif> = blocks.into_iter().filter_map(parse).collect();
    let record = Record(&records);
    let caption = record.text(Tag::ImageDescription).filter(|caption| !camera::is_boilerplate(caption.trim()));
    let named = |tag| record.text(tag).unwrap_or_default();
    Said {
        orientation: record.number(Tag::Orientation).filter(|v| (1..=8).contains(v)).unwrap_or(0) as u8,
        moment: moment(&record),
        edited: edited(&record),
        is_adobe_rgb: is_adobe_rgb(&record),
        camera: camera::name(named(Tag::Make).trim(), named(Tag::Model).trim()),
        lens: record.text(Tag::LensModel),
        exposure: exposure(&record),
        position: position(&record),
        caption,
    }
}

fn parse(block: Cow<'_, [u8]>) -> Option<Exif> {
    let mut reader = Reader::new();
    let result = reader.continue_on_error(true).read_raw(block.into_owned());
    result.or_else(|error| error.distill_partial_result(|_| ())).ok()
}

struct Record<'a>(&'a [Exif]);

impl Record<'_> {
    /// A field, where the standard puts it, or in a first directory of its own as Canon's CR3 has it.
    fn field(&self, tag: Tag) -> Option<&Field> {
        let astray = Tag(Context::Tiff, tag.number());
        self.0.iter().find_map(|exif| exif.get_field(tag, In::PRIMARY).or_else(|| exif.get_field(astray, In::PRIMARY)))
    }

    fn text(&self, tag: Tag) -> Option<String> {
        let Value::Ascii(lines) = &self.field(tag)?.value else { return None };
        let text = text(lines.iter().find(|line| !line.is_empty())?);
        Some(text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()).filter(|text| !text.is_empty())
    }

    fn number(&self, tag: Tag) -> Option<u32> {
        self.field(tag)?.value.get_uint(0)
    }

    fn rationals(&self, tag: Tag) -> Option<&[Rational]> {
        match &self.field(tag)?.value {
            Value::Rational(values) => Some(values),
            _ => None,
        }
    }

    /// A positive fraction.
    fn fraction(&self, tag: Tag) -> Option<f64> {
        self.rationals(tag)?.first().map(Rational::to_f64).filter(|value| value.is_finite() && *value > 0.0)
    }

    fn date_time(&self, tag: Tag) -> Option<DateTime> {
        let written = exif::DateTime::from_ascii(self.text(tag)?.as_bytes()).ok()?;
        let narrow = |value: u8| i8::try_from(value).ok();
        let time = DateTime::new(
            i16::try_from(written.year).ok()?,
            narrow(written.month)?,
            narrow(written.day)?,
            narrow(written.hour)?,
            narrow(written.minute)?,
            // A leap second is written by some clocks and known to few calendars.
            narrow(written.second)?.min(59),
            0,
        );
        // Cameras whose clock was never set write the year 0.
        time.ok().filter(|time| time.year() >= 1800)
    }
}

/// When the shutter opened, else when it was scanned; else what the satellites say. Where the camera wrote the time of the
/// file alone, and the satellites agree with it, it means the shutter's.
fn moment(record: &Record<'_>) -> Option<Moment> {
    let tags = [(Tag::DateTimeOriginal, Tag::OffsetTimeOriginal), (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized)];
    let utc = satellites(record);
    let written = tags.into_iter().find_map(|(tag, offset)| Some((record.date_time(tag)?, offset)));
    let confirmed = || {
        let local = record.date_time(Tag::DateTime)?;
        moment::zone_between(local, utc?).map(|_| (local, Tag::OffsetTime))
    };
    let Some((local, offset)) = written.or_else(confirmed) else {
        let zone = Some(Zone { minutes: 0, from: Witness::Satellites });
        return utc.map(|local| Moment { local, from: Witness::Satellites, zone });
    };
    let own = record.text(offset).or_else(|| record.text(Tag::OffsetTime)).and_then(|text| moment::offset(&text));
    let zone = match own {
        Some(minutes) => Some(Zone { minutes, from: Witness::Camera }),
        None => utc
            .and_then(|utc| moment::zone_between(local, utc))
            .map(|minutes| Zone { minutes, from: Witness::Satellites }),
    };
    Some(Moment { local, from: Witness::Camera, zone })
}

/// When a program last changed the file: of a scan that is decades after the picture was taken.
fn edited(record: &Record<'_>) -> Option<Moment> {
    let local = record.date_time(Tag::DateTime)?;
    let minutes = record.text(Tag::OffsetTime).and_then(|text| moment::offset(&text));
    let zone = minutes.map(|minutes| Zone { minutes, from: Witness::Edited });
    Some(Moment { local, from: Witness::Edited, zone })
}

/// Cameras that were set to Adobe RGB say that the colours are not sRGB's, and name the rule that they keep (`R03`).
fn is_adobe_rgb(record: &Record<'_>) -> bool {
    const UNCALIBRATED: u32 = 65_535;
    record.number(Tag::ColorSpace) == Some(UNCALIBRATED)
        && record.text(Tag::InteroperabilityIndex).as_deref() == Some("R03")
}

/// The satellites' time, in UTC.
fn satellites(record: &Record<'_>) -> Option<DateTime> {
    let day = record.text(Tag::GPSDateStamp)?;
    let mut parts = day.split([':', '-']).map(str::trim);
    let date = jiff::civil::Date::new(
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.get(..2)?.parse().ok()?,
    );
    let date = date.ok().filter(|date| date.year() >= 1980)?;
    let [hour, minute, second, ..] = record.rationals(Tag::GPSTimeStamp)? else { return None };
    let whole = |part: &Rational, most: f64| {
        Some(part.to_f64()).filter(|value| value.is_finite() && (0.0..=most).contains(value)).map(|value| value as i8)
    };
    let time =
        jiff::civil::Time::new(whole(hour, 23.0)?, whole(minute, 59.0)?, whole(second, 60.0)?.min(59), 0).ok()?;
    Some(date.to_datetime(time))
}

fn exposure(record: &Record<'_>) -> Exposure {
    Exposure {
        seconds: record.fraction(Tag::ExposureTime).filter(|v| *v < 1e6),
        aperture: record.fraction(Tag::FNumber).filter(|v| *v < 1e3),
        iso: record.number(Tag::PhotographicSensitivity).filter(|v| *v > 0),
        focal_length: record.fraction(Tag::FocalLength).filter(|v| *v < 1e5),
        focal_length_35mm: record.number(Tag::FocalLengthIn35mmFilm).filter(|v| (1..100_000).contains(v)),
    }
}

/// Where it was, unless it says the point where Greenwich meets the equator, which means 'no idea'.
fn position(record: &Record<'_>) -> Option<Position> {
    let degrees = |tag, reference, against: &str, most: f64| {
        let parts = record.rationals(tag)?;
        let part = |i: usize| parts.get(i).map_or(0.0, Rational::to_f64);
        let value = part(0) + part(1) / 60.0 + part(2) / 3600.0;
        let value = if record.text(reference)?.eq_ignore_ascii_case(against) { -value } else { value };
        // A millionth of a degree is eleven centimetres.
        (value.is_finite() && value.abs() <= most).then(|| (value * 1e6).round() / 1e6)
    };
    let latitude = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, "S", 90.0)?;
    let longitude = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, "W", 180.0)?;
    let below = record.field(Tag::GPSAltitudeRef).is_some_and(|field| match &field.value {
        Value::Byte(values) => values.first() == Some(&1),
        _ => false,
    });
    let altitude = record.rationals(Tag::GPSAltitude).and_then(|v| v.first()).map(Rational::to_f64);
    let altitude =
        altitude.filter(|v| v.is_finite() && *v < 1e5).map(|v| (if below { -v } else { v } * 10.0).round() / 10.0);
    (latitude != 0.0 || longitude != 0.0).then_some(Position { latitude, longitude, altitude })
}
