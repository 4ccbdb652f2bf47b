// Something to see while a picture loads: its average colour, and a blurred likeness out of a few bytes (Wagner,
// ThumbHash, 2023). The content security policy forbids styles in the page, not through the object model.

import { thumbHashToDataURL } from "thumbhash";

/** For so long, in milliseconds, likenesses are drawn without a pause for what somebody does meanwhile. */
const AT_ONCE = 8;

/** Those that wait to be drawn. */
const near: HTMLElement[] = [];

// A likeness takes half a millisecond to draw, on a phone several, so only pictures that come near get one.
const nearby =
  "IntersectionObserver" in window
    ? new IntersectionObserver(
        (entries) => {
          const idle = near.length === 0;
          for (const { isIntersecting, target } of entries) {
            if (!isIntersecting) continue;
            nearby?.unobserve(target);
            near.push(target as HTMLElement);
          }
          if (idle && near.length > 0) setTimeout(draw);
        },
        { rootMargin: "400px" },
      )
    : undefined;

function draw(): void {
  const end = performance.now() + AT_ONCE;
  do {
    const frame = near.shift();
    if (frame) likeness(frame);
  } while (near.length > 0 && performance.now() < end);
  if (near.length > 0) setTimeout(draw);
}

/** Colours the frames of the pictures below `root` that are not there yet. */
export function paint(root: ParentNode): void {
  for (const frame of root.querySelectorAll<HTMLElement>("[data-colour]")) {
    const picture = frame.querySelector("img");
    frame.style.backgroundColor = frame.dataset["colour"] ?? "";
    if (!picture || picture.complete) continue;
    // What the page begins with is shown as it comes: what fades in is seen later.
    if (picture.loading === "lazy") picture.classList.add("coming");
    const here = () => {
      picture.classList.remove("coming");
      // Seen through a picture with transparent parts, otherwise.
      setTimeout(() => (frame.style.backgroundImage = ""), 400);
    };
    picture.addEventListener("load", here, { once: true });
    picture.addEventListener("error", here, { once: true });
    nearby?.observe(frame);
  }
}

function likeness(frame: HTMLElement): void {
  const hash = frame.dataset["thumb"];
  if (!hash || frame.querySelector("img")?.complete) return;
  try {
    const bytes = Uint8Array.from(atob(hash), (character) => character.charCodeAt(0));
    frame.style.backgroundImage = `url(${thumbHashToDataURL(bytes)})`;
    frame.style.backgroundSize = "100% 100%";
  } catch {
    // The colour is enough.
  }
}
