// The texts in English: here is what scripts say, which is there for all; `written.ts` has what the pages alone say. Together
// they are the list of all that there is to translate. The builder writes the pages with the same texts, which the build hands
// to it. {n}, {m} and {of} stand for numbers and words.

import type { Written } from "./written";

export type Text = string | { one: string; other: string };

/** What scripts say. */
const en = {
  about: "About this photo",
  albums: "Albums",
  close: "Close",
  copied: "The link was copied.",
  count: "{n} of {m}",
  download_failed: "The download did not work. Please try again.",
  download_original: "Download the original",
  film: "Video",
  film_failed: "This browser cannot play this video. The original can be downloaded.",
  left_out: "Left out, because they did not come: {of}",
  look_on: "Look on",
  looking: "Looking for the photos…",
  looking_for: "Looking…",
  map: "Map",
  more_photos: { one: "{n} more photo", other: "{n} more photos" } as Text,
  motion: "Play the movement",
  movie: "Movie",
  movie_download: "Download the movie",
  n_albums: { one: "{n} album", other: "{n} albums" } as Text,
  n_photos: { one: "{n} photo", other: "{n} photos" } as Text,
  new: "New",
  next: "Next photo",
  not_all_searched: "Some albums could not be searched.",
  not_loaded: "This photo could not be loaded.",
  nothing_found: "Nothing found. Try fewer or other words, or a year.",
  offline: "You are not connected. This is what you saw last.",
  offline_title: "Offline",
  photo_count: "Photo {n} of {m}",
  photos: "Photos",
  previous: "Previous photo",
  print_failed: "The sheet could not be made. Please try again.",
  saved: { one: "{n} photo saved, {of}", other: "{n} photos saved, {of}" } as Text,
  share: "Share",
  slideshow: "Slideshow",
  stop: "Stop",
  upload: "Upload",
  zoom: "Zoom",
  zoom_in: "Zoom in",
  zoom_out: "Zoom out",
};

export type Spoken = keyof typeof en;
export type Texts = Record<Spoken | Written, Text>;
export default en as Record<Spoken, Text>;
