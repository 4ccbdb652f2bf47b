// A photo as large as the full-screen view shows it. This is part of the script that comes before all others (`head.ts`), which
// leaves it to them, and is written so that any browser can read it.

import { askedFor, margins, type Size } from "./margins";

/** A photo's picture for the full-screen view, and where that shows it, in CSS pixels. */
export interface Fitted {
  picture: HTMLElement;
  img: HTMLImageElement;
  left: number;
  top: number;
  width: number;
  height: number;
}

declare global {
  interface Window {
    fitted?: typeof fitted;
  }
}

/** A copy of a figure's picture that is fetched at once and as large as the view wants it, if the figure has one and is no
    film. */
export function fitted(figure: HTMLElement | null, glass: Size): Fitted | undefined {
  var link = figure && figure.querySelector<HTMLElement>("a.open");
  var there = link && link.querySelector("img");
  if (!figure || !link || !there || figure.dataset["film"]) return undefined;
  var parent = there.parentElement;
  var picture = (parent && parent.tagName === "PICTURE" ? parent : there).cloneNode(true) as HTMLElement;
  var img = picture instanceof HTMLImageElement ? picture : picture.querySelector("img");
  if (!img) return undefined;
  var w = Number(figure.dataset["fullWidth"] || link.dataset["width"] || 1);
  var h = Number(figure.dataset["fullHeight"] || link.dataset["height"] || 1);
  var free = margins(glass);
  var across = glass.x - free.left - free.right;
  var down = glass.y - free.top - free.bottom;
  var scale = Math.min(1, across / w, down / h);
  // As large as it will be: the same copy is chosen, and nothing moves when the view takes over.
  img.sizes = askedFor(w * scale) + "px";
  var sources = picture.querySelectorAll("source");
  for (var at = 0; at < sources.length; at += 1) sources[at]!.sizes = img.sizes;
  img.removeAttribute("loading");
  img.setAttribute("fetchpriority", "high");
  return {
    picture: picture,
    img: img,
    left: Math.round(free.left + (across - w * scale) / 2),
    top: Math.round(free.top + (down - h * scale) / 2),
    width: Math.round(w * scale),
    height: Math.round(h * scale),
  };
}
