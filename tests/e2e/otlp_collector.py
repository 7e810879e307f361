"""A collector of traces for tests: takes OTLP over HTTP (JSON) and appends each span as a line of JSON to a file. Prints its
port. Usage: otlp_collector.py FILE"""
import http.server
import json
import sys

BODY_BYTES_MAX = 16 << 20


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        size = int(self.headers["content-length"])
        good = self.path == "/v1/traces" and self.headers["content-type"] == "application/json" and size <= BODY_BYTES_MAX
        body = self.rfile.read(size)
        if good:
            with open(sys.argv[1], "a", encoding="utf-8") as file:
                for resource in json.loads(body)["resourceSpans"]:
                    for scope in resource["scopeSpans"]:
                        for span in scope["spans"]:
                            file.write(json.dumps(span) + "\n")
        self.send_response(200 if good else 400)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
