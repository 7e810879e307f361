"""What a client and an upstream see of names. Usage: see names_test."""
import argparse
import json
import sys
import unittest

import openai
import urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("--url")
parser.add_argument("--upstream")
ARGS, REST = parser.parse_known_args()
NAME = "Mara Lindqvist"
TEXT = f"My name is {NAME}, I was born in Hamburg and I work for Brackwater Freight Ltd. Please write to Mr. {NAME.split()[1]}."


def control(method, path, body=None):
    request = urllib.request.Request(ARGS.upstream + path, method=method, data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode()


class Base(unittest.TestCase):
    def setUp(self):
        control("DELETE", "/control")
        self.client = openai.OpenAI(base_url=ARGS.url + "/v1", api_key="none", max_retries=0, timeout=60)

    def ask(self, *texts, **more):
        messages = [{"role": "user", "content": text} for text in texts]
        return self.client.chat.completions.create(model="named", messages=messages, **more)

    def sent(self):
        return control("GET", "/control/requests")


class Names(Base):
    def test_they_leave_as_pseudonyms_and_come_back(self):
        answer = self.ask(TEXT).choices[0].message.content
        self.assertIn(NAME, answer)
        sent = self.sent()
        self.assertNotIn("Mara", sent)
        self.assertNotIn("Brackwater", sent)
        self.assertIn("[PERSON_", sent)

    def test_streams_too_in_any_pieces(self):
        for size in (0, 1, 5):
            control("PUT", "/control", {"rules": [{"deltas": 12, **({"split_bytes": size} if size else {})}]})
            stream = self.ask(TEXT, stream=True)
            text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
            self.assertIn(NAME, text)
            self.assertNotIn("[PERSON", text)

    def test_a_name_is_one_token_in_every_turn(self):
        first = "My name is %s." % NAME
        self.ask(first)
        self.ask(first, "Hello, this is %s again." % NAME)
        sent = self.sent()
        self.assertNotIn("Lindqvist", sent)
        tokens = {part.split("]")[0] for part in sent.split("[PERSON_")[1:]}
        self.assertEqual(len(tokens), 1, sent)

    def test_arguments_of_tools_too(self):
        call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": json.dumps({"customer_name": NAME})}}
        self.client.chat.completions.create(model="named", messages=[
            {"role": "user", "content": "go on"}, {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "no such customer"}])
        self.assertNotIn("Lindqvist", self.sent())

    def test_dates_stay_where_nobody_asked(self):
        self.ask("The offer ends on 12 March 2027.")
        self.assertIn("12 March 2027", self.sent())


class Masked(Base):
    def test_types_by_request_and_no_others(self):
        self.ask(TEXT + " The offer ends on 12 March 2027.")
        sent = self.sent()
        self.assertIn("[PERSON]", sent)
        self.assertNotIn("12 March", sent)
        self.assertIn("Hamburg", sent)


class WithoutNames(Base):
    def test_names_pass(self):
        self.ask(TEXT)
        self.assertIn(NAME, self.sent())


LONG = " ".join(f"Customer number {i} of the branch in Hamburg is {NAME} of Brackwater Freight Ltd, says the clerk." for i in range(400))


class Late(Base):
    def test_nothing_passes(self):
        with self.assertRaises(openai.APIStatusError) as caught:
            self.ask(LONG)
        self.assertEqual(caught.exception.status_code, 503)
        self.assertNotIn("Lindqvist", str(caught.exception))
        self.assertEqual(json.loads(control("GET", "/control/counts"))["requests"], 0)


class LateUnchecked(Base):
    def test_it_goes_on_and_says_so(self):
        raw = self.client.chat.completions.with_raw_response.create(model="named", messages=[{"role": "user", "content": LONG}])
        self.assertIn("names", raw.headers["x-loadline-unchecked"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *[argument for argument in REST]], verbosity=1)
