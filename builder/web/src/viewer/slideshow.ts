// One photo after the other, by themselves. Fetched when somebody first asks for it.

import type PhotoSwipe from "photoswipe";
import { shownFilm } from "./shown";

/** How long a slideshow stays with a photo. */
const STAY = 5_000;

/** Whether the slide that is shown is a video that has not ended. One that failed is not paused either, and never ends. */
function isPlaying(pswp: PhotoSwipe): boolean {
  const video = shownFilm(pswp);
  return Boolean(video && !video.paused && !video.ended && !video.error);
}

/** Begins: the button goes on by itself, until somebody does something else. */
export function slideshow(pswp: PhotoSwipe, button: HTMLElement, still: boolean, goesOn: () => boolean): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const set = (playing: boolean) => {
    clearTimeout(timer);
    timer = playing ? setTimeout(step, STAY) : undefined;
    button.setAttribute("aria-pressed", String(playing));
  };
  const step = () => {
    // A video is seen to its end.
    if (isPlaying(pswp)) {
      timer = setTimeout(step, 500);
      return;
    }
    if (!goesOn()) return set(false);
    // Who asked for little motion gets the next photo at once.
    if (still) pswp.mainScroll.moveIndexBy(1, false);
    else pswp.next();
    set(true);
  };
  set(true);
  button.addEventListener("click", () => set(timer === undefined));
  // The button's own clicks and keys are its own affair.
  const elsewhere = ({ target }: Event) => !(target instanceof Node && button.contains(target));
  pswp.on("pointerDown", ({ originalEvent }) => {
    if (elsewhere(originalEvent)) set(false);
  });
  pswp.on("keydown", ({ originalEvent }) => {
    const stops = originalEvent.key !== "Tab" && (elsewhere(originalEvent) || originalEvent.key.startsWith("Arrow"));
    if (stops) set(false);
  });
  pswp.on("close", () => set(false));
}
