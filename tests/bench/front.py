"""Pages and pictures of `heirloom serve`, signed in, beside nginx, which serves the same files to anybody.

    python front.py HEIRLOOM [--connections N] [--seconds N] [--rounds N]

Starts the demo's gallery in an empty folder, signs in, writes what it was served into a folder for nginx, and asks both for
the same files with `wrk`, in turn, over the same number of connections that are kept. Both log no requests. Pages are asked
for twice: as they are, and compressed, for which nginx is given files that are compressed already. The middle of the rounds counts.
Tells requests a second, how long the middle and the 99th of a hundred took, processor time for a thousand requests of each, and
the ratio; ends with 1 when ours is below half of nginx, or the 99th of a hundred takes 20 ms or more.
"""

import argparse
import gzip
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

PATIENCE = 600
LEAST_RATIO, MOST_MS = 0.5, 20.0

NGINX = """
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    default_type application/octet-stream;
    types {{ text/html html; image/jpeg jpg; image/webp webp; }}
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    open_file_cache max=1000 inactive=60s;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {folder}/files;
        gzip_static on;
        location / {{ try_files $uri $uri/index.html =404; }}
    }}
}}
"""

# Goes round the paths; every thread begins elsewhere.
LUA = """
local paths = {{ {paths} }}
local at = 0
function init(arguments) math.randomseed(os.time()); at = math.random(#paths) end
function request() at = at % #paths + 1; return wrk.format("GET", paths[at]) end
function done(summary, latency)
    io.write(string.format('{{"requests":%d,"micros":%d,"errors":%d,"p50":%f,"p99":%f}}\\n', summary.requests, summary.duration,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout,
        latency:percentile(50), latency:percentile(99)))
end
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("heirloom")
    arguments.add_argument("--connections", type=int, default=32)
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--rounds", type=int, default=3)
    said = arguments.parse_args()
    for program in ("nginx", "wrk"):
        if shutil.which(program) is None:
            sys.exit(f"make bench-front needs {program}: apt-get install nginx-light wrk")

    with tempfile.TemporaryDirectory(prefix="heirloom-bench-") as folder:
        os.chmod(folder, 0o755)
        ours = Ours(Path(said.heirloom).resolve(), Path(folder) / "data")
        theirs = None
        try:
            groups = ours.groups()
            theirs = Nginx(Path(folder) / "nginx", ours, groups)
            results = [measure(said, Path(folder), ours, theirs, *group) for group in groups]
        finally:
            ours.stop()
            if theirs:
                theirs.stop()
    tell(said, results)
    bad = [r["name"] for r in results if r["ratio"] < LEAST_RATIO or r["ours"]["p99"] >= MOST_MS]
    if bad:
        sys.exit(f"below half of nginx, or too slow: {', '.join(bad)}")


class Ours:
    def __init__(self, heirloom, data):
        self.port = free_port()
        command = [heirloom, "demo", "--json", "--data", data, "--port", str(self.port), "--s3-port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        told = json.loads(self.process.stdout.readline())
        form = urllib.parse.urlencode({"name": told["name"], "password": told["password"], "next": "/"})
        headers = {"Origin": f"http://127.0.0.1:{self.port}", "Content-Type": "application/x-www-form-urlencoded"}
        answer, _ = self.ask("/auth/login", "POST", form, headers)
        self.cookie = answer.getheader("set-cookie").split(";")[0]
        self.wait(heirloom, data)

    def pids(self):
        return [self.process.pid]

    def headers(self):
        return {"Cookie": self.cookie}

    def wait(self, heirloom, data):
        """Until all photos are on their pages and nothing is under way."""
        since, before = time.monotonic(), None
        while time.monotonic() - since < PATIENCE:
            spent = seconds(self.pids())
            if before is not None and spent - before < 0.02:
                return
            before = spent
            time.sleep(3)
        sys.exit("the demo's gallery never came to rest")

    def ask(self, path, method="GET", body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers or {"Cookie": self.cookie})
        answer = connection.getresponse()
        bytes_ = answer.read()
        connection.close()
        return answer, bytes_

    def page(self, path):
        answer, body = self.ask(path)
        if answer.status != 200:
            sys.exit(f"{path} was answered {answer.status}")
        return body.decode()

    def groups(self):
        """What is asked for: a name, paths and headers."""
        home = self.page("/")
        albums = sorted(set(re.findall(r'href="(/albums/[^"#~?]+/)"', home)))
        pages = [(len(self.page(path)), path) for path in albums]
        albums = [path for _, path in sorted(pages)[-4:]]
        pictures = sorted(set(path for album in albums for path in re.findall(r"/pics/[A-Za-z0-9._~/-]+", self.page(album))))
        small = [path for path in pictures if re.search(r"-360\.jpg$", path)]
        large = [path for path in pictures if re.search(r"-2048\.jpg$", path)]
        return [
            ("pages", albums, {}),
            ("pages, compressed", albums, {"Accept-Encoding": "gzip"}),
            ("small pictures", small[:40], {}),
            ("large pictures", large[:20], {}),
        ]

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Nginx:
    def __init__(self, folder, ours, groups):
        files = folder / "files"
        files.mkdir(parents=True)
        self.port = free_port()
        self.sizes = {}
        for path in {path for _, paths, _ in groups for path in paths}:
            _, body = ours.ask(path)
            file = files / (path.strip("/") + ("/index.html" if path.endswith("/") else ""))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
            self.sizes[path] = len(body)
            if path.endswith("/"):
                file.with_name(file.name + ".gz").write_bytes(gzip.compress(body, 6))
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=self.port))
        self.process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;"])
        since = time.monotonic()
        while time.monotonic() - since < 10:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        sys.exit("nginx did not start")

    def pids(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def headers(self):
        return {}

    def stop(self):
        self.process.terminate()
        self.process.wait()


def measure(said, folder, ours, theirs, name, paths, headers):
    if not paths:
        sys.exit(f"the demo has no {name}")
    script = folder / "round.lua"
    script.write_text(LUA.format(paths=", ".join(f'"{path}"' for path in paths)))
    taken = {"ours": [], "theirs": []}
    for number in range(said.rounds):
        ways = [("ours", ours), ("theirs", theirs)]
        for who, server in ways if number % 2 else reversed(ways):
            taken[who].append(once(said, script, server, headers))
    middle = {who: {key: statistics.median(r[key] for r in rounds) for key in rounds[0]} for who, rounds in taken.items()}
    size = statistics.mean(theirs.sizes[path] for path in paths)
    return {"name": name, "kilobytes": size / 1000, "ratio": middle["ours"]["rate"] / middle["theirs"]["rate"], **middle}


def once(said, script, server, headers):
    lines = [f"--header={name}: {value}" for name, value in {**server.headers(), **headers}.items()]
    command = ["wrk", "--threads", "1", "--connections", str(said.connections), "--script", script, *lines]
    address = f"http://127.0.0.1:{server.port}/"
    subprocess.run([*command, "--duration", "1s", address], check=True, stdout=subprocess.DEVNULL)
    before = seconds(server.pids())
    out = subprocess.run([*command, "--duration", f"{said.seconds}s", address], check=True, capture_output=True, text=True).stdout
    spent = seconds(server.pids()) - before
    told = json.loads(out.strip().splitlines()[-1])
    if told["errors"]:
        sys.exit(f"{told['errors']} of {told['requests']} requests failed")
    return {
        "rate": told["requests"] / told["micros"] * 1e6,
        "p50": told["p50"] / 1000,
        "p99": told["p99"] / 1000,
        "cpu": spent / told["requests"] * 1e6,
    }


def seconds(pids):
    """Processor time that these have spent, their threads included."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tell(said, results):
    load = Path("/proc/loadavg").read_text().split()[0]
    print(f"{said.connections} connections that are kept, {said.seconds} s, the middle of {said.rounds} rounds; load {load} on {os.cpu_count()} cores")
    print()
    print("| | KB | requests/s | nginx | ratio | p50 ms | p99 ms | nginx p99 | CPU ms for 1,000 | nginx |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for r in results:
        a, b = r["ours"], r["theirs"]
        print(
            f"| {r['name']} | {r['kilobytes']:.1f} | {a['rate']:,.0f} | {b['rate']:,.0f} | {r['ratio']:.2f} | {a['p50']:.2f} "
            f"| {a['p99']:.2f} | {b['p99']:.2f} | {a['cpu']:.1f} | {b['cpu']:.1f} |"
        )


if __name__ == "__main__":
    main()
