"""Follows every link inside the built guide, and every anchor that one names.

    python check_links.py FOLDER

Links to other sites are left to their owners: nothing is fetched.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page can be linked to by, and what it links to."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.update(name for name in (attributes.get("id"), attributes.get("name")) if name)
        target = attributes.get("src") if tag in ("img", "script") else attributes.get("href")
        if target:
            self.links.append(target)


def main():
    book = Path(sys.argv[1]).resolve()
    pages = {file: Page(file.read_text(encoding="utf-8")) for file in sorted(book.rglob("*.html"))}
    if len(pages) < 10:
        sys.exit(f"{book} is no book: it has {len(pages)} pages")
    wrong, count = [], 0
    for file, page in pages.items():
        # The page that GitHub would show for a wrong address: its links begin at the root of a site.
        if file.name == "404.html":
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            count += 1
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            if not target.is_file():
                wrong.append(f"{file.relative_to(book)}: {link} leads nowhere")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                wrong.append(f"{file.relative_to(book)}: {link} names no heading")
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{count} links in {len(pages)} pages lead somewhere.")


if __name__ == "__main__":
    main()
