"""A mail server that is not ours (aiosmtpd), and a reader of mails that is not ours (Python's email package).

    python smtp_peer.py serve FOLDER [--cert FILE --key FILE] [--user NAME --password TEXT]
    python smtp_peer.py read FILE

`serve` prints its port and puts each mail it takes into FOLDER as N.eml, its envelope beside it as N.json. It refuses
refused@… for good, and later@… until a file called `open` lies in FOLDER; drop@… it takes, and hangs up without a word.
With a certificate it takes nothing before STARTTLS, with a name nothing before AUTH. `read` prints a mail as JSON.
"""

import argparse
import base64
import email
import email.policy
import json
import ssl
import sys
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Taker:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 There is nobody of that name"
        if address.startswith("later@") and not (self.folder / "open").exists():
            return "451 4.7.1 Greylisted, come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = self.folder / str(self.count)
        told = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None}
        name.with_suffix(".eml").write_bytes(envelope.content)
        name.with_suffix(".json").write_text(json.dumps(told))
        if any(to.startswith("drop@") for to in envelope.rcpt_tos) and not (self.folder / "open").exists():
            server.transport.abort()
        return "250 Taken"


def serve(arguments):
    options = {}
    if arguments.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(arguments.cert, arguments.key)
        options |= {"tls_context": context, "require_starttls": True}
    if arguments.user:
        wanted = (arguments.user.encode(), arguments.password.encode())

        def check(server, session, envelope, mechanism, said):
            return AuthResult(success=(said.login, said.password) == wanted, handled=False)

        options |= {"authenticator": check, "auth_required": True, "auth_require_tls": bool(arguments.cert)}
    # Port 0 is any that is free; the controller's own first question would go to port 0, so it is begun by hand.
    controller = Controller(Taker(Path(arguments.folder)), hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    print(controller.port, flush=True)
    while True:
        time.sleep(60)


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read(arguments):
    message = email.message_from_bytes(Path(arguments.file).read_bytes(), policy=email.policy.default)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    pictures = [part for part in message.walk() if part.get_content_maintype() == "image"]
    told = {
        "kind": message.get_content_type(),
        "kinds": [part.get_content_type() for part in message.walk()],
        "headers": [[name, str(value)] for name, value in message.items()],
        "defects": [str(defect) for part in message.walk() for defect in part.defects],
        "text": text.get_content(),
        "html": html.get_content(),
        "pictures": [
            {"id": part["Content-ID"], "kind": part.get_content_type(), "disposition": part.get_content_disposition(),
             "bytes": base64.b64encode(part.get_content()).decode()}
            for part in pictures
        ],
    }
    json.dump(told, sys.stdout)


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    serving = commands.add_parser("serve")
    serving.add_argument("folder")
    for name in ["cert", "key", "user", "password"]:
        serving.add_argument(f"--{name}")
    serving.set_defaults(do=serve)
    reading = commands.add_parser("read")
    reading.add_argument("file")
    reading.set_defaults(do=read)
    arguments = parser.parse_args()
    arguments.do(arguments)


if __name__ == "__main__":
    main()
