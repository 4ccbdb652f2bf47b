// Videos in the full-screen view: the browser's own player, fed by ranges of the original. PhotoSwipe has the swipes, the
// player its bar.

import type PhotoSwipe from "photoswipe";
import { FILM, type Slide } from "./slides";

/** How high the player's bar is, in CSS pixels; a little more for fingers. */
const BAR = 84;

/** The video of the slide that is shown. */
export function shownFilm(pswp: PhotoSwipe): HTMLVideoElement | null {
  return pswp.currSlide?.content.element?.querySelector("video") ?? null;
}

/** Teaches PhotoSwipe to show videos. */
export function showFilms(pswp: PhotoSwipe, still: boolean, failed: string): void {
  pswp.on("contentLoad", (event) => {
    const { content } = event;
    if (content.type !== FILM) return;
    event.preventDefault();
    const slide = content.data as Slide;
    const frame = document.createElement("div");
    frame.className = "film-frame";
    const video = document.createElement("video");
    video.controls = true;
    video.playsInline = true;
    // Its neighbours cost nothing until they are looked at.
    video.preload = "none";
    video.setAttribute("aria-label", slide.alt ?? "");
    if (slide.msrc) video.poster = slide.msrc;
    video.src = slide.film ?? "";
    const message = document.createElement("p");
    message.className = "film-failed";
    message.textContent = failed;
    message.hidden = true;
    video.addEventListener("error", () => (message.hidden = false));
    frame.append(video, message);
    content.element = frame;
    content.onLoaded();
  });
  pswp.on("contentActivate", ({ content }) => {
    const video = content.type === FILM ? content.element?.querySelector("video") : null;
    if (!video) return;
    video.preload = "metadata";
    // Whoever wants little motion begins it themselves; so does a browser that was not touched yet.
    if (!still) void video.play().catch(() => undefined);
  });
  pswp.on("contentDeactivate", ({ content }) => content.element?.querySelector("video")?.pause());
  pswp.on("contentRemove", ({ content }) => content.element?.querySelector("video")?.pause());

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

/** Whether the slide that is shown is a video that has not ended. */
export function isPlaying(pswp: PhotoSwipe): boolean {
  const video = shownFilm(pswp);
  return Boolean(video && !video.paused && !video.ended);
}
