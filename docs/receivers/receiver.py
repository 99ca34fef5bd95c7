# WEBHOOK_SECRET=whsec_… PORT=8080 python3 receiver.py        (Python 3.8 or newer, no packages)
import base64
import hashlib
import hmac
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_S = 300
SECRET = os.environ["WEBHOOK_SECRET"]
# In production: a table with a unique key, written in the transaction that does the work.
SEEN = set()


def verify(headers, body: bytes, secret: str) -> None:
    """Raises ValueError, whose text says what is wrong. `body` is the bytes as they came, before anything parsed them."""
    id_ = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp")
    signatures = headers.get("webhook-signature")
    if not id_ or not timestamp or not signatures:
        raise ValueError("a webhook header is missing")
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(time.time() - int(timestamp)) > TOLERANCE_S:
        raise ValueError("the timestamp is too old or too new")
    # A text of your own signs as it stands.
    key = base64.b64decode(secret[len("whsec_"):]) if secret.startswith("whsec_") else secret.encode()
    signed = f"{id_}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    # Several signatures, separated by spaces, while a secret is being rotated: one that fits is enough.
    if not any(hmac.compare_digest(part.encode(), expected.encode()) for part in signatures.split(" ")):
        raise ValueError("no signature fits")


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            verify(self.headers, body, SECRET)
        except ValueError as error:
            self.answer(401, str(error).encode())
            return
        id_ = self.headers["webhook-id"]
        if id_ not in SEEN:
            SEEN.add(id_)
            print(f"received {id_} {body.decode()}", flush=True)
        # Answer soon, within the webhook's timeout: work that takes longer goes to a queue of your own.
        self.answer(204, b"")

    def answer(self, status: int, text: bytes):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver).serve_forever()
