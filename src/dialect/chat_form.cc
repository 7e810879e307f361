#include "dialect/chat_form.h"

#include <algorithm>
#include <array>

namespace loadline {
namespace {

constexpr std::array<std::string_view, 4> signers = {"", "anthropic", "redacted", "gemini"};
constexpr std::string_view tag = "loadline:";

}  // namespace

void Losses::add(std::string name) {
  if (is_full() || std::find(names_.begin(), names_.end(), name) != names_.end()) return;
  names_.push_back(names_.size() < losses_max ? std::move(name) : "...");
}

void Losses::add(JsonView at, std::string_view field) {
  if (!is_full()) add(at.path().append(field));
}

std::string written_signature(const Signature& signature, Signer native) {
  if (signature.signer == native) return signature.bytes;
  return std::string(tag)
      .append(signers.at(static_cast<std::size_t>(signature.signer)))
      .append(":")
      .append(signature.bytes);
}

Signature read_signature(std::string_view text, Signer native) {
  if (text.empty()) return {};
  if (!text.starts_with(tag)) return {native, std::string(text)};
  text.remove_prefix(tag.size());
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  for (std::size_t i = 1; i < signers.size(); ++i)
    if (signers[i] == text.substr(0, colon))
      return {static_cast<Signer>(i), std::string(text.substr(colon + 1))};
  return {};
}

Status scan_answer(JsonIndex& index, std::string_view text) {
  LOADLINE_TRY(index.scan(text));
  if (index.repeated_key()) return Error(Code::invalid_argument, "the answer has the same key twice");
  return {};
}

Error refused(std::string_view path, std::string_view why) {
  return {Code::invalid_argument, std::string(path).append(": ").append(why)};
}

void lose_others(JsonView object, std::initializer_list<std::string_view> known, Losses& losses) {
  std::string scratch;
  for (JsonView value = object.first(); value; value = value.next()) {
    const std::string_view name = value.key().text(scratch);
    if (!value.is_null() && std::find(known.begin(), known.end(), name) == known.end()) losses.add(value);
  }
}

std::string arguments_object(const ChatBlock& call, Losses& losses) {
  if (call.text.empty()) return "{}";
  JsonIndex index;
  if (index.scan(call.text) && index.root().is_object() && !index.repeated_key())
    return std::string(index.root().raw());
  losses.add(call.at);
  return JsonWriter().open('{').text("arguments", call.text).close('}').take();
}

std::string joined_text(const std::vector<ChatBlock>& blocks, ChatBlockKind kind) {
  std::string text;
  for (const ChatBlock& block : blocks)
    if (block.kind == kind) text += block.text;
  return text;
}

std::string id_with(std::string_view prefix, std::string_view id) {
  return id.starts_with(prefix) ? std::string(id) : std::string(prefix).append(id);
}

std::uint64_t thinking_tokens_of(std::string_view effort) {
  if (effort == "none") return 0;
  if (effort == "minimal" || effort == "low") return 1024;
  if (effort == "medium") return 4096;
  return 16384;
}

std::string_view effort_of(std::uint64_t thinking_tokens) {
  if (thinking_tokens == 0) return "none";
  if (thinking_tokens <= 2048) return "low";
  return thinking_tokens <= 8192 ? "medium" : "high";
}

bool take_data_url(std::string_view url, ChatBlock& image) {
  constexpr std::string_view scheme = "data:";
  constexpr std::string_view marker = ";base64,";
  const std::size_t at = url.find(marker);
  if (!url.starts_with(scheme) || at == std::string_view::npos) return false;
  image.media_type = url.substr(scheme.size(), at - scheme.size());
  image.data = url.substr(at + marker.size());
  return true;
}

std::string data_url(const ChatBlock& image) {
  if (image.data.empty()) return image.url;
  return "data:" + image.media_type + ";base64," + image.data;
}

std::string_view openai_finish(FinishKind finish) {
  switch (finish) {
    case FinishKind::length:
      return "length";
    case FinishKind::tool_calls:
      return "tool_calls";
    case FinishKind::content_filter:
      return "content_filter";
    case FinishKind::stop:
    case FinishKind::other:
      return "stop";
  }
  return "stop";
}

std::string_view anthropic_finish(FinishKind finish) {
  switch (finish) {
    case FinishKind::length:
      return "max_tokens";
    case FinishKind::tool_calls:
      return "tool_use";
    case FinishKind::content_filter:
      return "refusal";
    case FinishKind::stop:
    case FinishKind::other:
      return "end_turn";
  }
  return "end_turn";
}

std::string openai_usage(const UsageFacts& usage) {
  if (usage.is_empty()) return {};  // nothing is not zero
  const std::uint64_t input = usage.input_tokens.value_or(0);
  const std::uint64_t output = usage.output_tokens.value_or(0);
  JsonWriter json;
  json.open('{')
      .number("prompt_tokens", input)
      .number("completion_tokens", output)
      .number("total_tokens", input + output);
  if (usage.cached_tokens)
    json.key("prompt_tokens_details").open('{').number("cached_tokens", *usage.cached_tokens).close('}');
  if (usage.reasoning_tokens)
    json.key("completion_tokens_details")
        .open('{')
        .number("reasoning_tokens", *usage.reasoning_tokens)
        .close('}');
  return json.close('}').take();
}

std::string responses_usage(const UsageFacts& usage) {
  if (usage.is_empty()) return "null";
  const std::uint64_t input = usage.input_tokens.value_or(0);
  const std::uint64_t output = usage.output_tokens.value_or(0);
  JsonWriter json;
  json.open('{').number("input_tokens", input);
  json.key("input_tokens_details")
      .open('{')
      .number("cached_tokens", usage.cached_tokens.value_or(0))
      .close('}');
  json.number("output_tokens", output);
  json.key("output_tokens_details")
      .open('{')
      .number("reasoning_tokens", usage.reasoning_tokens.value_or(0))
      .close('}');
  return json.number("total_tokens", input + output).close('}').take();
}

// Anthropic counts what came from and went to the cache apart from input_tokens.
std::string anthropic_usage(const UsageFacts& usage) {
  const std::uint64_t cached = usage.cached_tokens.value_or(0);
  const std::uint64_t written = usage.cache_write_tokens.value_or(0);
  const std::uint64_t input = usage.input_tokens.value_or(0);
  JsonWriter json;
  json.open('{').number("input_tokens", input - std::min(input, cached + written));
  if (usage.cached_tokens) json.number("cache_read_input_tokens", cached);
  if (usage.cache_write_tokens) json.number("cache_creation_input_tokens", written);
  return json.number("output_tokens", usage.output_tokens.value_or(0)).close('}').take();
}

}  // namespace loadline
