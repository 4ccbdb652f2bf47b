// The slides of the full-screen view, read off the figures of an album's grid.

import type PhotoSwipe from "photoswipe";
import type { SlideData } from "photoswipe";

/** PhotoSwipe's name for what it leaves to us. */
export const FILM = "film";

export interface Slide extends SlideData {
  id: string;
  caption: string;
  taken: string;
  original: string;
  /** What is told on request: the place, the camera, the file. */
  facts: string[];
  /** Of a video: its address. */
  film?: string;
  /** Of a Live Photo: its movie. */
  movie?: string;
  /** Of a picture that moves: the original. */
  animation?: string;
  /** What shows all of a picture, where this browser can show it: its address and the picture's width. */
  full?: { src: string; width: number };
}

/** What is on show, as PhotoSwipe has it. */
export type Shown = NonNullable<PhotoSwipe["currSlide"]>;

/** What PhotoSwipe keeps of one slide. */
export type Content = Shown["content"];

/** Endings of originals that every browser of today shows, and those that Safari shows besides. */
const SHOWN = /\.(jpe?g|png|webp|gif|avif)$/i;
const SHOWN_BY_SAFARI = /\.(jpe?g|png|webp|gif|avif|hei[cf])$/i;

/** The largest original that is shown, in pixels: what a phone unpacks takes four bytes for each. */
const MOST = 50_000_000;

/** Wider than any screen is long, in CSS pixels. */
const LARGE = 8_000;

const isSafari = navigator.vendor.startsWith("Apple");

/** The slide of the photo that `link` leads to. */
export function slide(link: HTMLAnchorElement): Slide {
  const figure = link.closest("figure");
  const picture = link.querySelector("img");
  const said = (selector: string) => figure?.querySelector(selector)?.textContent?.trim() ?? "";
  const original = figure?.querySelector<HTMLAnchorElement>("a.original");
  const bytes = Number(original?.dataset["bytes"] ?? 0);
  const { place = "", camera = "", lens = "", exposure = "" } = figure?.dataset ?? {};
  // Many phones name themselves in their lens.
  const facts = [place, camera, lens.includes(camera) && camera ? lens.replace(camera, "").trim() : lens, exposure, original?.download ?? ""];
  if (bytes > 0) facts.push(bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const { film, movie, animation } = figure?.dataset ?? {};
  const slide: Slide = {
    id: figure?.id.slice(2) ?? "",
    msrc: picture?.currentSrc || picture?.src || "",
    width: Number(link.dataset["width"]),
    height: Number(link.dataset["height"]),
    alt: picture?.alt ?? said(".unseen"),
    element: link,
    thumbCropped: true,
    caption: said(".caption"),
    taken: said("time"),
    original: original?.href ?? "",
    facts: facts.filter(Boolean),
  };
  if (film) {
    // A small video is shown as large as there is room; pictures are never blown up.
    const times = Math.max(1, LARGE / Math.max(slide.width ?? 1, slide.height ?? 1));
    return { ...slide, type: FILM, film, width: (slide.width ?? 1) * times, height: (slide.height ?? 1) * times };
  }
  const [fullWidth, fullHeight] = [Number(figure?.dataset["fullWidth"] ?? 0), Number(figure?.dataset["fullHeight"] ?? 0)];
  const shown = (isSafari ? SHOWN_BY_SAFARI : SHOWN).test(original?.pathname ?? "") && fullWidth * fullHeight <= MOST;
  const whole = figure?.dataset["whole"] ?? (shown ? original?.href : undefined);
  if (whole && fullWidth > (slide.width ?? 0)) {
    slide.full = { src: whole, width: fullWidth };
    // One can go as near as the original has pixels.
    slide.width = fullWidth;
    slide.height = fullHeight;
  }
  return {
    ...slide,
    src: link.href,
    srcset: chosen(picture)?.srcset ?? "",
    ...(movie ? { movie } : {}),
    ...(animation ? { animation } : {}),
  };
}

/** Of a picture in several formats, the one that this browser takes: it may not have chosen yet here, but elsewhere. */
function chosen(picture: HTMLImageElement | null): HTMLSourceElement | HTMLImageElement | null {
  const sources = [...(picture?.parentElement?.querySelectorAll("source") ?? [])];
  const taken = picture?.currentSrc || document.querySelector<HTMLImageElement>("picture img[fetchpriority]")?.currentSrc;
  const ending = /\.\w+$/.exec(taken ?? "")?.[0];
  return sources.find((source) => ending && source.srcset.includes(`${ending} `)) ?? picture;
}
