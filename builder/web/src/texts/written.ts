// What the pages alone say, in English: fetched by those who read it on pages that are written in another language.

import type { Text } from "./en";

const written = {
  all_albums: { one: "All {n} albums", other: "All {n} albums" } as Text,
  all_years: "All years",
  download_all: "Download all",
  earlier: "Earlier photos",
  find: "Find",
  home: "Home",
  in: " in ",
  latest: "Latest album",
  links: "Links",
  live: "Live Photo",
  maybe_renamed: "The album may have been renamed or taken down, or the link is not complete.",
  more: "More photos",
  moves: "Moving picture",
  movie_of: "Download the movie of {of}",
  n_films: { one: "{n} video", other: "{n} videos" } as Text,
  needs_script: "Searching needs JavaScript. Your browser can also search within each of these pages:",
  new_photos: "New photos",
  no_dates: "None of the photos says when it was taken.",
  no_places: "None of the photos says where it was taken.",
  not_here: "This page is not here",
  nothing_yet: "There is nothing to see here yet.",
  on_their_way: "The first photos are on their way",
  on_this_day: "On this day",
  original: "Original",
  original_of: "Download the original of {of}",
  page: "Page {of}",
  photo: "Photo",
  photo_albums: "Photo albums",
  print: "Print",
  private: "A private family gallery.",
  search: "Search",
  search_for: "Word, place, date or camera",
  see_all: "See all albums",
  sign_out: "Sign out",
  skip: "Skip to the photos",
  timeline: "Timeline",
  where: "Where you are",
  will_be_here:
    "This is where your family’s albums will be. As soon as photos are added, they appear here by themselves.",
};

export type Written = keyof typeof written;
export default written as Record<Written, Text>;
