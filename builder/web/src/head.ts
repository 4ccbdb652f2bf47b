// What is known before anything is painted. This is the one script that a page waits for, so it is short, and written so that
// any browser can read it. Those who know no modules have no use for it.

import { fitted } from "./fit";
import { chosen, offered } from "./language";

declare global {
  interface Window {
    /** The tag of the language that the reader wants most of those that are offered. */
    wanted?: string;
  }
}

/** Where the texts of each language are, which the build fills in. */
declare var TEXTS: Record<string, string>;

/** How long a page that waits for a photo or for its language stays dark at most, in milliseconds. */
var AT_MOST = 4_000;

var root = document.documentElement;

if ("noModule" in document.createElement("script")) {
  root.classList.add("js", "reading");
  document.addEventListener("readystatechange", read);
  window.fitted = fitted;
  // A link to one photo: the album must not flash up before it, and it is fetched as soon as the page says what it is.
  if (/^#(p-)?[0-9a-f]{20}$/.test(location.hash)) root.classList.add("arrived");
  // Nor the page's language before the reader's own; the texts come beside the script that puts them in. That script speaks
  // English as it is.
  var tag = (window.wanted = chosen(offered(Object.keys(TEXTS)), navigator.languages));
  var texts = TEXTS[tag];
  var foreign = tag !== root.lang;
  if (foreign) root.classList.add("foreign");
  if (texts && (foreign || tag !== "en")) {
    var ahead = document.createElement("link");
    ahead.rel = "modulepreload";
    ahead.href = texts;
    document.head.appendChild(ahead);
  }
  setTimeout(() => {
    root.classList.remove("foreign");
    if (!document.querySelector(".arriving, .pswp")) root.classList.remove("arrived");
  }, AT_MOST);
  // Should the other script not come, or be too new for this browser, the page is one without scripts.
  addEventListener("error", without, true);
}

function without(event: Event) {
  var unread = event instanceof ErrorEvent && event.error instanceof SyntaxError;
  if (unread || event.target instanceof HTMLScriptElement) root.classList.remove("js", "arrived", "foreign");
}

/** The page is all there. The photo that the address names is fetched, so that it does not wait for the script that shows
    it. */
function read() {
  document.removeEventListener("readystatechange", read);
  root.classList.remove("reading");
  if (!root.classList.contains("arrived")) return;
  fitted(document.getElementById(location.hash.replace(/^#(p-)?/, "p-")), { x: root.clientWidth, y: root.clientHeight });
}
