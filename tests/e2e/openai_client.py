"""What the official OpenAI client does with the server. Usage: openai_client.py BASE_URL KEY"""
import json
import sys
import unittest

import openai

BASE_URL, KEY = sys.argv.pop(1), sys.argv.pop(1)
MODEL, ROUTE, EMBEDDER = "tiny", "answers", "all-minilm-l6-v2"
HELLO = [{"role": "user", "content": "Say hello."}]
COST = [{"role": "user", "content": "How much does a replacement card cost?"}]


class Client(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = openai.OpenAI(base_url=BASE_URL, api_key=KEY, max_retries=0, timeout=240)

    def chat(self, **options):
        options = {"model": MODEL, "messages": HELLO, "max_tokens": 6, "temperature": 0, **options}
        return self.client.chat.completions.create(**options)

    def test_models(self):
        self.assertEqual({model.id for model in self.client.models.list()}, {ROUTE, MODEL, EMBEDDER})
        self.assertEqual(self.client.models.retrieve(MODEL).id, MODEL)

    def test_streaming_gives_what_the_whole_answer_is(self):
        whole = self.chat()
        self.assertEqual(whole.choices[0].finish_reason, "length")
        self.assertEqual(whole.usage.completion_tokens, 6)
        text, usage, reasons = "", None, []
        for chunk in self.chat(stream=True, stream_options={"include_usage": True}):
            if chunk.usage:
                usage = chunk.usage
            for choice in chunk.choices:
                text += choice.delta.content or ""
                if choice.finish_reason:
                    reasons.append(choice.finish_reason)
        self.assertEqual(text, whole.choices[0].message.content)
        self.assertEqual(reasons, ["length"])
        self.assertEqual(usage.completion_tokens, 6)
        self.assertEqual(usage.prompt_tokens, whole.usage.prompt_tokens)

    def test_answers_from_documents_carry_citations(self):
        message = self.chat(model=ROUTE, messages=COST, max_tokens=60).choices[0].message
        self.assertIn("12 euros", message.content)
        citation = message.model_extra["citations"][0]
        self.assertEqual((citation["document"], citation["page"], citation["supported"]), ("fees.md", 1, True))
        self.assertIn("12 euros", citation["quote"])
        streamed, text = [], ""
        for chunk in self.chat(model=ROUTE, messages=COST, max_tokens=60, stream=True):
            for choice in chunk.choices:
                text += choice.delta.content or ""
                streamed += (choice.delta.model_extra or {}).get("citations", [])
        self.assertEqual(text, message.content)
        self.assertEqual(streamed, message.model_extra["citations"])

    def test_embeddings(self):
        def embed(text, **options):
            return self.client.embeddings.create(model=EMBEDDER, input=text, **options).data
        packed = embed(["card fee", "opening hours"])  # the client asks for base64 by itself
        floats = embed("card fee", encoding_format="float")
        self.assertEqual(len(packed), 2)
        self.assertEqual(len(packed[0].embedding), 384)
        for a, b in zip(packed[0].embedding, floats[0].embedding):
            self.assertAlmostEqual(a, b, places=4)

    def test_errors(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            self.chat(model="tinny")
        self.assertEqual((caught.exception.code, caught.exception.param), ("model_not_found", "model"))
        self.assertIn("tiny", str(caught.exception))
        with self.assertRaises(openai.BadRequestError) as caught:
            self.chat(temperature=9)
        self.assertEqual((caught.exception.type, caught.exception.param), ("invalid_request_error", "temperature"))
        with self.assertRaises(openai.BadRequestError):
            self.chat(messages=[{"role": "user", "content": "word " * 20000}])
        with self.assertRaises(openai.AuthenticationError) as caught:
            self.client.with_options(api_key="sk-wrong").models.list()
        self.assertEqual(caught.exception.code, "invalid_api_key")
        with self.assertRaises(openai.BadRequestError):
            self.chat(model=ROUTE, tools=[self.TOOL])

    TOOL = {"type": "function", "function": {
        "name": "weather", "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string", "maxLength": 8}}, "required": ["city"],
                       "additionalProperties": False}}}

    def test_tools(self):
        question = [{"role": "user", "content": "What is the weather in Oslo?"}]
        choice = self.chat(messages=question, tools=[self.TOOL], tool_choice="required", max_tokens=60).choices[0]
        self.assertEqual(choice.finish_reason, "tool_calls")
        call = choice.message.tool_calls[0]
        self.assertEqual(call.function.name, "weather")
        self.assertIsInstance(json.loads(call.function.arguments)["city"], str)
        follow = question + [choice.message, {"role": "tool", "tool_call_id": call.id, "content": "Sunny"}]
        self.assertTrue(self.chat(messages=follow, tools=[self.TOOL], tool_choice="none").choices[0].message.content)

    def test_json_schema(self):
        schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"],
                  "additionalProperties": False}
        answer = self.chat(messages=[{"role": "user", "content": "A colour?"}], max_tokens=40, response_format={
            "type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}})
        self.assertIn(json.loads(answer.choices[0].message.content)["colour"], ["red", "blue"])

    def test_logprobs(self):
        content = self.chat(max_tokens=3, logprobs=True, top_logprobs=2).choices[0].logprobs.content
        self.assertEqual(len(content), 3)
        for token in content:
            self.assertLessEqual(token.logprob, 0)
            self.assertEqual(len(token.top_logprobs), 2)
            self.assertEqual(token.token, token.top_logprobs[0].token, "greedy takes the likeliest")

    def test_seed_and_stop(self):
        options = {"temperature": 1, "seed": 42, "max_tokens": 6}
        self.assertEqual(self.chat(**options).choices[0].message.content, self.chat(**options).choices[0].message.content)
        text = self.chat().choices[0].message.content
        stop = text[2:4]
        stopped = self.chat(stop=[stop]).choices[0]
        self.assertEqual(stopped.finish_reason, "stop")
        self.assertEqual(stopped.message.content, text[:text.index(stop)])

    def test_text_completion(self):
        answer = self.client.completions.create(model=MODEL, prompt="One, two, three,", max_tokens=3, temperature=0)
        self.assertTrue(answer.choices[0].text)
        self.assertEqual(answer.usage.completion_tokens, 3)

    def test_a_client_that_closes_its_stream_frees_the_model(self):
        stream = self.chat(messages=[{"role": "user", "content": "Count from 1 to 1000."}], max_tokens=1500, stream=True)
        next(iter(stream))
        stream.close()
        # Both places of the model are free again, or these two would wait behind 1500 tokens and run out of time.
        for _ in range(2):
            self.chat(max_tokens=1)
        metrics = self.client.with_options(base_url=BASE_URL.removesuffix("/v1")).get("/metrics", cast_to=str)
        self.assertIn("loadline_clients_gone_total 1\n", metrics)


if __name__ == "__main__":
    unittest.main(verbosity=2)
