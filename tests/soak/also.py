"""Runs a command as another chapter of the soak's report: what it told, and how it ended.

    also.py REPORT TITLE COMMAND...
"""

import re
import subprocess
import sys
from pathlib import Path

# What cargo and its tests say of themselves.
NOISE = re.compile(r"\s*(Compiling|Finished|Running|Blocking|running \d+ tests?|listening on|$)")
# Of a failure the end tells the reason.
MOST_LINES = 40

report, title, *command = sys.argv[1:]
told = []
with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process:
    for line in process.stdout:
        print(line, end="", flush=True)
        if not NOISE.match(line):
            told.append(line.rstrip())
verdict = "Nothing went wrong." if process.returncode == 0 else f"It failed ({process.returncode})."
chapter = ["", f"## {title}", "", "```", *told[-MOST_LINES:], "```", "", f"**{verdict}**", ""]
with Path(report).open("a") as file:
    file.write("\n".join(chapter))
sys.exit(process.returncode != 0)
