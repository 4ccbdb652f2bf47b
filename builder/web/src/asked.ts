// The picture of a photo that somebody came for, asked for while the code that shows it is still on its way.

/** How much of a window is left to a photo; the full-screen view keeps to it. */
export function room(window: { x: number }): { top: number; bottom: number; left: number; right: number } {
  return window.x < 1000 ? { top: 0, bottom: 0, left: 0, right: 0 } : { top: 56, bottom: 72, left: 72, right: 72 };
}

/** Of a picture in several formats, the one that this browser takes: it may not have chosen yet here, but elsewhere. */
export function chosen(picture: HTMLImageElement | null): HTMLSourceElement | HTMLImageElement | null {
  const sources = [...(picture?.parentElement?.querySelectorAll("source") ?? [])];
  const taken = picture?.currentSrc || document.querySelector<HTMLImageElement>("picture img[fetchpriority]")?.currentSrc;
  const ending = /\.\w+$/.exec(taken ?? "")?.[0];
  return sources.find((source) => ending && source.srcset.includes(`${ending} `)) ?? picture;
}

/** Begins to fetch the copy that the full-screen view will show first of the photo that `link` leads to. */
export function askFor(link: HTMLAnchorElement): void {
  const source = chosen(link.querySelector("img"));
  const [width, height] = [Number(link.dataset["width"]), Number(link.dataset["height"])];
  if (!source?.srcset || !width || !height || link.closest("figure")?.dataset["film"]) return;
  const { top, bottom, left, right } = room({ x: innerWidth });
  const scale = Math.min((innerWidth - left - right) / width, (innerHeight - top - bottom) / height);
  const early = document.createElement("link");
  early.rel = "preload";
  early.as = "image";
  early.imageSrcset = source.srcset;
  early.imageSizes = `${Math.round(width * scale)}px`;
  early.setAttribute("fetchpriority", "high");
  document.head.append(early);
}
