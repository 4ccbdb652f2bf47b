// Going near: once a photo is shown larger than its largest copy, what shows all of it takes the copy's place: its original
// where this browser can show that, elsewhere the JPEG that was made of it. Fetched when somebody first goes near.

import type { Shown } from "./slides";

const asked = new WeakSet<object>();

/** Fetches all of the photo on show when somebody is near enough to see the difference. */
export function sharpen(slide: Shown): void {
  const { content, data } = slide;
  const image = content.element;
  if (!data.full || asked.has(content) || !(image instanceof HTMLImageElement)) return;
  const copy = Number((data.element as HTMLElement | undefined)?.dataset["width"] ?? 0);
  if (data.full.width * slide.currZoomLevel * devicePixelRatio <= copy) return;
  asked.add(content);
  const full = new Image();
  full.src = data.full.src;
  // The copy stays until all of it is there, and for good if it never comes.
  full.decode().then(
    () => {
      image.srcset = "";
      image.src = full.src;
      image.classList.add("full");
    },
    () => asked.delete(content),
  );
}
