// A video that no poster could be made of shows its first picture all the same, where the browser can read it: that costs
// a few ranges of the file, so only for those that come near, and not for readers who save data.

const saving = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData ?? false;

const nearby =
  saving || !("IntersectionObserver" in window)
    ? undefined
    : new IntersectionObserver(
        (entries) => {
          for (const { isIntersecting, target } of entries) {
            if (!isIntersecting) continue;
            nearby?.unobserve(target);
            show(target as HTMLElement);
          }
        },
        { rootMargin: "200px" },
      );

/** Shows the first pictures of the videos below `root` that have no poster. */
export function firstFrames(root: ParentNode): void {
  for (const blank of root.querySelectorAll(".blank")) nearby?.observe(blank);
}

function show(blank: HTMLElement): void {
  const address = blank.closest<HTMLElement>("figure")?.dataset["film"];
  if (!address || blank.firstChild) return;
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "metadata";
  video.tabIndex = -1;
  video.setAttribute("aria-hidden", "true");
  // The very first picture is often black.
  video.src = `${address}#t=0.3`;
  video.addEventListener("loadeddata", () => video.classList.add("here"), { once: true });
  video.addEventListener("error", () => video.remove(), { once: true });
  blank.append(video);
}
