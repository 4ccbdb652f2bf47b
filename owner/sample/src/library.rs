//! A family's worth of sample photos, and the words about them.

use jiff::civil::DateTime;

use super::Shape::{self, Landscape, Panorama, Portrait};
use super::photo;
use super::scene::Land::{self, Dunes, Forest, Lake, Meadow, Mountains, Sea, Winter};
use super::scene::Light::{self, Dawn, Dusk, Golden, Mist, Night, Noon};
use super::scene::seed_of;

/// The sample photos and the `metadata.yml` files beside them.
#[derive(Clone, Debug)]
pub struct Library {
    /// Keys of the source bucket, each with its text.
    pub metadata: Vec<(String, String)>,
    /// The photos, not painted yet.
    pub photos: Vec<SamplePhoto>,
}

/// A photo that can be painted when it is wanted.
#[derive(Clone, Debug)]
pub struct SamplePhoto {
    /// Its key in the source bucket.
    pub key: String,
    seed: u64,
    shape: Shape,
    orientation: u8,
    taken: DateTime,
    camera: &'static str,
    caption: &'static str,
}

impl SamplePhoto {
    /// Its bytes. Takes a moment: 12 megapixels.
    pub fn paint(&self) -> Vec<u8> {
        photo(self.seed, self.shape, self.orientation, self.taken, self.camera, self.caption)
    }

    /// How it is stored, as EXIF counts: 1 to 8.
    pub fn orientation(&self) -> u8 {
        self.orientation
    }
}

/// One line of the list: file, land, light, variant, shape, orientation, when, caption.
type Entry = (&'static str, Land, Light, u64, Shape, u8, DateTime, &'static str);

/// One folder of the list, and the camera that was along.
struct Album {
    folder: &'static str,
    camera: &'static str,
    words: &'static str,
    photos: Vec<Entry>,
}

/// The sample gallery: three collections, six albums, one inside another, every orientation, twelve years.
pub fn library() -> Library {
    let mut library = Library { metadata: collections(), photos: Vec::new() };
    for album in albums() {
        library.metadata.push((format!("{}/metadata.yml", album.folder), album.words.to_owned()));
        for (file, land, light, variant, shape, orientation, taken, caption) in album.photos {
            library.photos.push(SamplePhoto {
                key: format!("{}/{file}", album.folder),
                seed: seed_of(land, light, variant),
                shape,
                orientation,
                taken,
                camera: album.camera,
                caption,
            });
        }
    }
    library
}

fn collections() -> Vec<(String, String)> {
    [
        ("Family", "title: The family\ncomment1: Holidays, Sundays, and the days between\n"),
        ("Grandparents", "title: Grandma and Grandpa\ncomment1: From the boxes under the stairs\n"),
        ("Märchenwald", "title: Märchenwald\ncomment1: The wood behind the last stop of the tram\n"),
    ]
    .map(|(folder, text)| (format!("{folder}/metadata.yml"), text.to_owned()))
    .to_vec()
}

fn at(year: i16, month: i8, day: i8, hour: i8, minute: i8) -> DateTime {
    DateTime::constant(year, month, day, hour, minute, 0, 0)
}

/// The list itself, one photo a row.
#[rustfmt::skip]
fn albums() -> Vec<Album> {
    vec![
        Album {
            folder: "Family/Lisbon 2024",
            camera: "Apple iPhone 13",
            words: "title: Lisbon\ncomment1: A week of trams, sardines and wind\ndate: 2024-05\n\
                    cover_image: IMG_2051.jpg\n",
            photos: vec![
                ("IMG_2034.jpg", Sea, Noon, 0, Landscape, 1, at(2024, 5, 4, 11, 20), "The first look at the sea"),
                ("IMG_2038.jpg", Dunes, Noon, 1, Landscape, 3, at(2024, 5, 4, 15, 2), "Nobody else in the dunes"),
                ("IMG_2042.jpg", Sea, Golden, 1, Portrait, 6, at(2024, 5, 5, 19, 41), "Gerda: just five more minutes"),
                ("IMG_2047.jpg", Sea, Dawn, 2, Landscape, 1, at(2024, 5, 7, 6, 12), "Up before the bakers"),
                ("IMG_2051.jpg", Sea, Dusk, 0, Panorama, 1, at(2024, 5, 8, 20, 55), "All of us stood still for this"),
                ("IMG_2056.jpg", Sea, Night, 1, Landscape, 1, at(2024, 5, 9, 23, 8), "The last evening"),
            ],
        },
        Album {
            folder: "Family/Summer by the lake",
            camera: "FUJIFILM X-T5",
            words: "comment1: Two days, one tent, no dry socks\ndate: 2023-08\n",
            photos: vec![
                ("DSCF0400.jpg", Lake, Golden, 0, Landscape, 1, at(2023, 8, 11, 19, 30), "Arrived, at last"),
            ],
        },
        Album {
            folder: "Family/Summer by the lake/Day 1",
            camera: "FUJIFILM X-T5",
            words: "title: The first day\n",
            photos: vec![
                ("DSCF0412.jpg", Lake, Dawn, 0, Landscape, 2, at(2023, 8, 12, 6, 5), "Before anyone jumped in"),
                ("DSCF0419.jpg", Lake, Noon, 1, Landscape, 1, at(2023, 8, 12, 12, 44), "Paul swam to the other side"),
                ("DSCF0425.jpg", Mountains, Noon, 1, Portrait, 8, at(2023, 8, 12, 14, 10), ""),
                ("DSCF0433.jpg", Lake, Dusk, 0, Landscape, 1, at(2023, 8, 12, 20, 48), "Soup from the camping stove"),
            ],
        },
        Album {
            folder: "Family/Summer by the lake/Day 2",
            camera: "FUJIFILM X-T5",
            words: "title: The second day\n",
            photos: vec![
                ("DSCF0441.jpg", Lake, Mist, 0, Landscape, 4, at(2023, 8, 13, 7, 21), "It rained into the coffee"),
                ("DSCF0448.jpg", Mountains, Mist, 2, Portrait, 5, at(2023, 8, 13, 10, 3), "The path we did not take"),
                ("DSCF0456.jpg", Mountains, Golden, 1, Panorama, 1, at(2023, 8, 13, 18, 37), "Worth every blister"),
                ("DSCF0461.jpg", Lake, Night, 0, Landscape, 1, at(2023, 8, 13, 23, 15), "Shooting stars: eleven"),
            ],
        },
        Album {
            folder: "Grandparents/The old house",
            camera: "NIKON D90",
            words: "title: The old house\ncomment1: Seen from the kitchen window, mostly\n\
                    captions:\n  spring.jpg: The meadow, the year the swing broke\n",
            photos: vec![
                ("spring.jpg", Meadow, Noon, 0, Landscape, 1, at(2012, 5, 20, 13, 0), "The meadow behind the house"),
                ("summer.jpg", Meadow, Golden, 2, Landscape, 1, at(2014, 7, 6, 20, 10), "Haymaking, everybody helped"),
                ("autumn.jpg", Forest, Golden, 2, Portrait, 7, at(2016, 10, 15, 17, 20), "Grandpa knew every mushroom"),
                ("first snow.jpg", Winter, Noon, 0, Landscape, 1, at(2017, 12, 3, 9, 30), "First snow"),
                ("new year.jpg", Winter, Dawn, 1, Landscape, 1, at(2019, 1, 1, 8, 14), "First morning of the year"),
                ("evening.jpg", Meadow, Dusk, 1, Landscape, 1, at(2021, 9, 2, 20, 2), "The light that we came home to"),
            ],
        },
        Album {
            folder: "Märchenwald/Nebel & Licht",
            camera: "Canon EOS R6",
            words: "title: Nebel & Licht\ncomment1: An einem Morgen im November\n",
            photos: vec![
                ("Früh am Morgen.jpg", Forest, Mist, 1, Landscape, 1, at(2022, 11, 5, 7, 40), "Noch ganz still"),
                ("Lichtung.jpg", Forest, Dawn, 0, Portrait, 6, at(2022, 11, 5, 8, 5), "Da stand eben noch ein Reh"),
                ("Heimweg.jpg", Winter, Night, 0, Landscape, 1, at(2022, 11, 5, 18, 30), "Heimweg unter Sternen"),
            ],
        },
    ]
}
