"""Plants a card, a key, a name and a mail in every way in, breaks what can be broken, and then searches every byte on disk,
every byte that a model outside the house got, every trace, metric and record. Usage: canary.py FOLDER_OF_PROGRAMS.

The same search must find the values where nothing protects them: see `unprotected`."""
import base64
import http.server
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
BIN, FAKE = str(PROGRAMS / "loadline"), str(PROGRAMS / "loadline_fake_upstream")
# Where everything of the program under test is, and where what the test itself has in clear is.
WORK, CLEAR = pathlib.Path(tempfile.mkdtemp(prefix="canary-")), pathlib.Path(tempfile.mkdtemp(prefix="canary-clear-"))
CHECKS = 0

CARD, CARD_BARE = "4929 1234 1234 1232", "4929123412341232"
IBAN = "DE89 3704 0044 0532 0130 00"
MAIL, NAME = "ottilie.quillbrack@brookmere.example", "Ottilie Quillbrack"
KEY = "sk-cnry7Q2wZ8mK4xT6vB1nR5pL9dF3"
# As they are written into prompts and documents.
WRITINGS = [CARD, CARD_BARE, CARD.replace(" ", "-"), "".join(chr(0xFF10 + int(c)) for c in CARD_BARE), IBAN, IBAN.replace(" ", ""),
            MAIL, MAIL.upper(), NAME, KEY]
# As they might lie somewhere.
LOOKED_FOR = WRITINGS + [CARD.replace(" ", "\u00a0"), IBAN.lower(), MAIL.split("@")[0], "Quillbrack"]
TEXT = f"Please write to {NAME} at {MAIL}: card {CARD}, account {IBAN}, and the access is {KEY} today."


def check(condition, what, shown=""):
    global CHECKS
    CHECKS += 1
    if not condition:
        raise SystemExit(f"FAILED: {what}\n  got: {str(shown)[:2000]}")


def forms(value):
    """The value in every form in which a search should meet it."""
    raw = value.encode()
    yield "raw", raw
    yield "JSON", json.dumps(value)[1:-1].encode()
    yield "JSON escaped twice", json.dumps(json.dumps(value))[1:-1].encode()
    yield "URL", urllib.parse.quote(value, safe="").encode()
    yield "form", urllib.parse.quote_plus(value, safe="").encode()
    yield "UTF-16LE", value.encode("utf-16-le")
    yield "UTF-16BE", value.encode("utf-16-be")
    yield "hex", raw.hex().encode()
    for lead in range(3):  # what does not depend on the bytes beside it
        encoded = base64.b64encode(b"\0" * lead + raw)
        whole = encoded[0 if lead == 0 else 4:len(encoded) // 4 * 4 - (0 if (lead + len(raw)) % 3 == 0 else 4)]
        yield "base64", whole
        yield "base64url", whole.translate(bytes.maketrans(b"+/", b"-_"))


NEEDLES = {form: (value, kind) for value in LOOKED_FOR for kind, form in forms(value) if len(form) >= 8}


def found_in(data):
    lower = data.lower()
    return [(value, kind) for form, (value, kind) in NEEDLES.items() if form in data or (kind == "raw" and form.lower() in lower)]


def search_folder(folder):
    hits, files = [], 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        files += 1
        hits += [(str(path.relative_to(folder)), *hit) for hit in found_in(path.read_bytes())]
        hits += [("name of " + str(path.relative_to(folder)), *hit) for hit in found_in(path.name.encode())]
    return hits, files


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes traces."""
    bodies = []

    def do_POST(self):
        Receiver.bodies.append(self.rfile.read(int(self.headers.get("content-length", 0))))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def call(method, url, body=None, headers=None, timeout=60):
    """Status and body; never raises for what the other side does."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, method=method, data=data, headers={"content-type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        try:
            return error.code, error.read()
        except OSError:
            return error.code, b""
    except (OSError, http.client.HTTPException):
        return 0, b""


class Fake:
    def __init__(self, name):
        self.process = subprocess.Popen([FAKE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=CLEAR)
        self.url = "http://127.0.0.1:" + self.process.stdout.readline().decode().strip()
        self.name = name

    def script(self, **rule):
        status, body = call("PUT", self.url + "/control", {"rules": [rule] if rule else []})
        check(status < 300, "the fake upstream takes its script", body)

    def received(self):
        return call("GET", self.url + "/control/requests")[1]


class Loadline:
    def __init__(self, folder, manifest):
        self.folder, self.process = folder, None
        (folder / "tmp").mkdir(parents=True)
        (folder / "loadline.yaml").write_text(manifest)
        self.environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "CLOUD_KEY": "of-the-test",
                            # What the sanitizers would do of their own must not hide what the program does.
                            "ASAN_OPTIONS": "detect_leaks=0:disable_coredump=0:handle_abort=0:handle_segv=0:handle_sigbus=0"}

    def run(self, *arguments, code=0, given=None):
        done = subprocess.run([BIN, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, input=given, timeout=600)
        check(done.returncode == code, f"'{' '.join(arguments[:3])}' ends with {code}", f"{done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def lines(self, *arguments, **more):
        return [json.loads(line) for line in self.run(*arguments, "--json", **more).splitlines() if line.startswith("{")]

    def start(self):
        with open(self.folder / "server.log", "ab") as log, open(self.folder / "server.out", "wb") as out:
            self.process = subprocess.Popen([BIN, "serve", "--port", "0", "--json"], cwd=self.folder, env=self.environment, stdout=out, stderr=log,
                                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
        for _ in range(1200):
            check(self.process.poll() is None, "the server runs", (self.folder / "server.log").read_text())
            out = (self.folder / "server.out").read_text()
            if out.startswith("{"):
                self.url = json.loads(out.splitlines()[0])["url"]
                if call("GET", self.url + "/readyz", timeout=5)[0] == 200:
                    return
            time.sleep(0.1)
        raise SystemExit("FAILED: the server is not ready")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        check(self.process.wait(60) == 0, "the server ends in order", (self.folder / "server.log").read_text()[-2000:])
        self.process = None

    def ask(self, path, body, **headers):
        return call("POST", self.url + path, body, {"authorization": "Bearer " + self.key, **{k.replace("_", "-"): v for k, v in headers.items()}})


def manifest(us, traces, guarded):
    privacy = "privacy: {tenant: bank, actions: {private_key: block}, patterns: {client: {expression: 'Ottilie[ -]Quillbrack'}}}"
    return f"""version: 1
data_classes: [public, internal]
regions: [house, us]
models:
  tiny: {{model: smollm2-135m-instruct, threads: 1, context_tokens: 2048, parallel: 1, region: house}}
  us-chat: {{provider: openai, model: us-1, base_url: "{us}/v1", region: us, key_env: CLOUD_KEY, stall_seconds: 1, first_byte_seconds: 1,
            can: [tools, json_schema, images, prefill, stateful]}}
  us-claude: {{provider: anthropic, model: claude-x, base_url: "{us}/v1", region: us, can: [tools, thinking], stall_seconds: 1,
              first_byte_seconds: 1}}
  us-gemini: {{provider: gemini, model: gemini-x, base_url: "{us}/v1beta", region: us, can: [tools], stall_seconds: 1, first_byte_seconds: 1}}
  us-embed: {{provider: openai, model: embed-1, base_url: "{us}/v1", region: us, can: [embeddings]}}
knowledge:
  letters: {{paths: ["{CLEAR}/letters/**"], {privacy if guarded else "metadata: {}"}}}
routes:
  chat: {{models: [us-chat], {"guards: [pii]," if guarded else ""} retry_ratio: 10}}
  claude: {{models: [us-claude]{", guards: [pii]" if guarded else ""}}}
  gemini: {{models: [us-gemini]{", guards: [pii]" if guarded else ""}}}
  embed: {{models: [us-embed]{", guards: [pii]" if guarded else ""}}}
  letters-answers: {{models: [tiny], knowledge: letters, answer_tokens: 60}}
guards:
  pii: {{patterns: {{client: {{expression: 'Ottilie[ -]Quillbrack'}}}}}}
telemetry: {{otlp_endpoint: "{traces}", content: true}}
"""


def write_letters():
    folder = CLEAR / "letters"
    folder.mkdir()
    (folder / "letter.md").write_text(
        f"# Letter about a refund\n\nDear {NAME},\n\nthe refund of 42 euros goes to the account {IBAN} next Tuesday. "
        f"We wrote to {MAIL} about it.\n\nThe card {CARD} stays valid.\n")
    (folder / "list.csv").write_text(f"client,card,mail\nOttilie Quillbrack,{CARD_BARE},{MAIL.upper()}\n")
    (folder / "key.txt").write_text("-----BEGIN RSA PRIVATE KEY-----\n" + "QUFB" * 40 + "\n-----END RSA PRIVATE KEY-----\n" + TEXT)


def chats(server, us):
    texts = [TEXT, *(f"It says {writing} there." for writing in WRITINGS)]
    for text in texts:
        message = [{"role": "system", "content": "Be kind. " + text}, {"role": "user", "content": text}]
        for stream in (False, True):
            us.script(split_bytes=1) if stream else us.script()
            status, body = server.ask("/v1/chat/completions", {"model": "chat", "messages": message, "stream": stream, "user": MAIL,
                                                               "metadata": {"who": NAME}, "not_known_here": [{"a": text}]})
            check(status == 200, "a chat is answered", body)
        check(server.ask("/v1/messages", {"model": "claude", "max_tokens": 50, "system": text, "messages": message[1:]})[0] == 200, "messages are answered")
        check(server.ask("/v1/chat/completions", {"model": "gemini", "messages": message})[0] == 200, "gemini answers")
        check(server.ask("/v1/embeddings", {"model": "embed", "input": [text, text]})[0] == 200, "embeddings are made")
        check(server.ask("/v1/completions", {"model": "chat", "prompt": text})[0] == 200, "a text is completed")
        check(server.ask("/v1/responses", {"model": "chat", "input": text})[0] == 200, "responses are made")
    us.script()  # the upstream repeats what it got
    answer = server.ask("/v1/chat/completions", {"model": "chat", "messages": [{"role": "user", "content": TEXT}]})[1]
    check(TEXT in json.loads(answer)["choices"][0]["message"]["content"], "the client gets its text back", answer)
    tool = {"type": "function", "function": {"name": "look_up", "description": f"finds {MAIL}", "parameters": {
        "type": "object", "properties": {"question": {"type": "string"}}}}}
    for stream in (False, True):
        us.script(tool=True)
        status, body = server.ask("/v1/chat/completions", {
            "model": "chat", "stream": stream, "tools": [tool], "messages": [
                {"role": "user", "content": TEXT},
                {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {
                    "name": "look_up", "arguments": json.dumps({"question": TEXT})}}]},
                {"role": "tool", "tool_call_id": "c1", "content": TEXT}, {"role": "user", "content": TEXT}]})
        check(status == 200, "tools are called", body)


def errors(server):
    bearer = {"authorization": "Bearer " + server.key}
    url = server.url
    for body in (b'{"model": "chat", "messages": [{"role": "user", "content": "' + TEXT.encode(), json.dumps({"model": "chat", TEXT: 1}).encode(),
                 json.dumps({"model": MAIL, "messages": [{"role": "user", "content": TEXT}]}).encode(),
                 json.dumps({"model": "chat", "messages": TEXT}).encode(), json.dumps({"model": "chat", "messages": [{"role": TEXT}]}).encode(),
                 json.dumps({"model": "chat", "temperature": TEXT, "messages": [{"role": "user", "content": TEXT}]}).encode()):
        call("POST", url + "/v1/chat/completions", body, bearer)
        call("POST", url + "/v1/messages", body, bearer)
    for value in (CARD_BARE, KEY, MAIL, IBAN.replace(" ", "")):
        quoted = urllib.parse.quote(value, safe="")
        call("GET", f"{url}/v1/{quoted}?{quoted}={quoted}", None, bearer)
        call("GET", f"{url}/v1/collections/letters/documents/{quoted}", None, bearer)
        call("DELETE", f"{url}/v1/collections/letters/documents/{quoted}", None, bearer)
        call("POST", f"{url}/v1/collections/{quoted}/search", {"query": value}, bearer)
        call("POST", url + "/v1/collections/letters/search", {"query": value, "k": value}, bearer)
        call("GET", url + "/v1/models", None, {"authorization": "Bearer " + value})
        for header in ("x-request-id", "x-loadline-class", "x-loadline-regions", "traceparent", "user-agent"):
            server.ask("/v1/chat/completions", {"model": "chat", "messages": [{"role": "user", "content": "hello"}]}, **{header: value})
    with socket.create_connection(tuple(url[len("http://"):].split(":"))) as raw:  # not HTTP at all
        raw.settimeout(20)
        raw.sendall(TEXT.encode() + b"\r\n\r\n")
        raw.recv(1000)


def faults(server, us):
    for fault in (dict(status=500), dict(status=429, retry_after="1"), dict(status=401), dict(status=400), dict(close_before_answer=True),
                  dict(drop_after_events=2), dict(drop_after_bytes=40, reset=True), dict(stall_after_events=1), dict(stall_after_bytes=0),
                  dict(malformed_event=1), dict(split_bytes=1), dict(usage="missing"), dict(usage="wrong"), dict(finish="length"),
                  dict(text=TEXT, deltas=40), dict(text=TEXT, deltas=40, drop_after_events=20), dict(thinking=True, text=TEXT)):
        for stream in (False, True):
            us.script(**fault)
            server.ask("/v1/chat/completions", {"model": "chat", "stream": stream, "messages": [{"role": "user", "content": TEXT}]})
            server.ask("/v1/messages", {"model": "claude", "max_tokens": 50, "stream": stream, "messages": [{"role": "user", "content": TEXT}]})
    us.script()
    for _ in range(120):  # until the circuit breaker lets calls through again
        if server.ask("/v1/chat/completions", {"model": "chat", "messages": [{"role": "user", "content": "hello"}]})[0] == 200:
            return
        time.sleep(0.5)
    raise SystemExit("FAILED: the upstream is not asked again")


def documents(server):
    boundary = "canary-boundary"
    content = (f"--{boundary}\r\ncontent-disposition: form-data; name=file; filename=note.md\r\n\r\n# A note\n\nThe parcel for {NAME} waits "
               f"at the harbour office until Friday. Call back at {MAIL}, account {IBAN}.\n\r\n--{boundary}--\r\n").encode()
    status, body = server.ask("/v1/collections/letters/documents", content, content_type="multipart/form-data; boundary=" + boundary)
    check(status == 202, "an upload is taken", body)
    for _ in range(300):
        state = json.loads(call("GET", server.url + "/v1/collections/letters/documents/note.md", None, {"authorization": "Bearer " + server.key})[1])["state"]
        if state not in ("queued", "running"):
            break
        time.sleep(0.2)
    check(state == "done", "the upload is ingested", state)
    check(not list((server.folder / ".loadline/uploads").glob("*")), "no copy of the upload is kept")
    found = json.loads(server.ask("/v1/collections/letters/search", {"query": IBAN.replace(" ", "-"), "k": 3})[1])
    check(any("[IBAN_" in json.dumps(hit) for hit in found["results"]), "a question with the value finds the passage with its token", found)
    asked = {"model": "letters-answers", "temperature": 0, "messages": [{"role": "user", "content": "How many euros is the refund to the account?"}]}
    status, body = server.ask("/v1/chat/completions", asked)
    check(status == 200, "a question to documents is answered", body)
    said = json.loads(body)["choices"][0]["message"]["content"]
    check(IBAN in said, "the tenant gets the value in its answer", said)
    other = call("POST", server.url + "/v1/chat/completions", asked, {"authorization": "Bearer " + server.other})[1]
    check(IBAN not in other.decode() and "[IBAN_" in other.decode(), "another tenant gets the token", other)
    for stream in (False, True):
        server.ask("/v1/chat/completions", {"model": "letters-answers", "stream": stream, "messages": [{"role": "user", "content": TEXT}]})
    check(server.ask("/v1/chat/completions", {"model": "letters-answers", "messages": [{"role": "user", "content": f"What about {IBAN}?"}]})[0] == 200, "asked with the value")


def vault(server):
    counted = server.lines("vault", "stats", "--tenant", "bank")[0]
    check(counted["values"] >= 4 and counted["by_type"]["iban"] == 1 and counted["by_type"]["payment_card"] == 1, "one value, one token", counted)
    check(server.lines("vault", "stats", "--tenant", "nobody")[0]["values"] == 0, "another tenant has none")
    export = CLEAR / "export.jsonl"
    server.run("vault", "export", "--tenant", "bank", "--output", str(export))
    check(stat.S_IMODE(export.stat().st_mode) == 0o600, "an export is its owner's")
    values = {row["value"]: row["token"] for row in map(json.loads, export.read_text().splitlines())}
    check({"payment_card", "iban", "email", "api_key", "custom"} <= {json.loads(line)["type"] for line in export.read_text().splitlines()}, "all is exported", values)
    server.run("vault", "export", "--tenant", "bank", "--output", str(export), code=1)  # never over a file
    token = next(token for token in values.values() if token.startswith("[IBAN_"))

    def echoed(text):
        return json.loads(server.ask("/v1/chat/completions", {"model": "chat", "messages": [{"role": "user", "content": text}]})[1])["choices"][0]["message"]["content"]
    check(IBAN.replace(" ", "") in echoed(f"What is {token}?").replace(" ", ""), "a token is restored for its tenant", token)
    check(server.lines("vault", "erase", "--tenant", "bank", "--value", "-", given=IBAN.lower() + "\n")[0]["erased"] == 1, "erased by value")
    check(token in echoed(f"What is {token}?"), "the running server restores it no more", token)
    mail = next(token for value, token in values.items() if "@" in value)
    check(server.lines("vault", "erase", "--tenant", "bank", "--token", mail)[0]["erased"] == 1, "erased by token")
    check(mail in echoed(f"What is {mail}?"), "nor that", mail)
    server.run("vault", "erase", "--tenant", "bank", "--token", mail, code=1)
    check(server.lines("vault", "erase", "--tenant", "bank", "--all")[0]["erased"] >= 2, "erased altogether")
    check(server.lines("vault", "stats", "--tenant", "bank")[0]["values"] == 0, "nothing is left")
    card = next(token for token in values.values() if token.startswith("[CARD_"))
    check(card in echoed(f"What is {card}?"), "the card's token stays a token", card)
    for _ in range(100):  # the server takes in what it was told within a second
        if not list((server.folder / ".loadline/audit.spool").glob("*.json")):
            break
        time.sleep(0.1)
    log = b"".join(path.read_bytes() for path in (server.folder / ".loadline/audit").glob("journal-*.log"))
    for action in (b"export", b"erase", b"erase tenant", b"restore"):
        check(action in log, f"the audit log has '{action.decode()}'")


def dumps_are_made_here():
    """Whether a process that does nothing against it leaves a dump."""
    child = subprocess.Popen([sys.executable, "-c", "import os; os.abort()"], cwd=CLEAR, stderr=subprocess.DEVNULL,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
    return os.WCOREDUMP(os.waitpid(child.pid, 0)[1])


def crashes(server, us):
    witness = dumps_are_made_here()
    for number in (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS):
        us.script(stall_after_events=1)
        stuck = threading.Thread(target=lambda: server.ask("/v1/chat/completions", {"model": "chat", "stream": True, "messages": [{"role": "user", "content": TEXT}]}))
        before = len(us.received())
        stuck.start()
        for _ in range(100):
            if len(us.received()) > before:
                break
            time.sleep(0.05)
        os.kill(server.process.pid, number)
        _, status = os.waitpid(server.process.pid, 0)
        stuck.join()
        check(os.WIFSIGNALED(status) and os.WTERMSIG(status) == number, "it dies of it", status)
        check(not os.WCOREDUMP(status), "no dump is made, whatever the limit says")
        server.process.returncode = -number
        us.script()
        server.start()
    check(not [path for path in server.folder.rglob("core*")], "no core file")
    return witness


def protected(us):
    server = Loadline(WORK / "protected", manifest(us.url, TRACES, True))
    server.key = server.lines("keys", "create", "app", "--team", "bank")[0]["secret"]
    server.other = server.lines("keys", "create", "other", "--team", "shop")[0]["secret"]
    rows = {row["document"]: row for row in server.lines("ingest", code=3) if "document" in row}
    check(rows["letter.md"]["redacted"] == {"custom": 1, "email": 1, "iban": 1, "payment_card": 1}, "what was taken out is counted", rows)
    check(rows["list.csv"]["redacted"] == {"custom": 1, "email": 1, "payment_card": 1}, "in a table, too", rows)
    check(rows["key.txt"]["state"] == "failed" and "'private_key'" in rows["key.txt"]["reason"], "a blocked document is refused by type", rows)
    check("taken out: 1 custom, 1 email, 1 iban, 1 payment_card" in server.run("status"), "the state shows it")
    check("[IBAN_" in server.run("search", IBAN, "--collection", "letters", "--json"), "the command finds it, too")
    server.start()
    documents(server)
    chats(server, us)
    errors(server)
    faults(server, us)
    shown = call("GET", server.url + "/metrics")[1]
    vault(server)
    witness = crashes(server, us)
    shown += call("GET", server.url + "/metrics")[1]
    time.sleep(2)  # traces are sent every second
    server.stop()
    for command in (["usage", "--by", "day,key,team,route,model"], ["audit", "verify"], ["keys", "list"], ["status"], ["config", "show"]):
        shown += server.run(*command).encode()
    ids = [line["request_id"] for line in map(json.loads, (server.folder / "server.log").read_text().splitlines()) if line.get("event") == "request"]
    for request in ids[::max(1, len(ids) // 20)]:
        done = subprocess.run([BIN, "explain", request, "--json"], cwd=server.folder, env=server.environment, capture_output=True, timeout=60)
        shown += done.stdout + done.stderr
    # The pattern of the client's name stands in the manifest, which is its owner's.
    shown = shown.replace(b"Ottilie[ -]Quillbrack", b"")
    (server.folder / "loadline.yaml").unlink()
    received = us.received()
    check(len(received) > 10000 and b"[CARD_" in received and b"[EMAIL_" in received, "the upstream got the pseudonyms", received[:500])
    for request in json.loads(received):
        hits = found_in(json.dumps(request, ensure_ascii=False).encode())
        check(not hits, "nothing got to the upstream", (hits, request))
    check(not found_in(received), "nothing got to the upstream", found_in(received))
    check(b"Please write to [" in b"".join(Receiver.bodies), "there were traces, with content")
    check(not found_in(b"".join(Receiver.bodies)), "nothing is in the traces", found_in(b"".join(Receiver.bodies)))
    check(not found_in(shown), "nothing is in metrics, accounts and records", found_in(shown))
    hits, files = search_folder(server.folder)
    check(files > 20 and not hits, "nothing is on the disk", hits)
    return files, witness


def unprotected(us):
    """The same search where nothing protects: it must find the values on the disk and at the upstream."""
    call("DELETE", us.url + "/control")
    server = Loadline(WORK / "unprotected", manifest(us.url, TRACES, False))
    server.key = server.lines("keys", "create", "app", "--team", "bank")[0]["secret"]
    server.lines("ingest")
    server.start()
    server.ask("/v1/chat/completions", {"model": "chat", "messages": [{"role": "user", "content": TEXT}]})
    server.stop()
    on_disk = {value for _, value, _ in search_folder(server.folder / ".loadline")[0]}
    at_upstream = {value for value, _ in found_in(us.received())}
    for value in (CARD, IBAN, MAIL, NAME, KEY):
        check(value in on_disk, f"the search finds '{value}' on the disk where nothing protects it", on_disk)
        check(value in at_upstream, f"... and at the upstream", at_upstream)


for sample in LOOKED_FOR:
    for _, encoded in forms(sample):
        if len(encoded) >= 8:
            check(found_in(b"xyz" + encoded + b"xyz"), "the search knows its own forms", encoded)
receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
TRACES = f"http://127.0.0.1:{receiver.server_address[1]}/v1/traces"
upstream = Fake("us")
try:
    write_letters()
    searched, core_witness = protected(upstream)
    unprotected(upstream)
finally:
    upstream.process.kill()
    for folder in (WORK, CLEAR):
        shutil.rmtree(folder, ignore_errors=True)
print(f"{CHECKS} checks passed; {searched} files searched" + ("" if core_witness else "; this machine makes no core dumps, so that part could not fail"))
