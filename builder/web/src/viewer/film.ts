// Videos in the full-screen view: the browser's own player, fed by ranges of the original. PhotoSwipe has the swipes, the
// player its bar. Fetched with the first video that is shown.

import type PhotoSwipe from "photoswipe";
import { shownFilm } from "./shown";
import type { Content } from "./slides";

/** How high the player's bar is, in CSS pixels; a little more for fingers. */
const BAR = 84;

const videoOf = (content: Content): HTMLVideoElement | null => content.element?.querySelector("video") ?? null;

/** Puts the player into its frame, which has what is said when it fails. */
export function fill(pswp: PhotoSwipe, content: Content, still: boolean): void {
  const video = document.createElement("video");
  video.controls = true;
  video.playsInline = true;
  // Its neighbours cost nothing until they are looked at.
  video.preload = "none";
  video.setAttribute("aria-label", content.data.alt ?? "");
  if (content.data.msrc) video.poster = content.data.msrc;
  video.src = content.data.film ?? "";
  const message = content.element?.querySelector("p");
  video.addEventListener("error", () => message && (message.hidden = false));
  content.element?.prepend(video);
  if (pswp.currSlide?.content === content) begin(content, still);
}

/** Has the player on show obey the swipes and keys. */
export function obey(pswp: PhotoSwipe, still: boolean): void {
  pswp.on("contentActivate", ({ content }) => begin(content, still));
  pswp.on("contentDeactivate", ({ content }) => videoOf(content)?.pause());
  pswp.on("contentRemove", ({ content }) => videoOf(content)?.pause());

  // The bar is the player's.
  pswp.on("pointerDown", (event) => {
    const { target, clientY } = event.originalEvent;
    if (target instanceof HTMLVideoElement && clientY > target.getBoundingClientRect().bottom - BAR) event.preventDefault();
  });
  pswp.on("keydown", (event) => {
    const key = event.originalEvent;
    const video = shownFilm(pswp);
    if (!video || key.altKey || key.ctrlKey || key.metaKey) return;
    // In the player the arrows seek, as everywhere.
    if (key.target === video && key.key.startsWith("Arrow")) return event.preventDefault();
    if (key.key !== " " || key.target instanceof HTMLButtonElement || key.target === video) return;
    key.preventDefault();
    if (video.paused) void video.play().catch(() => undefined);
    else video.pause();
  });
}

function begin(content: Content, still: boolean): void {
  const video = videoOf(content);
  if (!video) return;
  video.preload = "metadata";
  // Whoever wants little motion begins it themselves; so does a browser that was not touched yet.
  if (!still) void video.play().catch(() => undefined);
}
