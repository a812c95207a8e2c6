#!/usr/bin/env python3
"""hub_server.py ROOT LOG [FILE BYTES]: what scripts/fetch-encoder needs of huggingface.co, on a free port of this machine.

Answers /OWNER/NAME/resolve/REVISION/FILE, REVISION being main or COMMIT, with ROOT/OWNER/NAME/FILE, tells the commit, and
knows ranges. The first answer for FILE breaks off after BYTES. The port is written to LOG first, then a line a request.
Python's standard library alone."""
import http.server
import pathlib
import re
import sys

ROOT, LOG = pathlib.Path(sys.argv[1]), open(sys.argv[2], "w", buffering=1)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
to_break = {sys.argv[3]: int(sys.argv[4])} if len(sys.argv) > 3 else {}


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, with_body):
        found = re.fullmatch(r"/([\w.-]+/[\w.-]+)/resolve/(main|%s)/([\w.-]+)" % COMMIT, self.path)
        path = ROOT / found[1] / found[3] if found else None
        LOG.write(f"{self.command} {self.path} {self.headers.get('Range', '')}\n")
        if not path or not path.is_file():
            self.send_error(404)
            return
        data, begin = path.read_bytes(), 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked:
            begin = int(asked[1])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - begin))
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if with_body:
            n = to_break.pop(path.name, len(data))
            self.wfile.write(data[begin:begin + n])

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
LOG.write(f"{server.server_port}\n")
server.serve_forever()
