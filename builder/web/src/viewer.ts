// The full-screen view: PhotoSwipe over the figures of an album's grid.
//
// Each photo has a permalink, `#<photo id>`. Opening a photo is a step in the browser's history, so that "back" closes
// it; going from photo to photo only changes the address.

import PhotoSwipe, { type SlideData } from "photoswipe";

interface Slide extends SlideData {
  id: string;
  caption: string;
  taken: string;
  original: string;
}

const ICON_DOWNLOAD = {
  isCustomSVG: true,
  inner: '<path id="pswp__icn-download" d="M16 6v12m0 0-5-5m5 5 5-5M8 24h16" fill="none" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/>',
  outlineID: "pswp__icn-download",
};

let current: PhotoSwipe | undefined;

/** Opens the photo that `link` leads to. `arrived`: the address already names it. */
export function open(grid: HTMLElement, link: HTMLAnchorElement, { arrived = false } = {}): void {
  if (current) return;
  const links = [...grid.querySelectorAll<HTMLAnchorElement>("a.open")];
  const slides = links.map(slide);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pswp = new PhotoSwipe({
    dataSource: slides,
    index: links.indexOf(link),
    bgOpacity: 1,
    loop: false,
    showHideAnimationType: still ? "none" : "zoom",
    zoomAnimationDuration: still ? false : 260,
    showAnimationDuration: still ? 0 : 260,
    hideAnimationDuration: still ? 0 : 220,
    preload: [1, 2],
    paddingFn: (viewport) =>
      viewport.x < 1000 ? { top: 0, bottom: 0, left: 0, right: 0 } : { top: 56, bottom: 72, left: 72, right: 72 },
    mainClass: "viewer",
    closeTitle: "Close",
    zoomTitle: "Zoom",
    arrowPrevTitle: "Previous photo",
    arrowNextTitle: "Next photo",
    indexIndicatorSep: " of ",
    errorMsg: "This photo could not be loaded.",
  });
  current = pswp;

  const shown = () => slides[pswp.currIndex];
  pswp.on("uiRegister", () => {
    pswp.ui?.registerElement({
      name: "download",
      order: 8,
      isButton: true,
      tagName: "a",
      title: "Download the original",
      ariaLabel: "Download the original",
      html: ICON_DOWNLOAD,
      onInit: (element) => {
        const anchor = element as HTMLAnchorElement;
        anchor.setAttribute("download", "");
        pswp.on("change", () => (anchor.href = shown()?.original ?? ""));
      },
    });
    pswp.ui?.registerElement({
      name: "words",
      order: 9,
      isButton: false,
      appendTo: "root",
      onInit: (element) => {
        element.setAttribute("aria-live", "polite");
        pswp.on("change", () => element.replaceChildren(...words(shown())));
      },
    });
  });
  pswp.on("firstUpdate", () => {
    pswp.element?.setAttribute("aria-modal", "true");
    pswp.element?.setAttribute("aria-label", grid.dataset["title"] ?? "Photos");
  });

  // A window that changes its size, or a phone that is turned, while a photo opens is heard by nobody: PhotoSwipe leaves
  // the slides alone until its opener is open. So they are measured again when it is.
  pswp.on("openingAnimationEnd", () => pswp.updateSize(true));

  // The address.
  let ours = false;
  const permalink = () => `${location.pathname}${location.search}#${shown()?.id ?? ""}`;
  pswp.on("change", () => {
    if (ours || arrived) history.replaceState(history.state, "", permalink());
  });
  const went = () => {
    const target = slides.findIndex((each) => location.hash === `#${each.id}`);
    if (target >= 0) pswp.goTo(target);
    else {
      ours = false;
      pswp.close();
    }
  };
  addEventListener("popstate", went);
  pswp.on("close", () => {
    removeEventListener("popstate", went);
    // The photo last seen is where the page should be.
    links[pswp.currIndex]?.scrollIntoView({ block: "nearest" });
    links[pswp.currIndex]?.focus({ preventScroll: true });
    if (ours) history.back();
    else if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
    ours = false;
  });
  pswp.on("destroy", () => {
    current = undefined;
  });

  pswp.init();
  if (!arrived) {
    history.pushState({ photo: true }, "", permalink());
    ours = true;
  }
}

function slide(link: HTMLAnchorElement): Slide {
  const figure = link.closest("figure");
  const picture = link.querySelector("img");
  const text = (selector: string) => figure?.querySelector(selector)?.textContent?.trim() ?? "";
  return {
    id: figure?.id.slice(2) ?? "",
    src: link.href,
    srcset: picture?.srcset ?? "",
    msrc: picture?.currentSrc || picture?.src || "",
    width: Number(link.dataset["width"]),
    height: Number(link.dataset["height"]),
    alt: picture?.alt ?? "",
    element: link,
    thumbCropped: true,
    caption: text(".caption"),
    taken: text("time"),
    original: figure?.querySelector<HTMLAnchorElement>("a.original")?.href ?? "",
  };
}

/** The caption and the date below a photo. */
function words(slide: Slide | undefined): HTMLElement[] {
  const line = (name: string, text: string) => {
    const element = document.createElement("p");
    element.className = name;
    element.textContent = text;
    return element;
  };
  const lines = [];
  if (slide?.caption) lines.push(line("caption", slide.caption));
  if (slide?.taken) lines.push(line("taken", slide.taken));
  return lines;
}
