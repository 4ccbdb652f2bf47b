// Each photo has a permalink, `#p-<photo id>`. Opening a photo is a step in the browser's history, so that "back" closes it;
// going from photo to photo only changes the address.

import type PhotoSwipe from "photoswipe";
import { alter, named, naming, rename } from "../site";
import type { Slide } from "./slides";

/** How long the address stays as it is after a change, in milliseconds: a held key turns thirty photos a second, and in half a
    minute WebKit allows a hundred changes. */
const MOMENT = 500;

/** Has the address name the photo on show, and "back" close the view. `arrived`: the address named a photo before. Returns
    what makes the opening a step, once the view is there. */
export function permalinks(pswp: PhotoSwipe, slides: Slide[], arrived: boolean): () => void {
  // Whether the address is the view's to change, and whether closing takes a step back.
  let ours = arrived;
  let stepped = false;
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const shown = () => slides[pswp.currIndex]?.id ?? "";

  const follow = () => {
    clearTimeout(timer);
    if (!ours || location.hash === naming(shown())) return;
    const now = performance.now();
    const soon = now - last < MOMENT;
    if (!soon) last = now;
    if (soon || !rename(shown())) timer = setTimeout(follow, MOMENT);
  };
  pswp.on("change", follow);

  const went = () => {
    const target = slides.findIndex(({ id }) => id === named());
    if (target < 0) ours = stepped = false;
    // PhotoSwipe closes nothing that is still opening.
    if (pswp.opener.isOpening) pswp.on("openingAnimationEnd", went);
    else if (target < 0) pswp.close();
    else pswp.goTo(target);
  };
  addEventListener("popstate", went);
  pswp.on("close", () => {
    removeEventListener("popstate", went);
    if (stepped) alter(() => history.back());
    else if (location.hash) rename();
    ours = stepped = false;
  });

  return () => {
    // On the way back the page stays where closing the view puts it, and not where it was when the view was opened.
    history.scrollRestoration = "manual";
    const again = () => (history.scrollRestoration = "auto");
    ours = stepped = alter(() => history.pushState({ photo: true }, "", naming(shown())));
    if (stepped) addEventListener("popstate", () => setTimeout(again), { once: true });
    else again();
  };
}
