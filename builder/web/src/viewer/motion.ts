// What moves in a picture: the movie of a Live Photo, while the button is on or the picture is held; and an animation, which
// runs by itself unless its reader asked for little motion. Fetched with the first of them that is shown.

import type PhotoSwipe from "photoswipe";
import type { Shown, Slide } from "./slides";

/** How long a finger rests before it holds, and how far it may stray, in pixels. */
const HOLD = 350;
const STRAY = 10;

/** Has the button set things in motion, and so does holding. */
export function setInMotion(pswp: PhotoSwipe, still: boolean, button: HTMLElement): void {
  let movie: HTMLVideoElement | undefined;
  const slide = () => pswp.currSlide?.data as Slide | undefined;
  const picture = () => pswp.currSlide?.content.element;
  const press = (on: boolean) => button.setAttribute("aria-pressed", String(on));

  const stop = () => {
    movie?.remove();
    movie = undefined;
    if (!slide()?.animation) press(false);
  };

  // As large as its picture, which may not be there yet: the view is open for the movie before it is for the picture.
  const cover = (video: HTMLVideoElement) => {
    const { width, height, zoomLevels } = pswp.currSlide ?? {};
    if (!width || !height || !zoomLevels) return;
    video.style.width = `${Math.round(width * zoomLevels.initial)}px`;
    video.style.height = `${Math.round(height * zoomLevels.initial)}px`;
  };

  const play = () => {
    const source = slide()?.movie;
    const container = pswp.currSlide?.container;
    if (!source || !container || movie) return;
    const video = document.createElement("video");
    movie = video;
    video.className = "movie";
    video.playsInline = true;
    video.src = source;
    cover(video);
    video.addEventListener("playing", () => video.classList.add("here"));
    for (const end of ["ended", "error"]) video.addEventListener(end, () => movie === video && stop());
    container.append(video);
    press(true);
    // With its sound, where the browser counts this as somebody's wish.
    video.play().catch(() => {
      video.muted = true;
      return video.play().catch(stop);
    });
  };

  // An animation takes its still picture's place.
  const animate = (on: boolean) => {
    const image = picture();
    const { animation, src, srcset } = slide() ?? {};
    if (!animation || !(image instanceof HTMLImageElement)) return;
    image.srcset = on ? "" : (srcset ?? "");
    image.src = on ? animation : (src ?? "");
    press(on);
  };

  let before: Shown | undefined;
  const shown = () => {
    // Photos that join the view are told as a change, too.
    if (pswp.currSlide === before) return;
    before = pswp.currSlide;
    stop();
    press(false);
    if (slide()?.animation && !still) animate(true);
  };
  pswp.on("change", shown);
  button.addEventListener("click", () => {
    if (slide()?.animation) animate(button.getAttribute("aria-pressed") !== "true");
    else if (movie) stop();
    else play();
  });
  shown();

  // Holding.
  let timer: ReturnType<typeof setTimeout> | undefined;
  let held = false;
  let from = { x: 0, y: 0 };
  pswp.on("pointerDown", ({ originalEvent: { target, clientX: x, clientY: y } }) => {
    clearTimeout(timer);
    held = false;
    if (!slide()?.movie || target !== picture()) return;
    from = { x, y };
    timer = setTimeout(() => {
      held = true;
      play();
    }, HOLD);
  });
  pswp.on("pointerMove", ({ originalEvent: { clientX, clientY } }) => {
    if (Math.hypot(clientX - from.x, clientY - from.y) > STRAY) clearTimeout(timer);
  });
  pswp.on("pointerUp", () => {
    clearTimeout(timer);
    if (held) stop();
  });
  // What ends a holding is no tap.
  const unlessHeld = (event: { preventDefault(): void }) => {
    if (held) event.preventDefault();
  };
  pswp.on("tapAction", unlessHeld);
  pswp.on("imageClickAction", unlessHeld);
  // The end of the opening is told as a movement, too: only going nearer counts.
  pswp.on("zoomPanUpdate", ({ slide: { currZoomLevel, zoomLevels } }) => {
    if (movie && currZoomLevel > zoomLevels.initial * 1.01) stop();
  });
  // The end of the opening is told as a change of size, too.
  pswp.on("resize", () => movie && cover(movie));
  pswp.on("beforeZoomTo", stop);
  pswp.on("close", () => {
    clearTimeout(timer);
    stop();
  });
  // A long press is asked for here; the browser's own menu would cover what it shows.
  pswp.events.add(pswp.element, "contextmenu", (event) => {
    if (slide()?.movie && event.target === picture()) event.preventDefault();
  });
}
