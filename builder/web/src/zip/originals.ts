// The originals of an album, one after the other, over a network that may break: what broke off in the middle goes on where
// it was.

import { ask } from "../site";

export interface Original {
  address: string;
  name: string;
  bytes: number;
}

/** The original could not be had, however often it was asked for; none of it was given out. */
export class BrokenOff extends Error {}

/** How often an original is asked for without a byte of it coming; and one that was begun, which is some five minutes: without
    it all that was put together is lost. */
const TRIES = 3;
const TRIES_BEGUN = 15;

/** How long between, in milliseconds, at first and at most. */
const PAUSE = 1_500;
const LONGEST_PAUSE = 30_000;

/** Ends what somebody stopped. */
export function goOn(stop: AbortSignal): void {
  if (stop.aborted) throw new DOMException("somebody stopped it", "AbortError");
}

/** The originals that the album offers. */
export function originalsOf(grid: HTMLElement): Original[] {
  const links = [...grid.querySelectorAll<HTMLAnchorElement>("a.original")];
  return links.map((link) => ({ address: link.href, name: link.download, bytes: Number(link.dataset["bytes"] ?? 0) }));
}

/** The bytes of an original, of which `came` hears as they pass. */
export async function reach(address: string, stop: AbortSignal, came: (bytes: number) => void): Promise<ReadableStream<Uint8Array>> {
  let at = 0;
  let etag = "";
  let begun = false;
  /** Since a byte came. */
  let tries = 0;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  /** Begins, or goes on with the same bytes where they broke off. */
  const connect = async () => {
    const answer = await ask(address, "*/*", stop, at > 0 ? { range: `bytes=${at}-`, "if-range": etag } : {});
    if (answer.status !== (at > 0 ? 206 : 200) || !answer.body) throw new Refused(answer.status);
    etag = answer.headers.get("etag") ?? "";
    reader = answer.body.getReader();
  };
  /** Waits for the next try, as long as there is one. */
  const pause = async (failure: unknown) => {
    goOn(stop);
    // Without any network nothing was tried.
    if (navigator.onLine) tries += 1;
    if (tries >= (begun ? TRIES_BEGUN : TRIES)) throw failure;
    await wait(Math.min(LONGEST_PAUSE, PAUSE * 2 ** (tries - 1)), stop);
    goOn(stop);
  };
  const insist = async () => {
    for (;;) {
      try {
        return await connect();
      } catch (failure) {
        goOn(stop);
        // What is not there does not come by waiting; nor does what can only be had from its beginning go on.
        const final = (failure instanceof Refused && failure.status < 500) || (at > 0 && !etag);
        if (final) throw new BrokenOff(address);
        await pause(new BrokenOff(address));
      }
    }
  };

  await insist();
  begun = true;
  return new ReadableStream({
    async pull(into) {
      for (;;) {
        try {
          const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
          if (done) return into.close();
          at += value.byteLength;
          tries = 0;
          came(value.byteLength);
          return into.enqueue(value);
        } catch (failure) {
          await pause(failure);
          // Of a file that was begun the zip needs all.
          await insist().catch(() => Promise.reject(failure));
        }
      }
    },
    cancel: (reason) => reader?.cancel(reason),
  });
}

/** So long, or until there is a network where none was; and where none is, however long that takes. What is stopped waits no
    longer. */
function wait(milliseconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener("online", over);
      stop.removeEventListener("abort", over);
      done();
    };
    const timer = navigator.onLine ? setTimeout(over, milliseconds) : undefined;
    addEventListener("online", over);
    stop.addEventListener("abort", over);
  });
}

class Refused extends Error {
  constructor(readonly status: number) {
    super(`refused with ${status}`);
  }
}
