"""A key set over HTTP on 127.0.0.1, for identity_test: serves the file `jwks.json` of the working folder, 503 while it is
not there, and counts requests in `jwks.count`. With a PEM file of certificate and key: over TLS. Prints its port, ends when it is
killed."""
import http.server
import pathlib
import ssl
import sys

COUNT = pathlib.Path("jwks.count")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        COUNT.write_text(str(int(COUNT.read_text() or 0) + 1))
        try:
            body, status = pathlib.Path("jwks.json").read_bytes(), 200
        except FileNotFoundError:
            body, status = b"", 503
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


COUNT.write_text("0")
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
