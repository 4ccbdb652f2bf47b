"""Draws target/bench/pages.png out of pages.json: seconds by number of photos, a panel for each kind of build."""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

folder = Path(sys.argv[1])
figures = json.loads((folder / "pages.json").read_text())
kinds = list(dict.fromkeys(figure["what"] for figure in figures))
colours = {"heirloom": "#8a5a2b", "sigal": "#3d6b8c", "thumbsup": "#6b7d3a"}
drawing, panels = plt.subplots(1, len(kinds), figsize=(4 * len(kinds), 3.6), sharey=True)
for panel, kind in zip(panels, kinds):
    for program, colour in colours.items():
        points = sorted((f["photos"], f["seconds"]) for f in figures if (f["what"], f["program"]) == (kind, program))
        if points:
            panel.plot(*zip(*points), marker="o", label=program, color=colour)
    panel.set(xscale="log", yscale="log", title=kind, xlabel="photos")
    panel.grid(alpha=0.25, which="both")
panels[0].set_ylabel("seconds")
panels[0].legend()
drawing.tight_layout()
drawing.savefig(folder / "pages.png", dpi=110)
