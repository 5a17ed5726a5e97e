"""Receivers of others' making: a server for webhooks, whose messages PyPI
`standardwebhooks` verifies, and PyPI `aiosmtpd` for mail."""

import email
import email.policy
import http.server
import ssl
import threading
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = "modu", "a password of the mail server"


def wait_for(what, found, seconds=90):
    """What `found` gives, once it gives something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise SystemExit(f"{what} does not come within {seconds} seconds")


class Hook:
    """Answers 500 to the first attempt and 204 to all others."""

    def __init__(self):
        self.heard = []
        heard = self.heard

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                heard.append((dict(self.headers), body))
                self.send_response(500 if len(heard) == 1 else 204)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/hook"


class Mail:
    """A mail server that takes letters over STARTTLS from who signs in."""

    def __init__(self, port, certificate, key):
        self.letters, self.commands = [], []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        mail = self

        class Heard(SMTP):
            async def smtp_STARTTLS(self, arg):
                mail.commands.append("STARTTLS")
                await super().smtp_STARTTLS(arg)

            async def smtp_AUTH(self, arg):
                mail.commands.append("AUTH")
                await super().smtp_AUTH(arg)

            async def smtp_MAIL(self, arg):
                mail.commands.append("MAIL")
                await super().smtp_MAIL(arg)

        class Kept:
            async def handle_DATA(self, server, session, envelope):
                letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
                over = session.ssl.get("cipher") if isinstance(session.ssl, dict) else session.ssl
                mail.letters.append((letter, envelope, session.authenticated, over is not None))
                return "250 taken"

        class Started(Controller):
            def factory(self):
                return Heard(self.handler, **self.SMTP_kwargs)

        def known(server, session, envelope, mechanism, data):
            right = data.login == USER.encode() and data.password == PASSWORD.encode()
            return AuthResult(success=right)

        self.controller = Started(
            Kept(),
            hostname="127.0.0.1",
            port=port,
            tls_context=context,
            require_starttls=True,
            authenticator=known,
            auth_required=True,
        )
        self.controller.start()

    def to(self, address):
        return [it for it in self.letters if it[1].rcpt_tos == [address]]

    def stop(self):
        self.controller.stop()
