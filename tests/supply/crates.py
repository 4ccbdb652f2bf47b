"""How many crates are in each thing that is shipped: prints the table of ARCHITECTURE.md, and with `--check FILE` holds
the one there against it."""

import sys
from pathlib import Path

from products import CRATES, crates_of, packages_of_the_web

lines = ["| | crates | of them ours |", "|---|--:|--:|"]
for name, called in CRATES.items():
    _, found = crates_of(name)
    ours = sum(package.ours for package in found.values())
    lines.append(f"| {called} | {len(found)} | {ours} |")
_, found = packages_of_the_web()
lines.append(f"| the site's scripts and styles | {len(found) - 1} packages of npm | |")
table = "\n".join(lines)
if sys.argv[1:2] != ["--check"]:
    print(table)
elif table not in Path(sys.argv[2]).read_text():
    sys.exit(f"{sys.argv[2]} counts other crates; put this there (`make crates` prints it):\n{table}")
