#include "api/sampling_json.h"

#include <charconv>
#include <limits>

#include "api/chat_json.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr std::int64_t tokens_max = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t logit_bias_max = 1024;

void set(float& to, const std::optional<double>& from) {
  if (from) to = static_cast<float>(*from);
}

void read_stop(JsonFields& fields, ChatRequest& request) {
  const json::value* value = fields.any("stop");
  if (value == nullptr) return;
  if (value->is_string()) {
    request.stop.push_back(to_text(value->get_string()));
  } else if (value->is_array()) {
    for (const json::value& item : value->get_array()) {
      if (!item.is_string()) return fields.fail("stop", "must be a string or an array of strings");
      request.stop.push_back(to_text(item.get_string()));
    }
  } else {
    return fields.fail("stop", "must be a string or an array of strings");
  }
  if (request.stop.size() > stops_max)
    return fields.fail("stop", "has more than " + std::to_string(stops_max) + " entries");
  for (const std::string& stop : request.stop)
    if (stop.empty()) return fields.fail("stop", "has an empty entry");
}

void read_logit_bias(JsonFields& fields, ChatRequest& request) {
  const json::object* object = fields.object("logit_bias");
  if (object == nullptr) return;
  if (object->size() > logit_bias_max)
    return fields.fail("logit_bias", "has more than " + std::to_string(logit_bias_max) + " entries");
  for (const auto& [key, value] : *object) {
    std::int32_t token = -1;
    const auto parsed = std::from_chars(key.data(), key.data() + key.size(), token);
    const bool whole = parsed.ec == std::errc() && parsed.ptr == key.data() + key.size() && token >= 0;
    if (!whole || !value.is_number())
      return fields.fail("logit_bias", "must map token ids to numbers between -100 and 100");
    const double bias = value.to_number<double>();
    if (!(bias >= -100 && bias <= 100))
      return fields.fail("logit_bias", "must map token ids to numbers between -100 and 100");
    request.sampling.logit_bias.emplace_back(token, static_cast<float>(bias));
  }
}

void read_max_tokens(JsonFields& fields, ChatRequest& request) {
  auto limit = fields.integer("max_completion_tokens", 1, tokens_max);
  const auto older = fields.integer("max_tokens", 1, tokens_max);
  if (!limit) limit = older;
  if (limit) request.max_tokens = static_cast<std::uint32_t>(*limit);
}

}  // namespace

void read_sampling(JsonFields& fields, ChatRequest& request) {
  Sampling& sampling = request.sampling;
  set(sampling.temperature, fields.number("temperature", 0, 2));
  set(sampling.top_p, fields.number("top_p", 0, 1));
  set(sampling.min_p, fields.number("min_p", 0, 1));
  set(sampling.presence_penalty, fields.number("presence_penalty", -2, 2));
  set(sampling.frequency_penalty, fields.number("frequency_penalty", -2, 2));
  set(sampling.repeat_penalty, fields.number("repeat_penalty", 0.01, 10));
  if (const auto top_k = fields.integer("top_k", 0, 1'000'000)) sampling.top_k = static_cast<int>(*top_k);
  // Any 64-bit seed is taken; the model's has 32 bits.
  if (const auto seed = fields.integer("seed", std::numeric_limits<std::int64_t>::min(),
                                       std::numeric_limits<std::int64_t>::max())) {
    const auto bits = static_cast<std::uint64_t>(*seed);
    sampling.seed = static_cast<std::uint32_t>(bits ^ (bits >> 32));
  }
  read_logit_bias(fields, request);
  read_max_tokens(fields, request);
  read_stop(fields, request);
  if (const auto n = fields.integer("n", 1, 128); n && *n != 1)
    fields.fail("n", "must be 1: one answer is made for a request; send it again for another");
}

void read_streaming(JsonFields& fields, ApiError& error, bool& stream, bool& include_usage) {
  stream = fields.boolean("stream").value_or(false);
  const json::object* options = fields.object("stream_options");
  if (options == nullptr) return;
  if (!stream) return fields.fail("stream_options", "is only allowed when 'stream' is true");
  JsonFields inner(*options, "stream_options", error);
  include_usage = inner.boolean("include_usage").value_or(false);
}

}  // namespace loadline
