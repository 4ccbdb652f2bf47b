// The originals of an album as zip files, put together in the browser while they come: the server never sees them. Where a
// browser writes to files it is one, as large as it gets. Elsewhere, as on iOS, it has to fit the device's memory before it is
// saved, so a large album comes in parts.

import { downloadZip } from "client-zip";
import { all, text } from "./site";
import { BrokenOff, goOn, type Original, originalsOf, reach } from "./zip/originals";

type Picker = (options: { suggestedName: string }) => Promise<{ createWritable(): Promise<WritableStream> }>;

/** How often is told how far it is, in milliseconds: those who listen hear every word. */
const TOLD = 500;

/** The largest part, in bytes, but for a file that is larger by itself. */
const PART = 500_000_000;

/** How long a part stays for the browser to save, in milliseconds: Safari reads it some time after the click. */
const KEPT = 60_000;

/** Saves the originals of the album that `grid` shows; `tell` is told how far it is. Nothing is saved of what `stop` ends. */
export async function download(grid: HTMLElement, tell: (words: string) => void, stop: AbortSignal): Promise<void> {
  const title = (grid.dataset["title"] ?? "Photos").replace(/[\\/:*?"<>|\u0000-\u001f]/g, "_");
  // Browsers that can write to a file are asked first of all, while the click still counts.
  const file = await chosenFile(`${title}.zip`);
  if (file === "none") return;
  const leftOut = lineBelow();
  try {
    tell(text("looking"));
    if (!(await all(grid, () => stop.aborted))) throw new Error("some photos did not come");
    const originals = originalsOf(grid);
    const saving = new Saving(originals, tell, stop);
    if (file) await downloadZip(saving.files(originals)).body?.pipeTo(file, { signal: stop });
    else await inParts(originals, saving, title, stop);
    tell(text("saved", { n: saving.saved, of: megabytes(saving.loaded) }));
    if (saving.missing.length > 0) leftOut.textContent = text("left_out", { of: saving.missing.join(", ") });
  } catch (failure) {
    // What was begun is thrown away.
    await file?.abort(failure).catch(() => undefined);
    throw failure;
  }
}

/** The line below the title for what may be too long beside it. It is there before it says anything: only then those who listen
    hear it. */
function lineBelow(): HTMLElement {
  const line = document.querySelector<HTMLElement>(".left-out") ?? document.createElement("p");
  line.className = "left-out";
  line.setAttribute("role", "status");
  line.textContent = "";
  document.querySelector(".title")?.after(line);
  return line;
}

/** The file that somebody chose, none if they chose not to, and nothing where the browser cannot ask. */
async function chosenFile(suggestedName: string): Promise<WritableStream | "none" | undefined> {
  const picker = (window as { showSaveFilePicker?: Picker }).showSaveFilePicker;
  try {
    return await (await picker?.call(window, { suggestedName }))?.createWritable();
  } catch (refusal) {
    return refusal instanceof DOMException && refusal.name === "AbortError" ? "none" : undefined;
  }
}

async function inParts(originals: Original[], saving: Saving, title: string, stop: AbortSignal): Promise<void> {
  const parts: Original[][] = [[]];
  let size = 0;
  for (const original of originals) {
    if (size > 0 && size + original.bytes > PART) [size] = [0, parts.push([])];
    size += original.bytes;
    parts[parts.length - 1]?.push(original);
  }
  for (const [i, part] of parts.entries()) {
    const whole = await downloadZip(saving.files(part)).blob();
    goOn(stop);
    save(whole, parts.length > 1 ? `${title} ${i + 1}.zip` : `${title}.zip`);
  }
}

function save(whole: Blob, name: string): void {
  const address = URL.createObjectURL(whole);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), KEPT);
}

/** How far it is, and what did not come. */
class Saving {
  loaded = 0;
  saved = 0;
  readonly missing: string[] = [];
  private told = 0;
  private readonly total: number;

  constructor(
    originals: Original[],
    private readonly tell: (words: string) => void,
    private readonly stop: AbortSignal,
  ) {
    this.total = originals.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The files for the zip. One that cannot be had is left out, and told at the end. */
  async *files(originals: Original[]): AsyncGenerator<{ name: string; input: ReadableStream<Uint8Array> }> {
    for (const { address, name } of originals) {
      goOn(this.stop);
      try {
        const input = await reach(address, this.stop, (bytes) => this.came(bytes));
        this.saved += 1;
        yield { name, input };
      } catch (failure) {
        if (!(failure instanceof BrokenOff)) throw failure;
        this.missing.push(name);
      }
    }
    if (this.saved === 0 && this.missing.length > 0) throw new Error("none of the originals came");
  }

  private came(bytes: number): void {
    this.loaded += bytes;
    if (Date.now() - this.told < TOLD) return;
    this.told = Date.now();
    this.tell(`${megabytes(this.loaded)} / ${megabytes(this.total)}`);
  }
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
