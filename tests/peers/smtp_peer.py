"""A mail server that is not ours (aiosmtpd), and a reader of mails that is not ours (Python's email package).

    python smtp_peer.py serve FOLDER [--cert FILE --key FILE [--wrapped]] [--user NAME --password TEXT]
    python smtp_peer.py read FILE

`serve` prints its port and puts each mail it takes into FOLDER as N.eml, its envelope beside it as N.json. It refuses
refused@… for good, and later@… until a file called `open` lies in FOLDER; drop@… it takes, and hangs up without a word; to slow@…
it says nothing before that file is there.
To busy@… and sandbox@…, and from unverified@…, it speaks as Amazon SES does: too fast, twice; not to strangers; not from you.
With a certificate it takes nothing before STARTTLS, or with --wrapped is private from the first byte on; with a name it takes
nothing before AUTH. Who was to get a mail, taken or not, stands in FOLDER/asked. `read` prints a mail as JSON.
"""

import argparse
import asyncio
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


UNVERIFIED = (
    "554 Message rejected: Email address is not verified. The following identities failed the check in region "
    "EU-CENTRAL-1: "
)


class Taker:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.busy = 2

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 There is nobody of that name"
        if address.startswith("later@") and not (self.folder / "open").exists():
            return "451 4.7.1 Greylisted, come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with (self.folder / "asked").open("a") as asked:
            print(*envelope.rcpt_tos, file=asked)
        if envelope.mail_from.startswith("unverified@"):
            return UNVERIFIED + envelope.mail_from
        if envelope.rcpt_tos[0].startswith("sandbox@"):
            return UNVERIFIED + envelope.rcpt_tos[0]
        if envelope.rcpt_tos[0].startswith("busy@") and self.busy > 0:
            self.busy -= 1
            return "454 Throttling failure: Maximum sending rate exceeded."
        while envelope.rcpt_tos[0].startswith("slow@") and not (self.folder / "open").exists():
            await asyncio.sleep(0.02)
        self.count += 1
        name = self.folder / str(self.count)
        private = server.transport.get_extra_info("ssl_object") is not None
        told = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": private}
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
        options |= {"ssl_context": context} if arguments.wrapped else {"tls_context": context, "require_starttls": True}
    if arguments.user:
        wanted = (arguments.user.encode(), arguments.password.encode())

        def check(server, session, envelope, mechanism, said):
            return AuthResult(success=(said.login, said.password) == wanted, handled=False)

        # Of a line that is private from the first byte on, the server itself knows nothing.
        after_starttls = bool(arguments.cert) and not arguments.wrapped
        options |= {"authenticator": check, "auth_required": True, "auth_require_tls": after_starttls}
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
    serving.add_argument("--wrapped", action="store_true")
    serving.set_defaults(do=serve)
    reading = commands.add_parser("read")
    reading.add_argument("file")
    reading.set_defaults(do=read)
    arguments = parser.parse_args()
    arguments.do(arguments)


if __name__ == "__main__":
    main()
