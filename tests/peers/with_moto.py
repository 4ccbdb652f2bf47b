"""Runs a command beside moto, an S3 server that is not ours, which its tests find through HEIRLOOM_S3_….

    python with_moto.py COMMAND [ARGUMENT …]
"""

import os
import subprocess
import sys

from moto.server import ThreadedMotoServer


def main():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        **os.environ,
        "HEIRLOOM_S3_ENDPOINT": f"http://{host}:{port}",
        "HEIRLOOM_S3_ACCESS_KEY": "testing",
        "HEIRLOOM_S3_SECRET_KEY": "testing",
    }
    try:
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
