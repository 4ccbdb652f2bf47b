// The map: where photos were taken, on the outlines of the land or, if the owner names a server for it, on that one's
// pictures of the earth. Everything that can be pressed is a button or a link; the drawing under it says nothing more.

import { element } from "./across";
import { ask, naming, text } from "./site";

/** A place: hundredths of a degree north and east, a picture, the photo that it is of. */
type Spot = [north: number, east: number, picture: string | null, photo: string];

interface Album {
  at: string;
  title: string;
  spots: Spot[];
}

interface Placed {
  album: Album;
  spot: Spot;
  /** On a world that is one wide and one high (Mercator's, as all tiles have it). */
  x: number;
  y: number;
}

/** The side of a tile in CSS pixels; at zoom 0 the world is one tile. */
const TILE = 256;
const NEAREST = 13;
/** Places this near to each other on the screen are shown as one. */
const TOGETHER = 56;

/** Draws the map into its place. */
export async function draw(frame: HTMLElement): Promise<void> {
  const answer = await ask(frame.dataset["places"] ?? "");
  if (!answer.ok) throw new Error("the places did not come");
  const { albums } = (await answer.json()) as { albums: Album[] };
  const placed = albums.flatMap((album) => album.spots.map((spot) => ({ album, spot, ...project(spot[0] / 100, spot[1] / 100) })));
  if (placed.length > 0) await new WorldMap(frame, placed).begin();
}

class WorldMap {
  private readonly canvas = element("canvas");
  private readonly tiles = element("div", "tiles");
  private readonly marks = element("div", "marks");
  private land: Float64Array[] = [];
  private zoom = 1;
  private x = 0.5;
  private y = 0.4;
  private drawing = 0;
  /** The places that each mark stands for. */
  private shown = new Map<Element | null, Placed[]>();

  constructor(
    private readonly frame: HTMLElement,
    private readonly placed: Placed[],
  ) {}

  async begin(): Promise<void> {
    const { frame } = this;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", text("map"));
    frame.tabIndex = 0;
    const controls = element("div", "controls");
    for (const [sign, name, step] of [["+", "zoom_in", 1], ["−", "zoom_out", -1]] as const) {
      const button = element("button", "", sign);
      button.type = "button";
      button.setAttribute("aria-label", text(name));
      button.addEventListener("click", () => this.nearer(step));
      controls.append(button);
    }
    frame.append(this.canvas, this.tiles, this.marks, controls);
    this.fit(this.placed);
    this.follow();
    this.draw();
    const { dataset } = frame;
    if (!dataset["tiles"]) {
      const answer = await ask(dataset["land"] ?? "");
      if (answer.ok) this.land = ((await answer.json()) as number[][]).map(outline);
      this.draw();
    }
  }

  /** Shows all of these places. */
  private fit(placed: Placed[]): void {
    const [xs, ys] = [placed.map(({ x }) => x), placed.map(({ y }) => y)];
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const { clientWidth: width, clientHeight: height } = this.frame;
    const room = (size: number, extent: number) => Math.log2((size - 2 * TOGETHER) / TILE / Math.max(extent, 1e-9));
    this.zoom = Math.max(0, Math.min(10, room(width, right - left), room(height, bottom - top)));
    [this.x, this.y] = [(left + right) / 2, (top + bottom) / 2];
  }

  private nearer(step: number, at?: { x: number; y: number }): void {
    const zoom = Math.max(0, Math.min(NEAREST, this.zoom + step));
    if (at) {
      const [dx, dy] = [at.x - this.frame.clientWidth / 2, at.y - this.frame.clientHeight / 2];
      const change = 1 / (TILE * 2 ** this.zoom) - 1 / (TILE * 2 ** zoom);
      this.x += dx * change;
      this.y += dy * change;
    }
    this.zoom = zoom;
    this.turn();
  }

  private move(dx: number, dy: number): void {
    const scale = TILE * 2 ** this.zoom;
    this.x = Math.min(1, Math.max(0, this.x - dx / scale));
    this.y = Math.min(1, Math.max(0, this.y - dy / scale));
    this.turn();
  }

  /** Shows another part of the world. */
  private turn(): void {
    this.unchoose();
    this.draw();
  }

  /** Fingers, mouse, wheel and keys. */
  private follow(): void {
    const { frame } = this;
    const down = new Map<number, { x: number; y: number }>();
    frame.addEventListener("pointerdown", (event) => {
      if (event.target instanceof Element && event.target.closest("button, a, .choice")) return;
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
      frame.setPointerCapture(event.pointerId);
    });
    frame.addEventListener("pointermove", (event) => {
      const before = down.get(event.pointerId);
      if (!before) return;
      const now = { x: event.clientX, y: event.clientY };
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const { left, top } = frame.getBoundingClientRect();
        const apart = (a: { x: number; y: number }) => Math.hypot(a.x - other.x, a.y - other.y);
        const middle = { x: (now.x + other.x) / 2 - left, y: (now.y + other.y) / 2 - top };
        this.nearer(Math.log2(Math.max(apart(now), 1) / Math.max(apart(before), 1)), middle);
      } else this.move(now.x - before.x, now.y - before.y);
      down.set(event.pointerId, now);
    });
    for (const end of ["pointerup", "pointercancel"] as const) frame.addEventListener(end, ({ pointerId }) => down.delete(pointerId));
    frame.addEventListener(
      "wheel",
      (event) => {
        // Who scrolls the page does not mean the map.
        if (!event.ctrlKey && document.activeElement !== frame) return;
        event.preventDefault();
        // From the map's own corner: the wheel may turn over a picture that lies on it.
        const { left, top } = frame.getBoundingClientRect();
        this.nearer(-event.deltaY / 300, { x: event.clientX - left, y: event.clientY - top });
      },
      { passive: false },
    );
    frame.addEventListener("keydown", (event) => {
      if (event.target !== frame) return;
      const moves: Record<string, () => void> = {
        "+": () => this.nearer(1),
        "=": () => this.nearer(1),
        "-": () => this.nearer(-1),
        ArrowLeft: () => this.move(80, 0),
        ArrowRight: () => this.move(-80, 0),
        ArrowUp: () => this.move(0, 80),
        ArrowDown: () => this.move(0, -80),
      };
      const act = moves[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
    });
    // Whoever points elsewhere wants none of the albums to choose from.
    addEventListener("pointerdown", ({ target }) => {
      if (!(target instanceof Element && target.closest(".choice"))) this.unchoose();
    });
    if ("ResizeObserver" in window) new ResizeObserver(() => this.draw()).observe(frame);
    matchMedia("(prefers-color-scheme: dark)").addEventListener?.("change", () => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame(() => {
      const { clientWidth: width, clientHeight: height } = this.frame;
      const scale = TILE * 2 ** this.zoom;
      const [left, top] = [this.x * scale - width / 2, this.y * scale - height / 2];
      if (this.frame.dataset["tiles"]) this.drawTiles(left, top, width, height);
      else this.drawLand(left, top, scale, width, height);
      this.drawMarks(left, top, scale, width, height);
    });
  }

  private drawLand(left: number, top: number, scale: number, width: number, height: number): void {
    const dense = devicePixelRatio || 1;
    this.canvas.width = width * dense;
    this.canvas.height = height * dense;
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    const style = getComputedStyle(this.frame);
    pen.scale(dense, dense);
    pen.beginPath();
    for (const ring of this.land) {
      pen.moveTo((ring[0] ?? 0) * scale - left, (ring[1] ?? 0) * scale - top);
      for (let i = 2; i < ring.length; i += 2) pen.lineTo((ring[i] ?? 0) * scale - left, (ring[i + 1] ?? 0) * scale - top);
      pen.closePath();
    }
    pen.fillStyle = style.getPropertyValue("--land");
    pen.fill("evenodd");
    pen.strokeStyle = style.getPropertyValue("--coast");
    pen.lineWidth = 1;
    pen.stroke();
    // Degrees, as many as are not too many.
    const step = [30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05].find((step) => (step / 360) * scale < 220) ?? 0.05;
    pen.beginPath();
    for (let east = -180; east <= 180; east += step) {
      const x = project(0, east).x * scale - left;
      if (x >= 0 && x <= width) [pen.moveTo(x, 0), pen.lineTo(x, height)];
    }
    for (let north = -84; north <= 84; north += step) {
      const y = project(Math.round(north / step) * step, 0).y * scale - top;
      if (y >= 0 && y <= height) [pen.moveTo(0, y), pen.lineTo(width, y)];
    }
    pen.strokeStyle = style.getPropertyValue("--degrees");
    pen.stroke();
  }

  private drawTiles(left: number, top: number, width: number, height: number): void {
    const zoom = Math.round(this.zoom);
    const side = TILE * 2 ** (this.zoom - zoom);
    const wanted = new Map<string, [number, number]>();
    for (let x = Math.floor(left / side); x * side < left + width; x += 1) {
      for (let y = Math.floor(top / side); y * side < top + height; y += 1) {
        if (x >= 0 && y >= 0 && x < 2 ** zoom && y < 2 ** zoom) wanted.set(`${zoom}/${x}/${y}`, [x, y]);
      }
    }
    for (const tile of [...this.tiles.children] as HTMLElement[]) if (!wanted.has(tile.dataset["at"] ?? "")) tile.remove();
    const there = new Map(([...this.tiles.children] as HTMLElement[]).map((tile) => [tile.dataset["at"], tile]));
    for (const [at, [x, y]] of wanted) {
      const tile = there.get(at) ?? this.tile(at, zoom, x, y);
      Object.assign(tile.style, { width: `${side}px`, height: `${side}px`, transform: `translate(${x * side - left}px, ${y * side - top}px)` });
    }
  }

  private tile(at: string, zoom: number, x: number, y: number): HTMLImageElement {
    const tile = element("img");
    tile.alt = "";
    tile.dataset["at"] = at;
    const parts: Record<string, number> = { z: zoom, x, y };
    tile.src = (this.frame.dataset["tiles"] ?? "").replace(/\{([xyz])\}/g, (_, part: string) => String(parts[part]));
    this.tiles.append(tile);
    return tile;
  }

  /** A picture for each place, or for those that lie together. */
  private drawMarks(left: number, top: number, scale: number, width: number, height: number): void {
    const groups = new Map<string, Placed[]>();
    for (const place of this.placed) {
      const [x, y] = [place.x * scale, place.y * scale];
      if (x < left - TOGETHER || y < top - TOGETHER || x > left + width + TOGETHER || y > top + height + TOGETHER) continue;
      const cell = `${Math.floor(x / TOGETHER)} ${Math.floor(y / TOGETHER)}`;
      groups.set(cell, [...(groups.get(cell) ?? []), place]);
    }
    // Whoever stands on a mark stays with one of its places, or on the map.
    const stood = new Set(this.shown.get(document.activeElement));
    this.marks.textContent = "";
    this.shown = new Map();
    for (const group of groups.values()) {
      const mark = this.mark(group);
      this.shown.set(mark, group);
      const mean = (of: "x" | "y") => (group.reduce((sum, place) => sum + place[of], 0) / group.length) * scale;
      mark.style.transform = `translate(${mean("x") - left}px, ${mean("y") - top}px) translate(-50%, -50%)`;
      this.marks.append(mark);
    }
    if (stood.size === 0) return;
    const near = [...this.marks.children].find((mark) => this.shown.get(mark)?.some((place) => stood.has(place)));
    (near instanceof HTMLElement ? near : this.frame).focus({ preventScroll: true });
  }

  private mark(group: Placed[]): HTMLElement {
    const [first] = group;
    const titles = [...new Set(group.map(({ album }) => album.title))];
    const near = this.zoom >= NEAREST || new Set(group.map(({ x, y }) => `${x} ${y}`)).size === 1;
    const album = first?.album;
    const one = titles.length === 1 && near && album && first;
    const mark = one ? element("a", "pin") : element("button", "pin");
    if (mark instanceof HTMLAnchorElement && one) mark.href = album.at + naming(first.spot[3]);
    else {
      mark.setAttribute("type", "button");
      mark.addEventListener("click", () => (near ? this.choose(group) : this.closer(group)));
    }
    const picture = group.find(({ spot }) => spot[2])?.spot[2];
    if (picture) {
      const face = element("img");
      face.alt = "";
      face.src = picture;
      mark.append(face);
    }
    const list = titles.join(", ");
    // What is seen on it is part of what it is called.
    mark.setAttribute("aria-label", group.length > 1 ? `${group.length} · ${list}` : list);
    mark.title = list;
    if (group.length > 1) mark.append(element("span", "many", String(group.length)));
    return mark;
  }

  private closer(group: Placed[]): void {
    const before = this.zoom;
    this.fit(group);
    this.zoom = Math.min(NEAREST, Math.max(this.zoom, before + 1));
    this.turn();
  }

  /** Several albums at one place: which of them? */
  private choose(group: Placed[]): void {
    this.unchoose();
    const choice = element("ul", "choice strip");
    for (const { album, spot } of group) {
      const line = element("li");
      const link = element("a", "chip");
      link.href = album.at + naming(spot[3]);
      link.append(element("bdi", "name", album.title));
      line.append(link);
      choice.append(line);
    }
    this.frame.append(choice);
    choice.querySelector("a")?.focus();
    choice.addEventListener("keydown", ({ key }) => key === "Escape" && this.unchoose());
  }

  /** Takes the albums to choose from away. Whoever stood on them stands on the map. */
  private unchoose(): void {
    const choice = this.frame.querySelector(".choice");
    const within = choice?.contains(document.activeElement);
    choice?.remove();
    if (within) this.frame.focus({ preventScroll: true });
  }
}

/** Mercator's projection of degrees, onto a square of side 1. */
function project(north: number, east: number): { x: number; y: number } {
  const sine = Math.sin((Math.max(-85.05, Math.min(85.05, north)) * Math.PI) / 180);
  return { x: (east + 180) / 360, y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI) };
}

/** A ring of land as land.mjs wrote it, projected. */
function outline(steps: number[]): Float64Array {
  const ring = new Float64Array(steps.length);
  let [east, north] = [0, 0];
  for (let i = 0; i < steps.length; i += 2) {
    [east, north] = [east + (steps[i] ?? 0), north + (steps[i + 1] ?? 0)];
    const { x, y } = project(north / 100, east / 100);
    [ring[i], ring[i + 1]] = [x, y];
  }
  return ring;
}
