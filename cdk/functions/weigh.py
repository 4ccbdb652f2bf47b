"""How many bytes a binary is, zipped as a function of Lambda: `weigh.py [--most BYTES] BINARY...`, a line each.

A larger function starts more slowly. With `--most` one that is larger ends it with an error.
"""

import argparse
import io
import sys
import zipfile

asked = argparse.ArgumentParser(description=__doc__)
asked.add_argument("--most", type=int)
asked.add_argument("binaries", nargs="+", metavar="BINARY")
asked = asked.parse_args()

too_large = []
for binary in asked.binaries:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(binary, "bootstrap")
    size = len(zipped.getvalue())
    print(f"{size} {binary}")
    if asked.most is not None and size > asked.most:
        too_large.append(f"{binary} is {size:,} bytes zipped, and a function has {asked.most:,} at most")
if too_large:
    sys.exit("\n".join(too_large))
