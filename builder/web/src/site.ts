// What every page runs. The page is whole without it; this adds colour while pictures load, the full-screen view (whose
// code is fetched only when it is wanted), and leaves nothing to see after signing out.

type Viewer = typeof import("./viewer");

document.documentElement.classList.add("js");

// A page kept by the browser for the back button may be older than the session: ask the server again.
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    document.body.hidden = true;
    location.reload();
  }
});

// The content security policy forbids styles in the page, not through the object model.
for (const frame of document.querySelectorAll<HTMLElement>("[data-colour]")) {
  frame.style.backgroundColor = frame.dataset["colour"] ?? "";
  const picture = frame.querySelector("img");
  if (picture && !picture.complete) {
    picture.classList.add("coming");
    const here = () => picture.classList.remove("coming");
    picture.addEventListener("load", here, { once: true });
    picture.addEventListener("error", here, { once: true });
  }
}

const grid = document.querySelector<HTMLElement>(".grid");
if (grid) {
  let loading: Promise<Viewer> | undefined;
  const viewer = () => (loading ??= import("./viewer"));

  const warmUp = () => void viewer();
  grid.addEventListener("pointerover", warmUp, { once: true, passive: true });
  grid.addEventListener("focusin", warmUp, { once: true });

  grid.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a.open") : null;
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain) return;
    event.preventDefault();
    // Should the code not come, the link does what it does without a script.
    viewer().then(
      ({ open }) => open(grid, link),
      () => location.assign(link.href),
    );
  });

  // A link to one photo, as sent in a message or met again in the browser's history.
  const arrive = () => {
    const fragment = /^#(?:p-)?([0-9a-f]{20})$/.exec(location.hash);
    const link = fragment && document.getElementById(`p-${fragment[1]}`)?.querySelector<HTMLAnchorElement>("a.open");
    if (link) void viewer().then(({ open }) => open(grid, link, { arrived: true }));
  };
  addEventListener("popstate", arrive);
  arrive();
}
