// The originals of an album in one zip file, put together in the browser while they come: the server never sees it.

import { downloadZip } from "client-zip";
import { all, ask, text } from "./site";

interface Original {
  address: string;
  name: string;
  bytes: number;
}

type Picker = (options: { suggestedName: string }) => Promise<{ createWritable(): Promise<WritableStream> }>;

/** Saves the originals of the album that `grid` shows; `tell` is told how far it is. */
export async function download(grid: HTMLElement, tell: (words: string) => void): Promise<void> {
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
  if (!(await all(grid))) throw new Error("some photos did not come");
  const originals = collect(grid);
  const total = originals.reduce((sum, { bytes }) => sum + bytes, 0);
  let loaded = 0;
  const files = async function* () {
    for (const { address, name, bytes } of originals) {
      const answer = await ask(address);
      if (!answer.ok) throw new Error(`${name} was answered ${answer.status}`);
      yield { name, input: answer };
      loaded += bytes;
      tell(`${megabytes(loaded)} / ${megabytes(total)}`);
    }
  };
  const zip = downloadZip(files());
  if (file && zip.body) {
    await zip.body.pipeTo(file);
  } else {
    const address = URL.createObjectURL(await zip.blob());
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

function collect(grid: HTMLElement): Original[] {
  const links = [...grid.querySelectorAll<HTMLAnchorElement>("a.original")];
  return links.map((link) => ({ address: link.href, name: link.download, bytes: Number(link.dataset["bytes"] ?? 0) }));
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
