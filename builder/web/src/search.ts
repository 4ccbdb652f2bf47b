// The search page: what is typed is looked for at once, and stands in the address, so that it can be sent and returned to.

import { element, show, type Photo } from "./across";
import { paint, text, tongue, translate } from "./site";
import { parse } from "./search/query";
import { walk } from "./search/walk";

/** How long somebody has to stop typing, in milliseconds. */
const PAUSE = 250;

/** So many photos are shown before somebody asks for more. */
const SCREENFUL = 120;

/** Looks for what the form says, and again whenever that changes. */
export function search(form: HTMLFormElement): void {
  const input = form.querySelector("input");
  const found = document.getElementById("found");
  const told = document.getElementById("told");
  if (!input || !found || !told) return;
  const roots = document.querySelector<HTMLElement>(".roots");
  let stop = () => {};
  let looked = "";

  const look = async () => {
    const wanted = input.value.trim();
    if (wanted === looked) return;
    looked = wanted;
    stop();
    const address = wanted ? `?q=${encodeURIComponent(wanted)}` : location.pathname;
    history.replaceState(history.state, "", address);
    found.textContent = "";
    told.textContent = "";
    if (roots) roots.hidden = wanted !== "";
    if (!wanted) return;
    let current = true;
    stop = () => (current = false);
    const terms = parse(wanted, [...new Set([tongue(), "en"])], navigator.language);
    // Signs alone would fit everything.
    told.textContent = text(terms.length > 0 ? "looking_for" : "nothing_found");
    if (terms.length === 0) return;
    const results = new Results(found, told, () => current);
    const finder = {
      terms,
      album: (card: HTMLElement) => current && results.album(card),
      photos: (photos: Photo[]) => current && results.photos(photos),
      goOn: () => results.goOn(),
    };
    const failed = await all(finder);
    if (!current) return;
    told.textContent = results.summary() + (failed ? ` ${text("not_all_searched")}` : "");
    // Whoever asks once more may have more luck.
    if (failed) looked = "";
  };

  /** One collection after another. Whether some did not come. */
  const all = async (finder: Parameters<typeof walk>[0]): Promise<boolean> => {
    let failed = false;
    for (const link of roots?.querySelectorAll("a") ?? []) {
      const card = element("a", "card");
      card.href = link.href;
      const name = element("span", "name");
      name.append(element("bdi", "", link.textContent ?? ""));
      card.append(name);
      await walk(finder, link.pathname, card, []).catch(() => (failed = true));
    }
    return failed;
  };

  let waiting: ReturnType<typeof setTimeout> | undefined;
  const soon = (delay: number) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void look(), delay);
  };
  input.addEventListener("input", () => soon(PAUSE));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    soon(0);
  });
  input.value = new URLSearchParams(location.search).get("q") ?? "";
  if (input.value) soon(0);
  else if (matchMedia("(hover: hover)").matches) input.focus();
}

/** What was found so far. */
class Results {
  private albums = 0;
  private shown = 0;
  private room = SCREENFUL;
  private wait: Promise<boolean> | undefined;
  private readonly list = element("ul", "cards");
  private readonly grid = element("div", "grid");

  constructor(
    private readonly into: HTMLElement,
    private readonly told: HTMLElement,
    private readonly current: () => boolean,
  ) {}

  album(card: HTMLElement): void {
    if (this.albums === 0) this.into.prepend(section("albums", this.list));
    this.albums += 1;
    const line = element("li");
    line.append(card);
    paint(line);
    translate(line);
    this.list.append(line);
  }

  photos(photos: Photo[]): void {
    if (photos.length === 0) return;
    if (this.shown === 0) {
      const around = element("div", "photos");
      around.append(this.grid);
      this.into.append(section("photos", around));
    }
    this.shown += photos.length;
    show(this.grid, photos);
  }

  /** Whether to look on: at once as long as there is room, and otherwise when somebody asks for more. */
  async goOn(): Promise<boolean> {
    if (this.shown < this.room || !this.current()) return this.current();
    this.wait ??= new Promise((go) => {
      const more = element("button", "", text("look_on"));
      more.type = "button";
      // Nothing goes on by itself until then.
      this.told.textContent = this.summary();
      more.addEventListener("click", () => {
        more.remove();
        this.told.textContent = text("looking_for");
        this.grid.lastElementChild?.querySelector<HTMLElement>("a")?.focus();
        this.room = this.shown + SCREENFUL;
        this.wait = undefined;
        go(this.current());
      });
      this.into.append(more);
    });
    return this.wait;
  }

  summary(): string {
    const parts = [
      ...(this.albums ? [text("n_albums", { n: this.albums })] : []),
      ...(this.shown ? [text("n_photos", { n: this.shown })] : []),
    ];
    return parts.length > 0 ? parts.join(" · ") : text("nothing_found");
  }
}

function section(name: "albums" | "photos", content: HTMLElement): HTMLElement {
  const made = element("section", "results");
  made.append(element("h2", "", text(name)), content);
  return made;
}
