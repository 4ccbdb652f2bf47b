// Going near: once a photo is shown larger than its largest copy, its original takes the copy's place, if this browser can
// show it.

import type PhotoSwipe from "photoswipe";
import type { Slide } from "./slides";

/** Fetches the original of a photo when somebody goes near enough to see the difference. */
export function goNear(pswp: PhotoSwipe): void {
  const asked = new WeakSet<object>();
  pswp.on("zoomPanUpdate", ({ slide }) => {
    const data = slide.data as Slide;
    const { content } = slide;
    const image = content.element;
    if (!data.full || slide.currZoomLevel <= slide.zoomLevels.initial * 1.05) return;
    const copy = Number((data.element as HTMLElement | undefined)?.dataset["width"] ?? 0);
    const shown = data.full.width * slide.currZoomLevel * devicePixelRatio;
    if (shown <= copy || asked.has(content) || !(image instanceof HTMLImageElement)) return;
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
  });
}
