// The originals of an album in one zip file, put together in the browser while they come: the server never sees it.

import { downloadZip } from "client-zip";
import { all, ask, text } from "./site";

interface Original {
  address: string;
  name: string;
  bytes: number;
}

type Picker = (options: { suggestedName: string }) => Promise<{ createWritable(): Promise<WritableStream> }>;

/** How often is told how far it is, in milliseconds: those who listen hear every word. */
const TOLD = 500;

/** Saves the originals of the album that `grid` shows; `tell` is told how far it is. Nothing is saved of what `stop` ends. */
export async function download(grid: HTMLElement, tell: (words: string) => void, stop: AbortSignal): Promise<void> {
  const title = (grid.dataset["title"] ?? "Photos").replace(/[\\/:*?"<>|\u0000-\u001f]/g, "_");
  // Browsers that can write to a file are asked first of all, while the click still counts.
  const picker = (window as { showSaveFilePicker?: Picker }).showSaveFilePicker;
  let file: WritableStream | undefined;
  if (picker) {
    try {
      file = await (await picker.call(window, { suggestedName: `${title}.zip` })).createWritable();
    } catch (refusal) {
      if (refusal instanceof DOMException && refusal.name === "AbortError") return;
    }
  }
  tell(text("looking"));
  if (!(await all(grid, () => stop.aborted))) throw new Error("some photos did not come");
  const originals = collect(grid);
  const total = originals.reduce((sum, { bytes }) => sum + bytes, 0);
  let [loaded, told] = [0, 0];
  const came = (bytes: number) => {
    loaded += bytes;
    if (Date.now() - told < TOLD) return;
    told = Date.now();
    tell(`${megabytes(loaded)} / ${megabytes(total)}`);
  };
  const goOn = () => {
    if (stop.aborted) throw new DOMException("somebody stopped it", "AbortError");
  };
  const files = async function* () {
    for (const { address, name } of originals) {
      goOn();
      const answer = await ask(address, "*/*", stop);
      if (!answer.ok || !answer.body) throw new Error(`${name} was answered ${answer.status}`);
      yield { name, input: counted(answer.body, came) };
    }
  };
  const zip = downloadZip(files());
  if (file && zip.body) {
    await zip.body.pipeTo(file, { signal: stop });
  } else {
    const whole = await zip.blob();
    goOn();
    const address = URL.createObjectURL(whole);
    const link = document.createElement("a");
    link.href = address;
    link.download = `${title}.zip`;
    document.body.append(link);
    link.click();
    link.remove();
    // Safari reads the address some time after the click.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }
  tell(text("saved", { n: originals.length, of: megabytes(total) }));
}

/** The same bytes, of which `came` hears as they pass. */
function counted(body: ReadableStream<Uint8Array>, came: (bytes: number) => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(into) {
      const { done, value } = await reader.read();
      if (done) return into.close();
      came(value.byteLength);
      into.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function collect(grid: HTMLElement): Original[] {
  const links = [...grid.querySelectorAll<HTMLAnchorElement>("a.original")];
  return links.map((link) => ({ address: link.href, name: link.download, bytes: Number(link.dataset["bytes"] ?? 0) }));
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
