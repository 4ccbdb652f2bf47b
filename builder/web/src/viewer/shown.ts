import type PhotoSwipe from "photoswipe";

/** The video of the slide that is shown. */
export function shownFilm(pswp: PhotoSwipe): HTMLVideoElement | null {
  return pswp.currSlide?.content.element?.querySelector("video") ?? null;
}
