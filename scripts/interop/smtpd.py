"""A mail server (aiosmtpd) that keeps what it gets: usage: smtpd.py DIR PORT RELAYPORT

Every accepted message goes byte for byte to DIR/capture/NNNN.eml, its envelope to NNNN.json, and a copy to the maildir of each
recipient that has an account. PORT offers AUTH and STARTTLS; RELAYPORT does not and is for Dovecot's submission service.
What it refuses on purpose: recipients reject@, later@, multi@ (three lines), drop@ (cuts the connection), the sender
blocked@example.test, and messages with interop-refuse in their headers. With interop-slow there it answers after 3 seconds.
"""
import asyncio
import json
import pathlib
import signal
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

root = pathlib.Path(sys.argv[1])
ports = [int(port) for port in sys.argv[2:4]]
passwords = {}
for entry in (root / "users").read_bytes().splitlines():
    who, _, secret = entry.partition(b":{PLAIN}")
    passwords[who] = secret


def authenticate(server, session, envelope, mechanism, data):
    if isinstance(data, LoginPassword) and passwords.get(data.login) == data.password:
        return AuthResult(success=True, auth_data=data.login.decode())
    return AuthResult(success=False, handled=False)


REFUSED = {
    "reject": "550 5.1.1 no such user here",
    "later": "451 4.3.0 try again later",
    "multi": "550-first line of the refusal\r\n550-second line of the refusal\r\n550 third line of the refusal",
}


class Capture:
    count = 0

    async def handle_MAIL(self, server, session, envelope, address, options):
        if address == "blocked@example.test":
            return "550 5.7.1 sender refused"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 sender accepted"

    async def handle_RCPT(self, server, session, envelope, address, options):
        local, _, domain = address.rpartition("@")
        if local == "drop":
            server.transport.abort()
        if local in REFUSED:
            return REFUSED[local]
        if domain not in ("localhost", "example.test") and not session.authenticated:
            return "550 5.7.1 relay not permitted"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient accepted"

    async def handle_DATA(self, server, session, envelope):
        raw = envelope.original_content
        head = raw.partition(b"\r\n\r\n")[0]
        if b"interop-refuse" in head:
            return "554 5.6.0 content refused"
        if b"interop-slow" in head:
            await asyncio.sleep(3)
        Capture.count += 1
        name = f"{Capture.count:04d}"
        (root / "capture" / f"{name}.eml").write_bytes(raw)
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "options": envelope.mail_options,
            "helo": session.host_name,
            "tls": session.ssl is not None,
            "auth": session.auth_data if session.authenticated else None,
        }
        (root / "capture" / f"{name}.json").write_text(json.dumps(facts))
        for address in envelope.rcpt_tos:
            local = address.rpartition("@")[0]
            if local.encode() in passwords:
                box = root / "mail" / local
                (box / "tmp" / name).write_bytes(raw.replace(b"\r\n", b"\n"))
                (box / "tmp" / name).rename(box / "new" / f"1800000000.{name}.aio")
        return f"250 2.0.0 accepted as {name}"


async def main():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(root / "certs" / "server.pem", root / "certs" / "server.key")
    common = dict(hostname="localhost", data_size_limit=1 << 20, enable_SMTPUTF8=True, tls_context=tls)
    loop = asyncio.get_running_loop()
    open_to_all = lambda: SMTP(Capture(), auth_require_tls=False, authenticator=authenticate, **common)
    relay = lambda: SMTP(Capture(), auth_exclude_mechanism=["LOGIN", "PLAIN"], **common)
    servers = [await loop.create_server(make, "127.0.0.1", port) for make, port in zip((open_to_all, relay), ports)]
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    for server in servers:
        server.close()


asyncio.run(main())
