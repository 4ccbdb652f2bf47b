// A contact sheet of the album on paper: everything has to be there before the printer is asked.

import { all, text } from "./site";

/** How long to wait for pictures that do not come, in milliseconds. */
const PATIENCE = 60_000;

/** Fetches the album's photos, however many, and prints the page unless `stop` ends it. `tell` is told how far it is. */
export async function printSheet(grid: HTMLElement, tell: (words: string) => void, stop: AbortSignal): Promise<void> {
  tell(text("looking"));
  if (!(await all(grid, () => stop.aborted))) throw new Error("some photos did not come");
  const pictures = [...grid.querySelectorAll("img")];
  let waiting = pictures.length;
  await Promise.race([
    Promise.all(
      pictures.map(async (picture) => {
        picture.loading = "eager";
        await picture.decode().catch(() => undefined);
        waiting -= 1;
        tell(text("count", { n: pictures.length - waiting, m: pictures.length }));
      }),
    ),
    new Promise((done) => setTimeout(done, PATIENCE)),
    new Promise((done) => stop.addEventListener("abort", done)),
  ]);
  tell("");
  if (!stop.aborted) print();
}
