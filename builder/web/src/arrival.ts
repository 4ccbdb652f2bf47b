// A link to one photo, as sent in a message: the photo comes before all else, as a plain picture over the page, and where
// the full-screen view will show it. The view's code and the photos beside it are fetched when it is seen.

import type {} from "./fit";

/** The photo that the address names, if it names one. */
export const named = (): string | undefined => /^#(?:p-)?([0-9a-f]{20})$/.exec(location.hash)?.[1];

/** How an address names a photo: by its figure, which a browser without this script finds, too. */
export const naming = (id: string): string => `#p-${id}`;

/** Does something to the browser's history. False if the browser refuses, as it does for a while after too many changes. */
export function alter(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

/** Has the address name this photo, or none. False if the browser refuses. */
export const rename = (id?: string): boolean =>
  alter(() => history.replaceState(history.state, "", id ? naming(id) : location.pathname + location.search));

/** A picture over the page. */
export interface Curtain {
  /** Resolves when it is seen, or will not be. */
  seen: Promise<void>;
  /** Takes it away. The page stays hidden as long as the full-screen view is over it. */
  lift(): void;
}

/** Shows the photo of a figure, if there is a copy to show. */
export function show(figure: HTMLElement): Curtain | undefined {
  // What nobody sees yet is not laid out, and not fetched as far as it can wait. What is measured is the glass alone.
  const { classList } = document.documentElement;
  classList.add("arrived");
  const fits = window.fitted?.(figure, { x: document.documentElement.clientWidth, y: innerHeight });
  if (!fits) return;
  const { picture, img, left, top, width, height } = fits;
  const frame = document.createElement("div");
  frame.className = "arriving";
  [img.width, img.height] = [width, height];
  img.style.left = `${left}px`;
  img.style.top = `${top}px`;
  img.style.backgroundColor = figure.dataset["colour"] ?? "";
  img.removeAttribute("decoding");
  img.removeAttribute("class");
  frame.append(picture);

  const lift = () => {
    frame.remove();
    if (!classList.contains("viewing")) classList.remove("arrived");
    removeEventListener("keydown", escape);
  };
  const leave = () => {
    rename();
    lift();
  };
  const escape = ({ key }: KeyboardEvent) => key === "Escape" && leave();
  frame.addEventListener("click", leave);
  addEventListener("keydown", escape);
  document.body.append(frame);
  const seen = img.decode().catch(() => undefined).then(painted);
  return { seen, lift };
}

/** Resolves when what there is now is on the screen: two frames later. A page that nobody looks at has no frames. */
export const painted = () =>
  new Promise<void>((done) => {
    requestAnimationFrame(() => requestAnimationFrame(() => done()));
    setTimeout(done, 300);
  });
