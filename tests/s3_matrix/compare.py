"""The matrix of behaviours, put to our S3 server, to moto and to MiniStack by three clients each, as a table.

    python compare.py HEIRLOOM SDK_CLIENT MINISTACK OUT.md

HEIRLOOM is the command, SDK_CLIENT the example `s3-matrix`, MINISTACK the emulator's command. The exit code is 0 when
every client finds every behaviour in ours.
"""

import contextlib
import json
import logging
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import yaml
from moto.server import ThreadedMotoServer

HERE = pathlib.Path(__file__).parent
CLIENTS = ["aws-sdk-s3", "boto3", "aws"]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def answers(endpoint):
    """Waits until something answers there."""
    for _ in range(300):
        try:
            urllib.request.urlopen(endpoint, timeout=1)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers at {endpoint}")


@contextlib.contextmanager
def process(words, endpoint, **environment):
    one = subprocess.Popen(words, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        answers(endpoint)
        yield
    finally:
        one.terminate()
        one.wait(20)


@contextlib.contextmanager
def ours(command):
    with tempfile.TemporaryDirectory() as data:
        port, s3 = free_port(), free_port()
        endpoint = f"http://127.0.0.1:{s3}"
        with process([command, "serve", "--data", data, "--port", str(port), "--s3-port", str(s3)], endpoint):
            keys = json.loads(pathlib.Path(data, "credentials.json").read_text())
            yield endpoint, keys["access_key"], keys["secret_key"]


@contextlib.contextmanager
def moto():
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)  # It tells of every request.
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}", "testing", "testing"
    finally:
        server.stop()


@contextlib.contextmanager
def ministack(command):
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "IOT_MTLS_PORT": "0", "LAMBDA_EXECUTOR": "local"}
    with process([command], endpoint, **settings):
        yield endpoint, "testing", "testing"


def outcomes(endpoint, sdk):
    """{ client: { behaviour: what is wrong, or None } }"""
    with tempfile.TemporaryDirectory() as folder:
        through_sdk, others = pathlib.Path(folder, "sdk"), pathlib.Path(folder, "others")
        subprocess.run([sdk, *endpoint, through_sdk], check=True)
        words = [sys.executable, HERE / "matrix.py", *endpoint, "--json", others]
        subprocess.run(words, check=False, stdout=subprocess.DEVNULL)
        return {**json.loads(through_sdk.read_text()), **json.loads(others.read_text())}


def asks(client, behaviour):
    """Whether a client can say all of it."""
    return all(client in step.get("only", CLIENTS) for step in behaviour["steps"])


def cell(behaviour, told):
    """A sign for each client: found, not found, not asked."""
    name = behaviour["name"]
    return " ".join("–" if not asks(client, behaviour) else "✗" if told[client][name] else "✓" for client in CLIENTS)


def main():
    command, sdk, emulator, out = sys.argv[1:]
    found = {}
    for name, server in {"ours": ours(command), "moto": moto(), "MiniStack": ministack(emulator)}.items():
        with server as endpoint:
            found[name] = outcomes(endpoint, sdk)
    behaviours = yaml.safe_load((HERE / "behaviours.yml").read_text())
    wrong = [f"{client}: {name}: {what}" for client, told in found["ours"].items() for name, what in told.items() if what]
    lines = [
        "# The S3 server, behaviour by behaviour",
        "",
        "What Amazon documents of the S3 operations that a gallery lives on, put to the S3 server of `heirloom serve` and, for",
        "comparison, to two emulators. Each cell has a sign for each of three clients (`aws-sdk-s3`, `boto3`, the `aws` command):",
        "✓ found the behaviour, ✗ did not, – cannot say what it takes and was not asked. `make matrix` writes this table;",
        "`tests/s3_matrix/behaviours.yml` is the matrix.",
        "",
        "| behaviour | " + " | ".join(found) + " |",
        "|---|" + "---|" * len(found),
    ]
    for behaviour in (one for one in behaviours if one.get("offered", True)):
        cells = [cell(behaviour, told) for told in found.values()]
        lines.append(f"| {behaviour['name']} | " + " | ".join(cells) + " |")
    lines += ["", "What ours does not offer, and answers with `NotImplemented` to all three: "]
    lines[-1] += ", ".join(one["name"] for one in behaviours if not one.get("offered", True)) + "."
    whole = sum(one.get("offered", True) for one in behaviours)
    for name, told in found.items():
        held = sum(not any(told[client][one["name"]] for client in CLIENTS) for one in behaviours if one.get("offered", True))
        print(f"{name}: {held} of {whole} behaviours by all three clients")
    pathlib.Path(out).write_text("\n".join(lines) + "\n")
    for one in wrong:
        print(f"FAILED  ours, {one}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
