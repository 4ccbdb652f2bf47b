//! What moves: videos, and the movies of Live Photos, which belong to a photo and are shown with it.

use std::collections::{BTreeMap, BTreeSet};

use gallery::PhotoId;
use gallery::facts::Video;
use serde::{Deserialize, Serialize};

use super::Photo;

/// How long the movie of a Live Photo is at most, in seconds. Apple's last three; whoever has a longer film beside a photo
/// of the same name has two things.
const LIVE_AT_MOST: f64 = 10.0;

/// The files that a Live Photo's picture may be in, the one as taken first: some programs lay a JPEG beside it.
const STILLS: [&str; 4] = ["heic", "heif", "jpg", "jpeg"];

/// What is known of a video besides its picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Film {
    /// How long it lasts.
    pub seconds: f64,
}

impl Film {
    /// Of what the headers say; `None` for sound alone.
    pub(super) fn of(video: &Video) -> Option<Self> {
        (video.width > 0 && video.height > 0).then_some(Self { seconds: video.duration })
    }

    /// How long it lasts, as people write it: `0:07`, `12:30`, `1:02:03`.
    pub(crate) fn length(&self) -> String {
        let seconds = self.seconds.clamp(1.0, 1e6).round() as u64;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
    }
}

/// A video that no picture could be made of. It is shown all the same: browsers know more codecs than we do.
pub(super) fn without_poster(facts: String, file: String, original: &gallery::facts::Facts, video: &Video) -> Photo {
    Photo {
        facts,
        file,
        bytes: original.bytes,
        width: video.width.max(1),
        height: video.height.max(1),
        taken: video.taken,
        caption: None,
        camera: video.camera.clone(),
        lens: None,
        exposure: gallery::facts::Exposure::default(),
        keywords: Vec::new(),
        places: Vec::new(),
        position: video.position,
        added: original.modified,
        colour: String::new(),
        thumbhash: String::new(),
        renditions: Vec::new(),
        whole: None,
        film: Film::of(video),
        animated: false,
    }
}

/// The movies of Live Photos by the photo that each belongs to: a short `.MOV` beside a picture of the same name. A
/// function of the files that are there, whatever their history.
pub(super) fn pairs(photos: &BTreeMap<PhotoId, Photo>) -> BTreeMap<PhotoId, PhotoId> {
    if photos.values().all(|photo| photo.film.is_none()) {
        return BTreeMap::new();
    }
    let mut movies: BTreeMap<&str, BTreeSet<(&str, PhotoId)>> = BTreeMap::new();
    let mut stills: BTreeMap<&str, BTreeSet<(usize, &str, PhotoId)>> = BTreeMap::new();
    for (id, photo) in photos {
        let Some((stem, ending)) = photo.file.rsplit_once('.') else { continue };
        let ending = ending.to_ascii_lowercase();
        match &photo.film {
            Some(film) if ending == "mov" && film.seconds <= LIVE_AT_MOST => {
                movies.entry(stem).or_default().insert((&photo.file, *id));
            }
            None => {
                if let Some(rank) = STILLS.iter().position(|still| *still == ending) {
                    stills.entry(stem).or_default().insert((rank, &photo.file, *id));
                }
            }
            Some(_) => {}
        }
    }
    let matched = movies.into_iter().filter_map(|(stem, movies)| Some((stills.remove(stem)?, movies)));
    matched.flat_map(|(stills, movies)| stills.into_iter().map(|s| s.2).zip(movies.into_iter().map(|m| m.1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::catalogue::tests::{catalogue, film};

    fn paired(catalogue: &Catalogue) -> Vec<(&str, &str)> {
        let file = |id: &PhotoId| catalogue.photos[id].file.as_str();
        let pairs = pairs(&catalogue.photos);
        let mut pairs: Vec<_> = pairs.iter().map(|(still, movie)| (file(still), file(movie))).collect();
        pairs.sort_unstable();
        pairs
    }

    #[test]
    fn lengths_are_clocks() {
        let length = |seconds| Film { seconds }.length();
        assert_eq!(length(0.2), "0:01");
        assert_eq!(length(12.5), "0:13");
        assert_eq!(length(750.0), "12:30");
        assert_eq!(length(3723.0), "1:02:03");
        assert_eq!(length(f64::INFINITY), "277:46:40");
    }

    #[test]
    fn a_live_photo_is_a_picture_and_a_short_movie_of_one_name() {
        let mut album = catalogue("A", &[("IMG_1.HEIC", Some(1)), ("IMG_2.JPG", Some(1)), ("IMG_3.png", None)]);
        for (file, seconds) in
            [("IMG_1.MOV", 2.9), ("IMG_2.mov", 2.9), ("IMG_3.MOV", 2.9), ("IMG_4.MOV", 2.9), ("IMG_2.mp4", 2.9)]
        {
            album.learn(film(&format!("A/{file}"), seconds), "\"f\"".into());
        }
        assert_eq!(paired(&album), [("IMG_1.HEIC", "IMG_1.MOV"), ("IMG_2.JPG", "IMG_2.mov")]);
        let shown: Vec<_> = album.in_order().iter().map(|(_, photo)| photo.file.as_str()).collect();
        assert_eq!(shown, ["IMG_1.HEIC", "IMG_2.JPG", "IMG_2.mp4", "IMG_3.MOV", "IMG_3.png", "IMG_4.MOV"]);

        album.learn(film("A/IMG_1.MOV", 200.0), "\"g\"".into());
        assert_eq!(paired(&album), [("IMG_2.JPG", "IMG_2.mov")]);
    }

    #[test]
    fn of_two_pictures_the_one_as_taken_has_the_movie() {
        let mut album = catalogue("A", &[("1.JPG", None), ("1.HEIC", None)]);
        album.learn(film("A/1.MOV", 3.0), "\"f\"".into());
        assert_eq!(paired(&album), [("1.HEIC", "1.MOV")]);
        album.forget(PhotoId::of_key("A/1.HEIC"));
        assert_eq!(paired(&album), [("1.JPG", "1.MOV")]);
        album.forget(PhotoId::of_key("A/1.JPG"));
        assert_eq!(album.in_order().len(), 1);
    }
}
