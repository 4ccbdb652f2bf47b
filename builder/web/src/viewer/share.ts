// The link to the photo that is shown: given to the phone's own sheet for sharing, or else copied. Whoever gets it has to be
// let in, like everybody.

import type PhotoSwipe from "photoswipe";
import { naming, text } from "../site";
import type { Slide } from "./slides";

/** How long is told that a link was copied, in milliseconds. */
const TOLD = 3_000;

/** Has a button share; `title` is the album's. */
export function shareOn(pswp: PhotoSwipe, button: HTMLElement, title: string): void {
  const canShare = typeof navigator.share === "function";
  if (!canShare && !window.isSecureContext) {
    button.hidden = true;
    return;
  }
  button.addEventListener("click", () => {
    const slide = pswp.currSlide?.data as Slide | undefined;
    if (!slide) return;
    const url = location.origin + location.pathname + naming(slide.id);
    if (canShare) void navigator.share({ title: slide.caption || title, url }).catch(() => undefined);
    else void copy(url).then(() => tell(pswp));
  });
}

const copy = (url: string): Promise<void> => navigator.clipboard.writeText(url);

function tell(pswp: PhotoSwipe): void {
  const line = document.createElement("p");
  line.className = "viewer-told";
  line.setAttribute("role", "status");
  pswp.element?.append(line);
  // What is there before its words come is heard.
  setTimeout(() => (line.textContent = text("copied")), 50);
  setTimeout(() => line.remove(), TOLD);
}
