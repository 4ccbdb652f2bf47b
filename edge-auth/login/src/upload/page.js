// Files on their way into the gallery: checksums first, a few at a time, again when the line is cut.
//
// The gallery answers with a signed request for each file that is not there yet. Whatever went wrong with a file, the way on
// is to ask about it again: what has arrived meanwhile is there, and is not sent a second time.
'use strict';
{
  /** So many files are asked about at once: an edge function reads 40 KB. */
  const ASKED = 20;
  /** So many files are on their way at once. */
  const SENT = 3;
  /** So often a file is tried before a person is asked. */
  const TRIES = 12;
  /** A line that takes nothing for so long is given up; one that is slow is not. In milliseconds. */
  const SILENCE = 5 * 60_000;
  /** So much of a file's beginning and of its end tells a video that is there already. */
  const ENDS = 64 * 1024;

  const element = (id) => document.getElementById(id);
  const form = element('upload'), album = element('album'), chosen = element('files'), drop = element('drop');
  const bar = element('bar'), told = element('told'), problems = element('problems'), again = element('again');

  /** Larger files are not read for a checksum that would be refused. In bytes. */
  const LARGEST = Number(form.dataset.largest);

  /** What is said, in the page's language. */
  const words = JSON.parse(form.dataset.words);
  const plural = new Intl.PluralRules(document.documentElement.lang);
  const counted = ([one, many], count) => (plural.select(count) === 'one' ? one : many).replace('{n}', count);
  const status = (sentence, number) => sentence.replace('{status}', number);

  /**
   * What was chosen before an album was, what waits, what is on its way, and what became of the rest. Entries are
   * { file, album, hash, ends, tries, sent }, and when they failed { told, line }: the sentence, and whether the line was to blame.
   */
  const state = { kept: [], waiting: [], busy: new Set(), arrived: 0, there: 0, failed: [], bytes: 0, done: 0 };
  let working = false;

  const pause = (milliseconds) => new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    addEventListener('online', () => { clearTimeout(timer); resolve(); }, { once: true });
  });

  /** Until there is a line again, however long that takes. */
  const online = () => new Promise((resolve) => addEventListener('online', resolve, { once: true }));

  const backoff = (tries) => (navigator.onLine ? pause(Math.min(30_000, 500 * 2 ** Math.min(tries, 6)) * (0.5 + Math.random() / 2)) : online());

  async function checksum(bytes) {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await bytes.arrayBuffer()));
    return btoa(String.fromCharCode(...hash));
  }

  /** Asks the gallery; tries again by itself when there is no line. */
  async function ask(entries) {
    const body = JSON.stringify({
      album: entries[0].album,
      files: entries.map(({ file, hash, ends }) => ({ name: file.name, bytes: file.size, sha256: hash, ends })),
    });
    for (let tries = 0; ;) {
      try {
        const answer = await fetch('/auth/upload', {
          method: 'POST', body, headers: { 'content-type': 'application/json' }, credentials: 'same-origin',
        });
        if (answer.ok) return (await answer.json()).files;
        if (answer.status < 500 && answer.status !== 429) {
          const problem = await answer.json().catch(() => ({}));
          return entries.map(() => ({ state: 'refused', why: problem.problem ?? status(words.answered, answer.status) }));
        }
      } catch {
        // No line: the same again after a while.
      }
      // Without any line nothing was tried.
      if (navigator.onLine) tries += 1;
      if (tries >= TRIES) return entries.map(() => ({ state: 'refused', why: words.unreachable, line: true }));
      await backoff(tries);
    }
  }

  /** Sends a file; resolves to the status, 0 when the line was cut. */
  function send(entry, { url, headers }) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open('PUT', url);
      for (const [name, value] of headers) request.setRequestHeader(name, value);
      let silence;
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(() => request.abort(), SILENCE);
      };
      request.upload.onprogress = ({ loaded }) => {
        entry.sent = loaded;
        heard();
        show();
      };
      request.onloadend = () => {
        clearTimeout(silence);
        resolve(request.status);
      };
      heard();
      request.send(entry.file);
    });
  }

  /** One file, until it is there or cannot be. */
  async function deliver(entry, answer) {
    while (answer.state === 'send') {
      const got = await send(entry, answer);
      entry.sent = 0;
      if (got >= 200 && got < 300) {
        state.arrived += 1;
        return;
      }
      if (got !== 0 || navigator.onLine) entry.tries += 1;
      if (entry.tries >= TRIES) {
        fail(entry, got === 0 ? words.cut : status(words.bucket, got), got === 0);
        return;
      }
      // 412 and 409: something lies there by now, perhaps this very file from before the cut.
      if (got !== 412 && got !== 409) await backoff(entry.tries);
      [answer] = await ask([entry]);
    }
    if (answer.state === 'there') state.there += 1;
    else fail(entry, answer.why, answer.line);
  }

  function fail(entry, why, line = false) {
    state.failed.push(entry);
    entry.told = complain(entry.file.name, why);
    entry.line = line;
  }

  function complain(name, why) {
    const told = document.createElement('li');
    told.textContent = `${name}: ${why}`;
    problems.append(told);
    return told;
  }

  /** Takes up again what failed. */
  function retry(which) {
    for (const entry of state.failed.filter(which)) {
      state.failed.splice(state.failed.indexOf(entry), 1);
      entry.told.remove();
      entry.tries = 0;
      state.done -= entry.file.size;
      state.waiting.push(entry);
    }
    show();
    if (state.waiting.length > 0) work();
  }

  /** Takes what waits, a handful at a time. */
  async function work() {
    if (working) return;
    working = true;
    const ready = [];
    let asking = null;
    const refill = async () => {
      const first = state.waiting[0];
      const batch = [];
      while (batch.length < ASKED && state.waiting[0] && state.waiting[0].album === first.album) {
        const entry = state.waiting.shift();
        state.busy.add(entry);
        if (entry.file.size > LARGEST) {
          finish(entry, () => fail(entry, words.large));
          continue;
        }
        try {
          entry.ends ??= await checksum(new Blob([entry.file.slice(0, ENDS), entry.file.slice(-ENDS)]));
          entry.hash ??= await checksum(entry.file);
          batch.push(entry);
        } catch {
          finish(entry, () => fail(entry, words.unread));
        }
      }
      if (batch.length === 0) return;
      const answers = await ask(batch);
      batch.forEach((entry, at) => ready.push([entry, answers[at]]));
    };
    const next = async () => {
      while (ready.length === 0 && (state.waiting.length > 0 || asking)) {
        asking ??= refill().finally(() => { asking = null; });
        await asking;
      }
      return ready.shift();
    };
    const sender = async () => {
      for (let one = await next(); one; one = await next()) {
        const [entry, answer] = one;
        await deliver(entry, answer);
        finish(entry, () => {});
      }
    };
    await Promise.all(Array.from({ length: SENT }, sender));
    working = false;
    if (state.waiting.length > 0) work();
    else show();
  }

  function finish(entry, also) {
    also();
    state.busy.delete(entry);
    state.done += entry.file.size;
    show();
  }

  function show() {
    const onTheWay = [...state.busy].reduce((sum, { sent }) => sum + sent, 0);
    bar.value = state.bytes === 0 ? 0 : Math.min(1, (state.done + onTheWay) / state.bytes);
    const left = state.kept.length + state.waiting.length + state.busy.size;
    element('progress').hidden = false;
    const parts = [counted(words.uploaded, state.arrived)];
    if (state.there > 0) parts.push(counted(words.there, state.there));
    if (state.failed.length > 0) parts.push(counted(words.failed, state.failed.length));
    if (left > 0) parts.push(counted(words.left, left));
    told.textContent = `${parts.join(', ')}.`;
    told.dataset.left = String(left);
    again.hidden = left > 0 || state.failed.length === 0;
  }

  /** Takes files, at once or as soon as there is an album for them. */
  function take(files) {
    state.kept.push(...files);
    show();
    if (!album.reportValidity()) return;
    const name = album.value;
    for (const file of state.kept.splice(0)) {
      state.waiting.push({ file, album: name, tries: 0, sent: 0 });
      state.bytes += file.size;
    }
    show();
    work();
  }

  /** Files of what was dropped, those in folders as well. */
  async function dropped(transfer) {
    const entries = [...transfer.items].map((one) => one.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length === 0) return [...transfer.files];
    const files = [];
    const walk = async (entry) => {
      try {
        await look(entry);
      } catch {
        complain(entry.name, words.unread);
      }
    };
    const look = async (entry) => {
      if (entry.isFile) files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
      else {
        const reader = entry.createReader();
        for (;;) {
          const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
          if (some.length === 0) return;
          for (const inside of some) await walk(inside);
        }
      }
    };
    for (const entry of entries) await walk(entry);
    return files.filter((file) => !file.name.startsWith('.'));
  }

  const named = () => {
    if (state.kept.length > 0 && album.checkValidity()) take([]);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    named();
  });
  album.addEventListener('change', named);
  chosen.addEventListener('change', () => {
    take([...chosen.files]);
    chosen.value = '';
  });
  for (const name of ['dragenter', 'dragover']) {
    addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add('over');
    });
  }
  addEventListener('dragleave', () => drop.classList.remove('over'));
  addEventListener('drop', async (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    take(await dropped(event.dataTransfer));
  });
  again.addEventListener('click', () => retry(() => true));
  addEventListener('online', () => retry((entry) => entry.line));
  addEventListener('beforeunload', (event) => {
    if (state.kept.length + state.waiting.length + state.busy.size > 0) event.preventDefault();
  });
}
