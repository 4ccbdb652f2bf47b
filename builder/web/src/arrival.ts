// A link to one photo, as sent in a message: the photo comes before all else, as a plain picture over the page, and where
// the full-screen view will show it. The view's code and the photos beside it are fetched when it is seen.

interface Size {
  x: number;
  y: number;
}

/** What the full-screen view leaves free around a photo, in CSS pixels. */
export const margins = ({ x }: Size): { top: number; bottom: number; left: number; right: number } =>
  x < 1000 ? { top: 0, bottom: 0, left: 0, right: 0 } : { top: 56, bottom: 72, left: 72, right: 72 };

/** How wide a copy is asked for where a photo is shown so wide: nobody sees the twentieth that is missing, and many a phone
    is a pixel wider than a copy. */
export const askedFor = (width: number): number => Math.round(width * 0.95);

/** The photo that the address names, if it names one. */
export const named = (): string | undefined => /^#(?:p-)?([0-9a-f]{20})$/.exec(location.hash)?.[1];

/** How an address names a photo: by its figure, which a browser without this script finds, too. */
export const naming = (id: string): string => `#p-${id}`;

/** A picture over the page. */
export interface Curtain {
  /** Resolves when it is seen, or will not be. */
  seen: Promise<void>;
  /** Takes it away. */
  lift(): void;
}

/** Shows the photo of a figure, if there is a copy to show. */
export function show(figure: HTMLElement): Curtain | undefined {
  const link = figure.querySelector<HTMLAnchorElement>("a.open");
  const there = link?.querySelector("img");
  if (!link || !there || figure.dataset["film"]) return;
  const frame = document.createElement("div");
  frame.className = "arriving";
  // What nobody sees yet is not laid out, and not fetched as far as it can wait. What is measured below is the glass alone.
  const { classList } = document.documentElement;
  classList.add("arrived");
  const picture = (there.closest("picture") ?? there).cloneNode(true) as HTMLElement;
  const img = picture instanceof HTMLImageElement ? picture : picture.querySelector("img");
  if (!img) return;

  // As large as it will be: the same copy is chosen, and nothing moves when the view takes over.
  const { width = "1", height = "1" } = link.dataset;
  const [w, h] = [Number(figure.dataset["fullWidth"] ?? width), Number(figure.dataset["fullHeight"] ?? height)];
  const free = { x: document.documentElement.clientWidth, y: innerHeight };
  const { top, bottom, left, right } = margins(free);
  const scale = Math.min(1, (free.x - left - right) / w, (free.y - top - bottom) / h);
  for (const each of [img, ...picture.querySelectorAll("source")]) each.sizes = `${askedFor(w * scale)}px`;
  [img.width, img.height] = [Math.round(w * scale), Math.round(h * scale)];
  img.style.left = `${Math.round(left + (free.x - left - right - w * scale) / 2)}px`;
  img.style.top = `${Math.round(top + (free.y - top - bottom - h * scale) / 2)}px`;
  img.style.backgroundColor = figure.dataset["colour"] ?? "";
  img.removeAttribute("loading");
  img.removeAttribute("decoding");
  img.removeAttribute("class");
  img.setAttribute("fetchpriority", "high");
  frame.append(picture);

  const lift = () => {
    frame.remove();
    classList.remove("arrived");
    removeEventListener("keydown", escape);
  };
  const leave = () => {
    history.replaceState(history.state, "", location.pathname + location.search);
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
