"""Who may do what, from outside: tokens of an identity provider, the admin API, shares of a full model, prices. Usage: see
identity_test."""
import argparse
import base64
import collections
import concurrent.futures
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

from plain_http import http

parser = argparse.ArgumentParser()
for name in ("url", "key", "admin", "upstream", "loadline", "data"):
    parser.add_argument("--" + name)
parser.add_argument("--count", action="store_true")
ARGS, REST = parser.parse_known_args()
ISSUER = "https://login.brookmere.example/"
PATIENCE = 60  # seconds for what happens by itself


def ask(model, key, text="hello there", **more):
    body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    return http("POST", ARGS.url + "/v1/chat/completions", body, key=key)


def admin(method, path, body=None, key=None):
    status, headers, text = http(method, ARGS.url + "/admin/v1" + path, body, key=key or ARGS.admin)
    return status, headers, json.loads(text)


def cli(*arguments):
    done = subprocess.run([ARGS.loadline, *arguments, "--json", "--data", ARGS.data], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def until(condition):
    """Whether it comes true within PATIENCE."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def script(**rule):
    status, _, body = http("PUT", ARGS.upstream + "/control", {"rules": [rule] if rule else []})
    assert status < 300, body


class Provider:
    """An identity provider: keys by name, the set that it publishes, tokens."""

    def __init__(self):
        self.keys = {}

    def make(self, kid, algorithm):
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
        made = {"RS256": lambda: rsa.generate_private_key(65537, 2048), "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
                "EdDSA": ed25519.Ed25519PrivateKey.generate}[algorithm]()
        self.keys[kid] = (algorithm, made)

    def publish(self, *kids):
        import jwt
        out = []
        for kid in kids:
            algorithm, key = self.keys[kid]
            made = {"RS256": jwt.algorithms.RSAAlgorithm, "ES256": jwt.algorithms.ECAlgorithm, "EdDSA": jwt.algorithms.OKPAlgorithm}
            out.append({**json.loads(made[algorithm].to_jwk(key.public_key())), "kid": kid, "use": "sig", "alg": algorithm})
        pathlib.Path("jwks.new").write_text(json.dumps({"keys": out}))
        os.replace("jwks.new", "jwks.json")

    def public_pem(self, kid):
        from cryptography.hazmat.primitives import serialization
        return self.keys[kid][1].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def token(self, kid, groups=("payments",), header=None, **claims):
        import jwt
        algorithm, key = self.keys[kid]
        now = int(time.time())
        body = {"iss": ISSUER, "aud": "loadline", "sub": "ada", "iat": now, "exp": now + 600, "groups": list(groups), "dept": "treasury"}
        body.update(claims)
        body = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(body, key, algorithm, headers={"kid": kid, **(header or {})})


PROVIDER = Provider()


def encoded(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Tokens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for kid, algorithm in (("rs", "RS256"), ("es", "ES256"), ("ed", "EdDSA"), ("next", "ES256"), ("other", "RS256")):
            PROVIDER.make(kid, algorithm)
        PROVIDER.publish("rs", "es", "ed")
        assert until(lambda: ask("chat", PROVIDER.token("rs"))[0] == 200), ask("chat", PROVIDER.token("rs"))

    def setUp(self):
        script()

    def test_1_each_algorithm_and_where_the_identity_shows(self):
        for kid in ("rs", "es", "ed"):
            self.assertEqual(ask("chat", PROVIDER.token(kid, sub="kid-" + kid))[0], 200)
        status, _, body = http("POST", ARGS.url + "/v1/chat/completions",
                               {"model": "chat", "messages": [{"role": "user", "content": "x"}]},
                               {"x-request-id": "by-token-1"}, PROVIDER.token("rs", sub="eve"))
        self.assertEqual(status, 200, body)
        self.assertTrue(until(lambda: any(row["key"] == ISSUER + "|eve" and row["team"] == "treasury" for row in cli("usage", "--by", "key,team"))))
        told = cli("explain", "by-token-1")[0]
        self.assertEqual((told["key"], told["team"]), (ISSUER + "|eve", "treasury"))

    def test_2_what_is_wrong_is_refused_and_nothing_is_told(self):
        now = int(time.time())
        good = PROVIDER.token("rs")
        header, payload, signature = good.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        hs_head = encoded({"alg": "HS256", "kid": "rs"})
        confused = hs_head + "." + payload
        confused += "." + encoded(hmac.new(PROVIDER.public_pem("rs"), confused.encode(), hashlib.sha256).digest())
        wrong = {
            "expired": PROVIDER.token("rs", exp=now - 120), "not yet": PROVIDER.token("rs", nbf=now + 120),
            "issued later": PROVIDER.token("rs", iat=now + 120), "without end": PROVIDER.token("rs", exp=None),
            "other audience": PROVIDER.token("rs", aud="elsewhere"), "other issuer": PROVIDER.token("rs", iss="https://evil.example/"),
            "alg none": encoded({"alg": "none", "kid": "rs"}) + "." + payload + ".",
            "public key as HMAC secret": confused,
            "algorithm of another key": encoded({"alg": "ES256", "kid": "rs"}) + "." + payload + "." + signature,
            "changed claims": header + "." + encoded({**claims, "groups": ["treasurers"]}) + "." + signature,
            "cut signature": good[:-8], "extension": PROVIDER.token("rs", header={"crit": ["b64"]}),
            "no subject": PROVIDER.token("rs", sub=None), "line break in the subject": PROVIDER.token("rs", sub="a\nb"),
            "key embedded": PROVIDER.token("other", header={"kid": "rs", "jwk": {"kty": "oct"}}),
            "not a token": "eyJhbGciOi.x.y",
        }
        for why, token in wrong.items():
            with self.subTest(why):
                status, headers, body = ask("chat", token)
                self.assertEqual(status, 401, body)
                self.assertEqual(headers["www-authenticate"], 'Bearer error="invalid_token"')
                for secret in (token[-40:], ISSUER, "payments", "jwks"):
                    self.assertNotIn(secret, body)
        self.assertEqual(ask("chat", PROVIDER.token("rs", exp=now - 1))[0], 200, "clocks may differ by leeway_seconds")
        status, headers, _ = ask("chat", None)
        self.assertEqual((status, headers["www-authenticate"]), (401, "Bearer"))

    def test_3_claims_become_scopes(self):
        self.assertEqual(ask("chat", PROVIDER.token("rs", groups=()))[0], 403)
        self.assertEqual(ask("slow", PROVIDER.token("rs"))[0], 403, "the rule names other models")
        status, _, body = http("POST", ARGS.url + "/v1/chat/completions", {"model": "chat", "messages": [{"role": "user", "content": "x"}]},
                               {"x-loadline-class": "restricted"}, PROVIDER.token("rs"))
        self.assertEqual(status, 403, body)
        self.assertEqual(http("GET", ARGS.url + "/admin/v1/keys", key=PROVIDER.token("rs"))[0], 403)
        self.assertEqual(http("GET", ARGS.url + "/admin/v1/keys", key=PROVIDER.token("rs", groups=["operators"]))[0], 200)
        # A budget of a rule is each subject's own.
        script(text="word " * 50)
        answers = [ask("chat", PROVIDER.token("rs", groups=["interns"], sub="ian"), max_tokens=60) for _ in range(12)]
        self.assertEqual(answers[0][0], 200)
        self.assertEqual(answers[-1][0], 429)
        self.assertEqual(json.loads(answers[-1][2])["error"]["code"], "budget_exhausted")
        self.assertEqual(ask("chat", PROVIDER.token("rs", groups=["interns"], sub="iris"), max_tokens=60)[0], 200)
        spent = admin("GET", "/budgets?name=" + urllib.parse.quote(ISSUER + "|ian"))[2]["data"][0]["day"]["spent_usd"]
        self.assertGreater(float(spent), 0)

    def test_4_rotation_is_seen_and_the_provider_is_not_overrun(self):
        old, new = PROVIDER.token("rs"), PROVIDER.token("next")
        PROVIDER.publish("rs", "next")
        self.assertTrue(until(lambda: ask("chat", new)[0] == 200))
        self.assertEqual(ask("chat", old)[0], 200)
        PROVIDER.publish("next")
        self.assertTrue(until(lambda: ask("chat", old)[0] == 401), "a key that was taken out ends with the next fetch")
        before, begun = int(pathlib.Path("jwks.count").read_text()), time.monotonic()
        for i in range(200):
            self.assertIn(ask("chat", PROVIDER.token("other", header={"kid": "made-up-%d" % i}))[0], (401, 503))
        fetched, seconds = int(pathlib.Path("jwks.count").read_text()) - before, time.monotonic() - begun
        self.assertLessEqual(fetched, seconds / 1 + seconds / 2 + 3, "one a second for unknown keys, one in two seconds besides")
        PROVIDER.publish("rs", "es", "ed", "next")

    def test_5_a_provider_that_is_away(self):
        token = PROVIDER.token("es", sub="stays")
        self.assertTrue(until(lambda: ask("chat", token)[0] == 200))
        os.remove("jwks.json")
        self.assertEqual(ask("chat", token)[0], 200, "the last keys serve for a while")
        self.assertTrue(until(lambda: ask("chat", token)[0] == 503), "and then no longer, remembered tokens neither")
        self.assertEqual(ask("chat", ARGS.key)[0], 200, "keys go on")
        PROVIDER.publish("rs", "es", "ed", "next")
        self.assertTrue(until(lambda: ask("chat", token)[0] == 200))
        pathlib.Path("jwks.json").write_text("not a key set")
        self.assertTrue(until(lambda: ask("chat", token)[0] == 503), "what is no key set is as good as none")
        PROVIDER.publish("rs", "es", "ed", "next")
        self.assertTrue(until(lambda: ask("chat", token)[0] == 200))


class Admin(unittest.TestCase):
    def test_keys_from_their_making_to_their_end(self):
        status, _, made = admin("POST", "/keys", {"name": "made", "models": ["chat"], "limits": {"requests_per_minute": 3}})
        self.assertEqual(status, 201, made)
        secret = made["secret"]
        self.assertEqual(ask("chat", secret)[0], 200)
        self.assertEqual(ask("slow", secret)[0], 200, "routes are all there are unless named")
        self.assertEqual(admin("PATCH", "/keys/made", {"routes": []})[0], 200)
        self.assertEqual(ask("slow", secret)[0], 403)
        self.assertEqual(ask("chat", secret)[0], 200)
        status, headers, body = ask("chat", secret)
        self.assertEqual(status, 429, body)
        self.assertGreaterEqual(int(headers["retry-after"]), 1)
        self.assertEqual(admin("PATCH", "/keys/made", {"limits": None})[0], 200)
        self.assertEqual(ask("chat", secret)[0], 200, "a limit that is taken away counts at once")
        status, _, rotated = admin("POST", "/keys/made/rotate", {"grace_seconds": 0})
        self.assertEqual(status, 200)
        self.assertEqual(ask("chat", secret)[0], 401)
        self.assertEqual(ask("chat", rotated["secret"])[0], 200)
        self.assertEqual(admin("DELETE", "/keys/made")[0], 200)
        self.assertEqual(ask("chat", rotated["secret"])[0], 401, "at once")
        self.assertNotIn("secret", admin("GET", "/keys/made")[2])

    def test_the_command_line_and_the_running_server_agree(self):
        secret = cli("keys", "create", "by-hand")[0]["secret"]
        self.assertTrue(until(lambda: ask("chat", secret)[0] == 200))
        self.assertIn("by-hand", [key["name"] for key in admin("GET", "/keys?limit=1000")[2]["data"]])
        self.assertEqual(admin("DELETE", "/keys/by-hand")[0], 200)
        self.assertEqual([key["state"] for key in cli("keys", "list") if key["name"] == "by-hand"], ["revoked"])
        by_api = admin("GET", "/usage?by=key&key=app")[2]["data"]
        by_hand = cli("usage", "--by", "key", "--key", "app")
        self.assertEqual([row["calls"] for row in by_api], [row["calls"] for row in by_hand])

    def test_only_admin_keys(self):
        for path in ("/keys", "/keys/app", "/usage", "/budgets", "/audit/verify"):
            self.assertEqual(admin("GET", path, key=ARGS.key)[0], 403)
            self.assertEqual(http("GET", ARGS.url + "/admin/v1" + path)[0], 401)
        self.assertEqual(ask("chat", ARGS.admin)[0], 401, "the admin key asks no model")
        second = admin("POST", "/keys", {"name": "second-admin", "admin": True})[2]["secret"]
        self.assertEqual(admin("GET", "/keys", key=second)[0], 200)
        self.assertEqual(ask("chat", second)[0], 403)

    def test_the_audit_log_is_checked_and_has_the_changes(self):
        status, _, report = admin("GET", "/audit/verify")
        self.assertEqual((status, report["intact"]), (200, True))
        admin("POST", "/keys", {"name": "audited"})
        status, _, after = admin("GET", "/audit/verify?anchor=" + urllib.parse.quote(report["anchor"]))
        self.assertEqual((status, after["intact"]), (200, True))
        self.assertEqual(after["records"], report["records"] + 2, "that it began, and that it was done")


class Shares(unittest.TestCase):
    def setUp(self):
        script(delay_ms=5)

    def tearDown(self):
        script()

    def test_two_keys_share_a_full_model_by_weight(self):
        keys = {weight: admin("POST", "/keys", {"name": "weight-%d" % weight, "weight": weight})[2]["secret"] for weight in (1, 3)}
        done, lock, enough = collections.Counter(), threading.Lock(), threading.Event()

        def work(weight):
            while not enough.is_set():
                status, _, body = ask("slow", keys[weight], max_tokens=10)
                assert status == 200, body
                with lock:
                    done[weight] += 1
                    if sum(done.values()) >= 240:
                        enough.set()

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for future in [pool.submit(work, weight) for weight in (1, 3) * 8]:
                future.result()
        share = done[3] / done[1]
        self.assertGreater(share, 2.2, done)
        self.assertLess(share, 4.0, done)
        text = http("GET", ARGS.url + "/metrics", key=ARGS.key)[2]
        self.assertIn('loadline_gateway_queue_seconds_count{route="slow",model="slow"}', text)
        self.assertTrue(until(lambda: 'loadline_gateway_places_taken{model="slow"} 0' in http("GET", ARGS.url + "/metrics", key=ARGS.key)[2]))

    def test_a_full_queue_says_when_to_come_again(self):
        script(delay_ms=300)
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda i: ask("narrow", ARGS.key, max_tokens=10), range(10)))
        refused = [answer for answer in answers if answer[0] != 200]
        self.assertGreater(len(refused), 4)
        for status, headers, body in refused:
            self.assertEqual((status, json.loads(body)["error"]["code"]), (429, "queue_full"), body)
        time.sleep(max(int(headers["retry-after"]) for _, headers, _ in refused))
        self.assertEqual(ask("narrow", ARGS.key, max_tokens=10)[0], 200)

    def test_who_waits_in_vain_or_leaves_takes_no_place(self):
        script(delay_ms=6000, times=1)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            first = pool.submit(ask, "narrow", ARGS.key, max_tokens=10)
            self.assertTrue(until(lambda: 'places_taken{model="narrow"} 1' in http("GET", ARGS.url + "/metrics", key=ARGS.key)[2]))
            left = subprocess.Popen(["curl", "-sS", "-o", "/dev/null", ARGS.url + "/v1/chat/completions", "-H", "authorization: Bearer " + ARGS.key,
                                     "-d", '{"model":"narrow","messages":[{"role":"user","content":"x"}]}'])
            self.assertTrue(until(lambda: 'places_wanted{model="narrow"} 1' in http("GET", ARGS.url + "/metrics", key=ARGS.key)[2]))
            left.kill()
            left.wait()
            self.assertTrue(until(lambda: 'places_wanted{model="narrow"} 0' in http("GET", ARGS.url + "/metrics", key=ARGS.key)[2]))
            status, headers, body = ask("narrow", ARGS.key, max_tokens=10)  # queue_seconds is 1
            self.assertEqual((status, json.loads(body)["error"]["code"]), (429, "queue_full"), body)
            self.assertEqual(first.result()[0], 200)


class Prices(unittest.TestCase):
    def test_list_prices_and_what_has_none(self):
        status, headers, body = ask("listed", ARGS.key, max_tokens=10)
        self.assertEqual(status, 200, body)
        self.assertGreater(float(headers["x-loadline-cost"]), 0, "a list price where the manifest has none")
        self.assertEqual(ask("unpriced", ARGS.key, max_tokens=10)[0], 200)
        poor = admin("POST", "/keys", {"name": "with-budget", "budget": {"day_usd": "1"}})[2]["secret"]
        self.assertEqual(ask("listed", poor, max_tokens=10)[0], 200)
        status, _, body = ask("unpriced", poor, max_tokens=10)
        self.assertEqual(status, 409, body)
        self.assertIn("price", body)
        shown = {row["model"]: row for row in cli("models", "prices")}
        self.assertEqual(shown["listed"]["source"], "list")
        self.assertEqual(shown["chat"]["source"], "manifest")
        self.assertEqual(shown["unpriced"]["source"], "unknown")


if __name__ == "__main__":
    if ARGS.count:
        print(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]).countTestCases())
    else:
        unittest.main(argv=[sys.argv[0], *REST], verbosity=1)
