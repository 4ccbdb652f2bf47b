"""Draws the soak's curves out of figures.json: memory, what should be flat, and how long viewers waited."""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

folder = Path(sys.argv[1])
figures = json.loads((folder / "figures.json").read_text())
samples = figures["samples"]
lives = sorted({sample["life"] for sample in samples})


def curve(panel, what, label):
    """A line for each life of the process, so that restarts show as gaps."""
    for life in lives:
        points = [(s["at"] / 60, s[what]) for s in samples if s["life"] == life]
        panel.plot([at for at, _ in points], [value for _, value in points], color="#8a5a2b", linewidth=1)
    panel.set(ylabel=label, ylim=(0, None))
    panel.grid(alpha=0.25)


drawing, panel = plt.subplots(figsize=(9, 3.2))
curve(panel, "memory", "memory, MB")
panel.set(xlabel="minutes; each gap is a restart")
drawing.tight_layout()
drawing.savefig(folder / "memory.svg")

drawing, panels = plt.subplots(4, 1, figsize=(9, 8), sharex=True)
for panel, what, label in zip(
    panels,
    ["descriptors", "threads", "index", "folder"],
    ["open files", "threads", "index, MB", "data folder, MB"],
):
    curve(panel, what, label)
panels[-1].set(xlabel="minutes")
drawing.tight_layout()
drawing.savefig(folder / "flat.svg")

answers, step = figures["answers"], 10
windows = {}
for at, milliseconds in answers:
    windows.setdefault(int(at // step), []).append(milliseconds)
drawing, (often, slow) = plt.subplots(2, 1, figsize=(9, 5), sharex=True)
minutes = [(window * step + step / 2) / 60 for window in sorted(windows)]
often.plot(minutes, [len(windows[w]) / step for w in sorted(windows)], color="#6b7d3a")
often.set(ylabel="answers a second", ylim=(0, None))
for share, colour in [(0.5, "#3d6b8c"), (0.99, "#8a5a2b")]:
    at_share = [sorted(windows[w])[min(int(len(windows[w]) * share), len(windows[w]) - 1)] for w in sorted(windows)]
    slow.plot(minutes, at_share, color=colour, label=f"{share:.0%} of answers within")
slow.set(ylabel="milliseconds", xlabel="minutes", yscale="log")
slow.legend()
for panel in (often, slow):
    panel.grid(alpha=0.25)
drawing.tight_layout()
drawing.savefig(folder / "answers.svg")
