// Which language a reader gets. Old browsers read this, too: see head.ts.

/** The one of those that are offered which is wanted most. Who reads none of them gets the one that the owner named first. */
export function chosen(offered: string[], wanted: readonly string[]): string {
  for (var i = 0; i < wanted.length; i += 1) {
    var tag = (wanted[i] || "").toLowerCase().split("-")[0] || "";
    if (offered.indexOf(tag) >= 0) return tag;
  }
  return offered[0] || "en";
}

/** The languages that the page is offered in. */
export function offered(all: string[]): string[] {
  var named = document.documentElement.getAttribute("data-languages");
  return named ? named.split(" ") : all;
}
