// The full-screen view: PhotoSwipe over the figures of an album's grid.
//
// Each photo has a permalink, `#<photo id>`. Opening a photo is a step in the browser's history, so that "back" closes
// it; going from photo to photo only changes the address.

import PhotoSwipe from "photoswipe";
import { askedFor, margins, more, named, naming, painted, text, unfinished } from "./site";
import { isPlaying, showFilms } from "./viewer/film";
import { goNear } from "./viewer/full";
import { type PhotoSwipeIcon, setInMotion } from "./viewer/motion";
import { shareOn } from "./viewer/share";
import { type Slide, slide } from "./viewer/slides";

const icon = (name: string, path: string): PhotoSwipeIcon => ({
  isCustomSVG: true,
  inner: `<path id="pswp__icn-${name}" d="${path}" fill="none" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/>`,
  outlineID: `pswp__icn-${name}`,
});
const ICON_DOWNLOAD = icon("download", "M16 6v12m0 0-5-5m5 5 5-5M8 24h16");
const ICON_SHARE = icon("share", "M12 11l4-5 4 5M16 6v13M10 15H8v11h16V15h-2");
const ICON_MOVIE = icon("movie", "M6 9h20v10H6zM10 9v10m12-10v10M16 22v5m0 0-3-3m3 3 3-3");
const ICON_PLAY = icon("play", "M11 8v16l13-8z");
const ICON_MOTION = icon("motion", "M16 15.9v.2M16 21a5 5 0 1 0 0-10 5 5 0 0 0 0 10M16 26a10 10 0 1 0 0-20 10 10 0 0 0 0 20");
const ICON_FACTS = icon("facts", "M16 14v8m0-13v.5M16 27a11 11 0 1 0 0-22 11 11 0 0 0 0 22");

/** How long a slideshow stays with a photo. */
const STAY = 5_000;

/** So many photos before the last one that is there, the next ones are fetched. */
const AHEAD = 6;

let current: PhotoSwipe | undefined;

/** Opens the photo that `link` leads to. `arrived`: the address already names it. Resolves when the photo is seen. */
export function open(grid: HTMLElement, link: HTMLAnchorElement, { arrived = false } = {}): Promise<void> {
  if (current) return Promise.resolve();
  const links = [...grid.querySelectorAll<HTMLAnchorElement>("a.open")];
  const slides = links.map(slide);
  const total = () => Math.max(Number(grid.dataset["total"] ?? 0), slides.length);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pswp = new PhotoSwipe({
    dataSource: slides,
    index: links.indexOf(link),
    bgOpacity: 1,
    loop: false,
    showHideAnimationType: still ? "none" : "zoom",
    zoomAnimationDuration: still ? false : 260,
    // Whoever came for this very photo gets it at once.
    showAnimationDuration: still || arrived ? 0 : 260,
    hideAnimationDuration: still ? 0 : 220,
    preload: [1, 2],
    paddingFn: margins,
    mainClass: "viewer",
    closeTitle: text("close"),
    zoomTitle: text("zoom"),
    arrowPrevTitle: text("previous"),
    arrowNextTitle: text("next"),
    errorMsg: text("not_loaded"),
    // Ours knows how many photos there are, those included that are still to come.
    counter: false,
  });
  current = pswp;
  pswp.addFilter("srcsetSizesWidth", askedFor);
  // What was seen on arrival needs no likeness of itself.
  pswp.addFilter("useContentPlaceholder", (needed, { index }) => needed && !(arrived && index === links.indexOf(link)));
  showFilms(pswp, still, text("film_failed"));
  setInMotion(pswp, still, text("motion"), ICON_MOTION);
  goNear(pswp);

  const shown = () => slides[pswp.currIndex];

  // A long album goes on: the next photos are fetched before the last one that is there is reached.
  const joined = () => {
    const known = slides.length;
    const now = [...grid.querySelectorAll<HTMLAnchorElement>("a.open")].slice(known);
    links.push(...now);
    slides.push(...now.map(slide));
    for (let index = known; index < slides.length; index += 1) pswp.refreshSlideContent(index);
    pswp.dispatch("change");
  };
  grid.addEventListener("photos", joined);
  pswp.on("change", () => {
    if (pswp.currIndex >= slides.length - AHEAD && unfinished(grid)) void more(grid);
  });

  pswp.on("uiRegister", () => {
    pswp.ui?.registerElement({
      name: "count",
      className: "pswp__counter",
      order: 5,
      isButton: false,
      appendTo: "bar",
      onInit: (element) => pswp.on("change", () => (element.textContent = text("count", { n: pswp.currIndex + 1, m: total() }))),
    });
    pswp.ui?.registerElement({
      name: "play",
      order: 8,
      isButton: true,
      title: text("slideshow"),
      ariaLabel: text("slideshow"),
      html: ICON_PLAY,
      onInit: (element) => slideshow(pswp, element, still, () => pswp.currIndex + 1 < slides.length),
    });
    pswp.ui?.registerElement({
      name: "facts",
      order: 8,
      isButton: true,
      title: text("about"),
      ariaLabel: text("about"),
      html: ICON_FACTS,
      onInit: (element) => {
        element.setAttribute("aria-pressed", "false");
        element.addEventListener("click", () => {
          const on = pswp.element?.classList.toggle("viewer--facts") ?? false;
          element.setAttribute("aria-pressed", String(on));
        });
      },
    });
    pswp.ui?.registerElement({
      name: "download",
      order: 8,
      isButton: true,
      tagName: "a",
      title: text("download_original"),
      ariaLabel: text("download_original"),
      html: ICON_DOWNLOAD,
      onInit: (element) => {
        const anchor = element as HTMLAnchorElement;
        anchor.setAttribute("download", "");
        pswp.on("change", () => {
          anchor.href = shown()?.original ?? "";
          anchor.hidden = !shown()?.original;
        });
      },
    });
    pswp.ui?.registerElement({
      name: "movie",
      order: 8,
      isButton: true,
      tagName: "a",
      title: text("movie_download"),
      ariaLabel: text("movie_download"),
      html: ICON_MOVIE,
      onInit: (element) => {
        const anchor = element as HTMLAnchorElement;
        anchor.setAttribute("download", "");
        pswp.on("change", () => {
          // Only where the owner offers originals.
          const movie = shown()?.original ? shown()?.movie : undefined;
          anchor.href = movie ?? "";
          anchor.hidden = !movie;
        });
      },
    });
    pswp.ui?.registerElement({
      name: "share",
      order: 8,
      isButton: true,
      title: text("share"),
      ariaLabel: text("share"),
      html: ICON_SHARE,
      onInit: (element) => shareOn(pswp, element, grid.dataset["title"] ?? ""),
    });
    pswp.ui?.registerElement({
      name: "words",
      order: 9,
      isButton: false,
      appendTo: "root",
      onInit: (element) => {
        element.setAttribute("aria-live", "polite");
        element.setAttribute("aria-atomic", "true");
        pswp.on("change", () => element.replaceChildren(...words(shown(), pswp.currIndex + 1, total())));
      },
    });
  });
  // What a video's player covers, its words must not.
  pswp.on("change", () => pswp.element?.classList.toggle("viewer--film", Boolean(shown()?.film)));
  pswp.on("firstUpdate", () => {
    pswp.element?.setAttribute("aria-modal", "true");
    pswp.element?.setAttribute("aria-label", grid.dataset["title"] ?? text("photos"));
  });

  // A window that changes its size, or a phone that is turned, while a photo opens is heard by nobody: PhotoSwipe leaves
  // the slides alone until its opener is open. So they are measured again when it is.
  pswp.on("openingAnimationEnd", () => pswp.updateSize(true));

  // The address.
  let ours = false;
  const permalink = () => location.pathname + location.search + naming(shown()?.id ?? "");
  pswp.on("change", () => {
    if (ours || arrived) history.replaceState(history.state, "", permalink());
  });
  const went = () => {
    const target = slides.findIndex(({ id }) => id === named());
    if (target >= 0) pswp.goTo(target);
    else {
      ours = false;
      pswp.close();
    }
  };
  addEventListener("popstate", went);
  pswp.on("close", () => {
    removeEventListener("popstate", went);
    grid.removeEventListener("photos", joined);
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

  // The photos beside it come when this one is there.
  const seen = new Promise<void>((done) => {
    let first = true;
    pswp.on("lazyLoad", (event) => first && event.preventDefault());
    const there = () => {
      if (!first) return;
      first = false;
      pswp.contentLoader.updateLazy();
      void painted().then(done);
    };
    pswp.on("loadComplete", ({ slide }) => slide.index === pswp.currIndex && there());
    pswp.on("change", () => pswp.currIndex !== links.indexOf(link) && there());
    pswp.on("destroy", () => done());
  });

  pswp.init();
  if (!arrived) {
    history.pushState({ photo: true }, "", permalink());
    ours = true;
  }
  return seen;
}

/** A button that goes on by itself, until somebody does something else. */
function slideshow(pswp: PhotoSwipe, button: HTMLElement, still: boolean, goesOn: () => boolean): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const set = (playing: boolean) => {
    clearTimeout(timer);
    timer = playing ? setTimeout(step, STAY) : undefined;
    button.setAttribute("aria-pressed", String(playing));
  };
  const step = () => {
    // A video is seen to its end.
    if (isPlaying(pswp)) {
      timer = setTimeout(step, 500);
      return;
    }
    if (!goesOn()) return set(false);
    // Who asked for little motion gets the next photo at once.
    if (still) pswp.mainScroll.moveIndexBy(1, false);
    else pswp.next();
    set(true);
  };
  set(false);
  button.addEventListener("click", () => set(timer === undefined));
  // The button's own clicks and keys are its own affair.
  const elsewhere = ({ target }: Event) => !(target instanceof Node && button.contains(target));
  pswp.on("pointerDown", ({ originalEvent }) => {
    if (elsewhere(originalEvent)) set(false);
  });
  pswp.on("keydown", ({ originalEvent }) => {
    const stops = originalEvent.key !== "Tab" && (elsewhere(originalEvent) || originalEvent.key.startsWith("Arrow"));
    if (stops) set(false);
  });
  pswp.on("close", () => set(false));
}

/** What is said below a photo; those who cannot see it also hear which one it is. */
function words(slide: Slide | undefined, number: number, total: number): HTMLElement[] {
  const line = (name: string, words: string) => {
    const element = document.createElement("p");
    element.className = name;
    element.textContent = words;
    // Whoever wrote it may write from right to left.
    element.dir = "auto";
    return element;
  };
  const lines = [line("unseen", text("photo_count", { n: number, m: total }))];
  if (slide?.caption) lines.push(line("caption", slide.caption));
  else if (slide?.alt) lines.push(line("unseen", slide.alt));
  if (slide?.taken) lines.push(line("taken", slide.taken));
  if (slide && slide.facts.length > 0) {
    const facts = line("more-facts", "");
    facts.removeAttribute("dir");
    // Each by itself: a file's name in Arabic must not turn the others around.
    for (const fact of slide.facts) {
      const part = document.createElement("bdi");
      part.textContent = fact;
      facts.append(facts.firstChild ? " · " : "", part);
    }
    lines.push(facts);
  }
  return lines;
}
