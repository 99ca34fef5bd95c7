# What the HTTP server of Python's library answers in each of the ways that HTTP knows. Prints its two ports.
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class OfOldHttp(BaseHTTPRequestHandler):
    """HTTP/1.0, as it is when nobody says otherwise: a connection for each request."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        text = f"took {len(body)}".encode()
        if self.path == "/continue":
            self.send_response_only(100)
            self.end_headers()
        self.send_response(200)
        if self.path == "/chunked":
            self.send_header("transfer-encoding", "chunked")
            text = b"5\r\n" + text[:5] + b"\r\n%x\r\n" % len(text[5:]) + text[5:] + b"\r\n0\r\n\r\n"
        elif self.path in ("/close", "/until-closed"):
            self.send_header("connection", "close")
        if self.path in ("/kept", "/close", "/continue"):
            self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Current(OfOldHttp):
    protocol_version = "HTTP/1.1"


servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for handler in (Current, OfOldHttp)]
for server in servers:
    threading.Thread(target=server.serve_forever).start()
print(*(server.server_address[1] for server in servers), flush=True)
