"""Gathers what libFuzzer told of each target into report.md.

    report.py LOGS CORPUS SECONDS
"""

import re
import sys
from pathlib import Path

logs, corpus, seconds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]


def last(pattern, text):
    found = re.findall(pattern, text)
    return found[-1] if found else "–"


rows = []
for log in sorted(logs.glob("*.log")):
    text = log.read_text(errors="replace")
    kept = [file for file in (corpus / log.stem).glob("*") if file.is_file()]
    # libFuzzer tells of a find by this line, whatever it is.
    found = last(r"SUMMARY: (.*)", text)
    rows.append(
        [
            f"`{log.stem}`",
            last(r"Done \d+ runs in (\d+) second", text),
            last(r"stat::number_of_executed_units: *(\d+)", text),
            last(r"cov: (\d+)", text),
            f"{len(kept)}, {sum(file.stat().st_size for file in kept) // 1000} kB",
            last(r"stat::peak_rss_mb: *(\d+)", text),
            "nothing" if found == "–" else found.replace("|", "/"),
        ]
    )
head = ["target", "seconds", "executions", "branches", "corpus", "memory, MB", "found"]
table = [head, ["---", "--:", "--:", "--:", "--:", "--:", "---"], *rows]
lines = ["# Fuzzing", "", f"{seconds} seconds for each target were asked for.", ""]
lines += ["| " + " | ".join(row) + " |" for row in table]
report = logs / "report.md"
report.write_text("\n".join(lines) + "\n")
print(report.read_text())
