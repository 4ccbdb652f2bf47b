// The full-screen view: PhotoSwipe over the figures of an album's grid.

import PhotoSwipe from "photoswipe";
import { askedFor, margins } from "./margins";
import { more, painted, text, unfinished } from "./site";
import { permalinks } from "./viewer/permalink";
import { shareOn } from "./viewer/share";
import { FILM, type Slide, slide } from "./viewer/slides";

const icon = (name: string, path: string) => ({
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
const ICON_ZOOM =
  '<svg aria-hidden="true" class="pswp__icn" viewBox="0 0 32 32" width="32" height="32"><path d="M15 23.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zm6-2.5 6 6M11.5 15h7"/><path class="pswp__zoom-icn-bar-v" d="M15 11.5v7"/></svg>';

type Icon = ReturnType<typeof icon>;
type Key = Parameters<typeof text>[0];

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
    zoomSVG: ICON_ZOOM,
    arrowPrevTitle: text("previous"),
    arrowNextTitle: text("next"),
    errorMsg: text("not_loaded"),
    // To the photo last seen, and not to the first: see below.
    returnFocus: false,
    // Ours knows how many photos there are, those included that are still to come.
    counter: false,
  });
  current = pswp;
  pswp.addFilter("srcsetSizesWidth", askedFor);
  // What was seen on arrival needs no likeness of itself.
  pswp.addFilter("useContentPlaceholder", (needed, { index }) => needed && !(arrived && index === links.indexOf(link)));
  showFilms(pswp, still);
  pswp.on("zoomPanUpdate", ({ slide }) => {
    const near = slide.data["full"] && slide.currZoomLevel > slide.zoomLevels.initial * 1.05;
    if (near) void import("./viewer/full").then(({ sharpen }) => sharpen(slide)).catch(() => undefined);
  });

  const shown = () => slides[pswp.currIndex];

  // A long album goes on: the next photos are fetched before the last one that is there is reached.
  const joined = () => {
    const known = slides.length;
    const now = [...grid.querySelectorAll<HTMLAnchorElement>("a.open")].slice(known);
    links.push(...now);
    slides.push(...now.map(slide));
    // Only the place beside the last one was left empty; the others are filled as one comes near.
    if (now.length > 0 && pswp.currIndex === known - 1) pswp.refreshSlideContent(known);
  };
  grid.addEventListener("photos", joined);
  pswp.on("change", () => {
    if (pswp.currIndex >= slides.length - AHEAD && unfinished(grid)) void more(grid);
  });

  // What did not come is asked for again when somebody comes back to it, or the network does. PhotoSwipe asks by itself, and
  // leaves what it said of the failure in the picture's place.
  const again = () => {
    const slide = pswp.currSlide;
    const failed = slide && !slide.content.isLoading() && slide.container.querySelector(".pswp__error-msg");
    if (failed) pswp.refreshSlideContent(pswp.currIndex);
  };
  pswp.on("change", again);
  pswp.on("loadComplete", ({ isError }) => void (isError || again()));
  addEventListener("online", again);

  const button = (name: string, label: Key, html: Icon, onInit: (element: HTMLElement) => void, tagName?: "a") => {
    const title = text(label);
    pswp.ui?.registerElement({ name, order: 8, isButton: true, tagName: tagName ?? "button", title, ariaLabel: title, html, onInit });
  };
  const offer = (name: string, label: Key, html: Icon, file: () => string | undefined) => {
    const onInit = (element: HTMLElement) => {
      element.setAttribute("download", "");
      pswp.on("change", () => {
        (element as HTMLAnchorElement).href = file() ?? "";
        element.hidden = !file();
      });
    };
    button(name, label, html, onInit, "a");
  };
  pswp.on("uiRegister", () => {
    pswp.ui?.registerElement({
      name: "count",
      className: "pswp__counter",
      order: 5,
      isButton: false,
      appendTo: "bar",
      onInit: (element) => pswp.on("change", () => (element.textContent = text("count", { n: pswp.currIndex + 1, m: total() }))),
    });
    button("motion", "motion", ICON_MOTION, (element) => {
      let asked = false;
      let pressed = false;
      const early = () => (pressed = true);
      element.setAttribute("aria-pressed", "false");
      element.addEventListener("click", early);
      pswp.on("change", () => {
        element.hidden = !shown()?.movie && !shown()?.animation;
        if (asked || element.hidden) return;
        asked = true;
        import("./viewer/motion").then(
          ({ setInMotion }) => {
            element.removeEventListener("click", early);
            if (current !== pswp) return;
            setInMotion(pswp, still, element);
            if (pressed && element.getAttribute("aria-pressed") !== "true") element.click();
          },
          () => (asked = false),
        );
      });
    });
    button("play", "slideshow", ICON_PLAY, (element) => {
      element.setAttribute("aria-pressed", "false");
      const goesOn = () => pswp.currIndex + 1 < slides.length;
      fetchedWhenPressed(element, () =>
        import("./viewer/slideshow").then(({ slideshow }) => slideshow(pswp, element, still, goesOn)),
      );
    });
    button("facts", "about", ICON_FACTS, (element) => {
      element.setAttribute("aria-pressed", "false");
      element.addEventListener("click", () => {
        const on = pswp.element?.classList.toggle("viewer--facts") ?? false;
        element.setAttribute("aria-pressed", String(on));
      });
    });
    offer("download", "download_original", ICON_DOWNLOAD, () => shown()?.original);
    // Only where the owner offers originals.
    offer("movie", "movie_download", ICON_MOVIE, () => shown()?.original && shown()?.movie);
    button("share", "share", ICON_SHARE, (element) => shareOn(pswp, element, grid.dataset["title"] ?? ""));
    pswp.ui?.registerElement({
      name: "words",
      order: 9,
      isButton: false,
      appendTo: "root",
      onInit: (element) => {
        element.setAttribute("aria-live", "polite");
        element.setAttribute("aria-atomic", "true");
        pswp.on("change", () => {
          const lines = words(shown(), pswp.currIndex + 1, total());
          // What is said already is not read out again.
          if (lines.map(({ textContent }) => textContent).join("") === element.textContent) return;
          element.textContent = "";
          element.append(...lines);
        });
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
  // the slides alone until its opener is open. So they are measured again when it is, unless it opens at once.
  if (!still && !arrived) pswp.on("openingAnimationEnd", () => pswp.updateSize(true));
  zoomWhenOpen(pswp);

  const { classList } = document.documentElement;
  // Whoever came for this very photo has not seen the page yet: it comes when the view goes.
  const uncover = () => classList.remove("viewing", "arrived");
  pswp.on("openingAnimationStart", () => classList.add("viewing"));
  pswp.on("close", () => {
    uncover();
    removeEventListener("online", again);
    grid.removeEventListener("photos", joined);
    // The photo last seen is where the page should be.
    links[pswp.currIndex]?.scrollIntoView({ block: "nearest" });
  });
  const step = permalinks(pswp, slides, arrived);
  pswp.on("destroy", () => {
    uncover();
    current = undefined;
    // Until now the view has kept it to itself.
    links[pswp.currIndex]?.focus({ preventScroll: true });
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

  try {
    pswp.init();
  } catch (failure) {
    uncover();
    current = undefined;
    throw failure;
  }
  if (!arrived) step();
  return seen;
}

/** Has a zoom that is asked for while the view opens wait until it is open: at once, both would move the photo, and PhotoSwipe
    would forget to end its opening. */
function zoomWhenOpen(pswp: PhotoSwipe): void {
  const zoom = pswp.toggleZoom.bind(pswp);
  let wanted = false;
  pswp.toggleZoom = (...where) => {
    if (pswp.opener.isOpening) wanted = !wanted;
    else zoom(...where);
  };
  pswp.on("openingAnimationEnd", () => {
    if (wanted) zoom();
    wanted = false;
  });
}

/** Has a button fetch what it does when it is first pressed. */
function fetchedWhenPressed(button: HTMLElement, begin: () => Promise<void>): void {
  const pressed = () => {
    button.setAttribute("aria-pressed", "true");
    void begin().catch(() => {
      button.setAttribute("aria-pressed", "false");
      fetchedWhenPressed(button, begin);
    });
  };
  button.addEventListener("click", pressed, { once: true });
}

/** Teaches PhotoSwipe to show videos: a frame at once, the player when it was fetched. */
function showFilms(pswp: PhotoSwipe, still: boolean): void {
  let player: Promise<typeof import("./viewer/film")> | undefined;
  pswp.on("contentLoad", (event) => {
    const { content } = event;
    if (content.type !== FILM) return;
    event.preventDefault();
    const message = document.createElement("p");
    message.className = "film-failed";
    message.textContent = text("film_failed");
    message.hidden = true;
    const frame = document.createElement("div");
    frame.className = "film-frame";
    frame.append(message);
    content.element = frame;
    content.onLoaded();
    player ??= import("./viewer/film").then((film) => {
      film.obey(pswp, still);
      return film;
    });
    player.then(
      ({ fill }) => fill(pswp, content, still),
      () => {
        player = undefined;
        message.hidden = false;
      },
    );
  });
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
