// The texts of the pages in English, which the pages are written in: here they are for the scripts, and the list of what
// there is to translate. {n}, {m} and {of} stand for numbers and words.

export type Text = string | { one: string; other: string };

const en = {
  about: "About this photo",
  albums: "Albums",
  all_albums: { one: "All {n} albums", other: "All {n} albums" } as Text,
  close: "Close",
  count: "{n} of {m}",
  download_all: "Download all",
  download_failed: "The download did not work. Please try again.",
  download_original: "Download the original",
  earlier: "Earlier photos",
  home: "Home",
  in: " in ",
  latest: "Latest album",
  looking: "Looking for the photos…",
  maybe_renamed: "The album may have been renamed or taken down, or the link is not complete.",
  more: "More photos",
  more_photos: { one: "{n} more photo", other: "{n} more photos" } as Text,
  n_albums: { one: "{n} album", other: "{n} albums" } as Text,
  n_photos: { one: "{n} photo", other: "{n} photos" } as Text,
  new: "New",
  next: "Next photo",
  not_here: "This page is not here",
  not_loaded: "This photo could not be loaded.",
  nothing_yet: "There is nothing to see here yet.",
  on_their_way: "The first photos are on their way",
  original: "Original",
  original_of: "Download the original of {of}",
  photo_albums: "Photo albums",
  photo_count: "Photo {n} of {m}",
  photos: "Photos",
  previous: "Previous photo",
  private: "A private family gallery.",
  saved: { one: "{n} photo saved, {of}", other: "{n} photos saved, {of}" } as Text,
  see_all: "See all albums",
  sign_out: "Sign out",
  skip: "Skip to the photos",
  slideshow: "Slideshow",
  where: "Where you are",
  will_be_here:
    "This is where your family’s albums will be. As soon as photos are added, they appear here by themselves.",
  zoom: "Zoom",
};

export type Texts = Record<keyof typeof en, Text>;
export default en as Texts;
