"""Draws target/bench/pages.png out of pages.json: seconds by number of photos, a panel for each kind of build; on the clock
above, of the processors below."""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

folder = Path(sys.argv[1])
figures = json.loads((folder / "pages.json").read_text())
kinds = list(dict.fromkeys(figure["what"] for figure in figures if figure["program"] == "sigal")) or list(
    dict.fromkeys(figure["what"] for figure in figures)
)
colours = {"heirloom": "#8a5a2b", "sigal": "#3d6b8c", "thumbsup": "#6b7d3a"}
drawing, rows = plt.subplots(2, len(kinds), figsize=(4 * len(kinds), 6.4), sharex=True, sharey=True)
for row, (measure, name) in zip(rows, {"seconds": "seconds", "cpu": "processor seconds"}.items()):
    for panel, kind in zip(row, kinds):
        for program, colour in colours.items():
            points = sorted((f["photos"], f[measure]) for f in figures if (f["what"], f["program"]) == (kind, program))
            if points:
                panel.plot(*zip(*points), marker="o", label=program, color=colour)
        panel.set(xscale="log", yscale="log")
        panel.grid(alpha=0.25, which="both")
    row[0].set_ylabel(name)
for panel, kind in zip(rows[0], kinds):
    panel.set_title(kind)
for panel in rows[1]:
    panel.set_xlabel("photos")
rows[0][0].legend()
drawing.tight_layout()
drawing.savefig(folder / "pages.png", dpi=110)
