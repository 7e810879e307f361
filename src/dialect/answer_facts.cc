// Facts of whole answers.
#include <algorithm>
#include <array>

#include "dialect/answer_reader.h"
#include "dialect/dialect.h"

namespace loadline {
namespace {

constexpr std::size_t number_digits_min = 6;  // as in requests

struct FinishWord {
  std::string_view word;
  FinishKind kind;
};

constexpr std::array<FinishWord, 22> finish_words = {{
    {"stop", FinishKind::stop},
    {"length", FinishKind::length},
    {"tool_calls", FinishKind::tool_calls},
    {"function_call", FinishKind::tool_calls},
    {"content_filter", FinishKind::content_filter},
    // Anthropic
    {"end_turn", FinishKind::stop},
    {"stop_sequence", FinishKind::stop},
    {"max_tokens", FinishKind::length},
    {"model_context_window_exceeded", FinishKind::length},
    {"tool_use", FinishKind::tool_calls},
    {"refusal", FinishKind::content_filter},
    // Responses: incomplete_details.reason
    {"max_output_tokens", FinishKind::length},
    // Gemini
    {"STOP", FinishKind::stop},
    {"MAX_TOKENS", FinishKind::length},
    {"SAFETY", FinishKind::content_filter},
    {"RECITATION", FinishKind::content_filter},
    {"BLOCKLIST", FinishKind::content_filter},
    {"PROHIBITED_CONTENT", FinishKind::content_filter},
    {"SPII", FinishKind::content_filter},
    {"IMAGE_SAFETY", FinishKind::content_filter},
    {"IMAGE_PROHIBITED_CONTENT", FinishKind::content_filter},
    {"eos", FinishKind::stop},  // some servers behind the OpenAI form
}};

std::optional<std::uint64_t> sum(std::initializer_list<std::optional<std::uint64_t>> parts) {
  std::optional<std::uint64_t> total;
  for (const auto& part : parts)
    if (part) total = total.value_or(0) + std::min(*part, std::uint64_t{1} << 50U);
  return total;
}

void openai_choice(AnswerFacts& facts, JsonView choice, std::uint32_t position) {
  const auto number = static_cast<std::uint32_t>(choice["index"].unsigned_integer().value_or(position));
  auto& texts = facts.texts;
  add_text(texts, choice["text"], {number, ChannelKind::text, 0}, true);
  const JsonView message = choice["message"];
  add_text(texts, message["content"], {number, ChannelKind::text, 0}, true);
  add_text(texts, message["refusal"], {number, ChannelKind::refusal, 0}, true);
  for (const char* name : {"reasoning_content", "reasoning"})
    add_text(texts, message[name], {number, ChannelKind::reasoning, 0}, true);
  for (JsonView block = message["thinking_blocks"].first(); block; block = block.next())
    add_text(texts, block["thinking"], {number, ChannelKind::reasoning, 0}, true);
  for (JsonView detail = message["reasoning_details"].first(); detail; detail = detail.next())
    for (const char* name : {"text", "summary"})
      add_text(texts, detail[name], {number, ChannelKind::reasoning, 0}, true);
  std::uint32_t call_number = 0;
  for (JsonView call = message["tool_calls"].first(); call; call = call.next(), ++call_number)
    add_text(texts, call["function"]["arguments"], {number, ChannelKind::tool_arguments, call_number}, true);
  add_text(texts, message["function_call"]["arguments"], {number, ChannelKind::tool_arguments, 0}, true);
  if (position == 0) facts.finish = finish_of(Dialect::openai_chat, choice["finish_reason"]);
}

void gemini_candidate(AnswerFacts& facts, JsonView candidate, std::uint32_t position) {
  const auto number = static_cast<std::uint32_t>(candidate["index"].unsigned_integer().value_or(position));
  std::uint32_t part_number = 0;
  for (JsonView part = candidate["content"]["parts"].first(); part; part = part.next(), ++part_number) {
    const bool is_thought = part["thought"].boolean() == true;
    add_text(facts.texts, part["text"], {number, is_thought ? ChannelKind::reasoning : ChannelKind::text, 0},
             true);
    add_all(facts.texts, part["functionCall"]["args"], {number, ChannelKind::tool_arguments, part_number});
  }
  if (position == 0) facts.finish = finish_of(Dialect::gemini, candidate["finishReason"]);
}

void read_texts(AnswerFacts& facts, Dialect dialect, JsonView root) {
  std::uint32_t position = 0;
  switch (dialect) {
    case Dialect::openai_chat:
    case Dialect::openai_completions:
      for (JsonView choice = root["choices"].first(); choice; choice = choice.next())
        openai_choice(facts, choice, position++);
      return;
    case Dialect::openai_responses:
      add_responses_output(facts.texts, root["output"]);
      facts.finish = responses_finish(root);
      return;
    case Dialect::anthropic_messages:
      for (JsonView block = root["content"].first(); block; block = block.next())
        add_anthropic_block(facts.texts, block, position++);
      facts.finish = finish_of(dialect, root["stop_reason"]);
      return;
    case Dialect::gemini:
      for (JsonView each = root["candidates"].first(); each; each = each.next())
        gemini_candidate(facts, each, position++);
      return;
    case Dialect::openai_embeddings:
      return;  // vectors only
  }
}

}  // namespace

UsageFacts usage_of(Dialect dialect, JsonView usage) {
  const auto number = [&](std::string_view name) { return usage[name].unsigned_integer(); };
  UsageFacts facts;
  switch (dialect) {
    case Dialect::anthropic_messages:
      facts.cached_tokens = number("cache_read_input_tokens");
      facts.cache_write_tokens = number("cache_creation_input_tokens");
      facts.output_tokens = number("output_tokens");
      if (number("input_tokens"))
        facts.input_tokens = sum({number("input_tokens"), facts.cached_tokens, facts.cache_write_tokens});
      return facts;
    case Dialect::gemini:
      facts.input_tokens = sum({number("promptTokenCount"), number("toolUsePromptTokenCount")});
      facts.output_tokens = sum({number("candidatesTokenCount"), number("thoughtsTokenCount")});
      facts.cached_tokens = number("cachedContentTokenCount");
      facts.reasoning_tokens = number("thoughtsTokenCount");
      return facts;
    case Dialect::openai_responses:
      facts.input_tokens = number("input_tokens");
      facts.output_tokens = number("output_tokens");
      facts.cached_tokens = usage["input_tokens_details"]["cached_tokens"].unsigned_integer();
      facts.reasoning_tokens = usage["output_tokens_details"]["reasoning_tokens"].unsigned_integer();
      return facts;
    case Dialect::openai_chat:
    case Dialect::openai_completions:
    case Dialect::openai_embeddings:
      facts.input_tokens = number("prompt_tokens");
      facts.output_tokens = number("completion_tokens");
      facts.cached_tokens = usage["prompt_tokens_details"]["cached_tokens"].unsigned_integer();
      facts.reasoning_tokens = usage["completion_tokens_details"]["reasoning_tokens"].unsigned_integer();
      return facts;
  }
  return facts;
}

std::optional<FinishKind> finish_of(Dialect, JsonView reason) {
  std::string scratch;
  const std::string_view word = reason.text(scratch);
  if (word.empty()) return std::nullopt;
  for (const FinishWord& known : finish_words)
    if (known.word == word) return known.kind;
  return FinishKind::other;
}

std::optional<FinishKind> responses_finish(JsonView response) {
  const JsonView status = response["status"];
  if (status.text_is("incomplete"))
    return finish_of(Dialect::openai_responses, response["incomplete_details"]["reason"]);
  if (!status.text_is("completed")) return std::nullopt;
  for (JsonView item = response["output"].first(); item; item = item.next())
    if (item["type"].text_is("function_call")) return FinishKind::tool_calls;
  return FinishKind::stop;
}

void add_text(std::vector<AnswerText>& texts, JsonView value, const Channel& channel, bool is_whole) {
  if (value.is_string() && value.range().size() > 2)
    texts.push_back({value.range(), channel, JsonKind::string, false, is_whole});
}

void add_all(std::vector<AnswerText>& texts, JsonView value, const Channel& channel) {
  if (!value) return;
  const bool is_number = value.kind() == JsonKind::number && value.raw().size() >= number_digits_min;
  if (value.is_string() || is_number) texts.push_back({value.range(), channel, value.kind(), false, true});
  for (JsonView child = value.first(); child; child = child.next()) {
    if (const JsonView key = child.key())
      texts.push_back({key.range(), channel, JsonKind::string, true, true});
    add_all(texts, child, channel);
  }
}

void add_responses_item(std::vector<AnswerText>& texts, JsonView item, std::uint32_t output_index) {
  std::uint32_t number = 0;
  for (JsonView part = item["content"].first(); part; part = part.next(), ++number) {
    const bool is_reasoning = part["type"].text_is("reasoning_text");
    const std::uint32_t place = responses_part(output_index, number);
    add_text(texts, part["text"], {0, is_reasoning ? ChannelKind::reasoning : ChannelKind::text, place},
             true);
    add_text(texts, part["refusal"], {0, ChannelKind::refusal, place}, true);
  }
  number = 0;
  for (JsonView part = item["summary"].first(); part; part = part.next(), ++number)
    add_text(texts, part["text"],
             {0, ChannelKind::reasoning, responses_part(output_index, number) | responses_summary}, true);
  for (const char* name : {"arguments", "input"})
    add_text(texts, item[name], {0, ChannelKind::tool_arguments, responses_part(output_index, 0)}, true);
}

void add_responses_output(std::vector<AnswerText>& texts, JsonView output) {
  std::uint32_t number = 0;
  for (JsonView item = output.first(); item; item = item.next()) add_responses_item(texts, item, number++);
}

void add_anthropic_block(std::vector<AnswerText>& texts, JsonView block, std::uint32_t index) {
  add_text(texts, block["text"], {0, ChannelKind::text, index}, true);
  add_text(texts, block["thinking"], {0, ChannelKind::reasoning, index}, true);
  add_all(texts, block["input"], {0, ChannelKind::tool_arguments, index});
}

Result<AnswerFacts> read_answer(Dialect dialect, std::string_view body) {
  JsonIndex index;
  LOADLINE_TRY(index.scan(body));
  const JsonView root = index.root();
  if (!root.is_object()) return Error(Code::invalid_argument, "the answer is no JSON object");
  if (index.repeated_key()) return Error(Code::invalid_argument, "the answer has the same key twice");
  const bool is_gemini = dialect == Dialect::gemini;
  AnswerFacts facts;
  facts.model = root[is_gemini ? "modelVersion" : "model"].text();
  facts.id = root[is_gemini ? "responseId" : "id"].text();
  facts.usage = usage_of(dialect, root[is_gemini ? "usageMetadata" : "usage"]);
  read_texts(facts, dialect, root);
  std::sort(facts.texts.begin(), facts.texts.end(),
            [](const AnswerText& a, const AnswerText& b) { return a.raw.begin < b.raw.begin; });
  return facts;
}

std::optional<UsageFacts> read_usage(Dialect dialect, std::string_view body) {
  JsonIndex index;
  if (!index.scan(body)) return std::nullopt;
  return usage_of(dialect, index.root()[dialect == Dialect::gemini ? "usageMetadata" : "usage"]);
}

}  // namespace loadline
