#include "api/embedding_routes.h"

#include <sodium.h>

#include <bit>
#include <charconv>
#include <cmath>

#include "api/json_fields.h"
#include "api/json_values.h"
#include "base/log.h"

namespace loadline {

namespace json = boost::json;

namespace {

static_assert(std::endian::native == std::endian::little, "base64 embeddings are little-endian floats");

constexpr std::size_t special_tokens = 2;  // that every text is wrapped in

void append_float(std::string& out, float value) {
  char digits[32];
  const float shown = std::isfinite(value) ? value : 0.0F;
  const auto end = std::to_chars(digits, digits + sizeof digits, shown).ptr;
  out.append(digits, end);
}

void append_base64(std::string& out, std::span<const float> row) {
  const std::size_t bytes = row.size_bytes();
  const std::size_t room = sodium_base64_encoded_len(bytes, sodium_base64_VARIANT_ORIGINAL);
  const std::size_t at = out.size();
  out.resize(at + room);
  sodium_bin2base64(out.data() + at, room, reinterpret_cast<const unsigned char*>(row.data()), bytes,
                    sodium_base64_VARIANT_ORIGINAL);
  out.resize(at + room - 1);  // without the terminating zero
}

void read_inputs(JsonFields& fields, std::size_t inputs_max, std::vector<std::string>& inputs) {
  const json::value* input = fields.any("input");
  if (input == nullptr) return fields.fail("input", "is missing");
  if (input->is_string()) {
    inputs.push_back(to_text(input->get_string()));
  } else if (input->is_array()) {
    if (input->get_array().empty()) return fields.fail("input", "is empty");
    if (input->get_array().size() > inputs_max)
      return fields.fail("input", "has more than " + std::to_string(inputs_max) + " entries");
    for (const json::value& item : input->get_array()) {
      if (!item.is_string())
        return fields.fail(
            "input",
            "must be a string or an array of strings; token ids are not understood, because they "
            "depend on the tokenizer: send the texts");
      inputs.push_back(to_text(item.get_string()));
    }
  } else {
    return fields.fail("input", "must be a string or an array of strings");
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].empty())
      return fields.fail(inputs.size() == 1 ? "input" : "input[" + std::to_string(i) + "]",
                         "is an empty string");
}

}  // namespace

std::optional<EmbeddingCall> parse_embedding_call(std::string_view body, std::size_t inputs_max,
                                                  ApiError& error) {
  error.status = 0;
  const auto object = parse_json_object(body, error);
  if (!object) return std::nullopt;
  JsonFields fields(*object, "", error);
  EmbeddingCall call;
  call.model = fields.required_text("model");
  read_inputs(fields, inputs_max, call.inputs);
  const std::string format = fields.text("encoding_format").value_or("float");
  if (format != "float" && format != "base64")
    fields.fail("encoding_format", "must be \"float\" or \"base64\"");
  call.base64 = format == "base64";
  call.dimensions = fields.integer("dimensions", 1, 1'000'000);
  call.truncate = fields.boolean("truncate").value_or(false);
  if (fields.failed()) return std::nullopt;
  return call;
}

std::string embeddings_json(const EmbeddingCall& call, const Matrix& vectors, std::uint64_t tokens) {
  std::string out = R"({"object":"list","data":[)";
  out.reserve(vectors.rows * (vectors.columns * 12 + 64));
  for (std::size_t i = 0; i < vectors.rows; ++i) {
    if (i > 0) out += ',';
    out += R"({"object":"embedding","index":)" + std::to_string(i) + R"(,"embedding":)";
    if (call.base64) {
      out += '"';
      append_base64(out, vectors.row(i));
      out += '"';
    } else {
      char before = '[';
      for (const float value : vectors.row(i)) {
        out += before;
        append_float(out, value);
        before = ',';
      }
      out += ']';
    }
    out += '}';
  }
  const std::string count = std::to_string(tokens);
  return out + R"(],"model":)" + json_quoted(call.model) + R"(,"usage":{"prompt_tokens":)" + count +
         R"(,"total_tokens":)" + count + "}}";
}

bool EmbeddingRoutes::fits(const EmbeddingCall& call, std::uint64_t& tokens, ApiError& error) const {
  const EmbedderInfo& info = embedder_.info();
  if (call.model != info.name) {
    error = api_error(
        404, "there is no embedding model '" + call.model + "'; this server has '" + info.name + "'");
    error.param = "model";
    error.code = "model_not_found";
    return false;
  }
  if (call.dimensions && *call.dimensions != static_cast<std::int64_t>(info.dimensions)) {
    error = field_error("dimensions", "'dimensions' must be " + std::to_string(info.dimensions) +
                                          " or absent: vectors of this model cannot be shortened");
    return false;
  }
  const std::size_t longest = info.max_tokens - std::min(info.max_tokens, special_tokens);
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const std::size_t count = embedder_.count_tokens(call.inputs[i]);
    if (count > longest && !call.truncate) {
      const std::string place = call.inputs.size() == 1 ? "input" : "input[" + std::to_string(i) + "]";
      error = field_error(place, "'" + place + "' has " + std::to_string(count) +
                                     " tokens, the model reads " + std::to_string(longest) +
                                     "; split the text, or send \"truncate\": true to have the rest ignored");
      error.code = "context_length_exceeded";
      return false;
    }
    tokens += std::min(count, longest);
  }
  return true;
}

void EmbeddingRoutes::embeddings(HttpExchange& exchange) const {
  ApiError error;
  std::uint64_t tokens = 0;
  const auto call = parse_embedding_call(exchange.request().body, inputs_max_, error);
  if (!call || !fits(*call, tokens, error)) return exchange.respond(error_response(error));
  const std::vector<std::string_view> texts(call->inputs.begin(), call->inputs.end());
  const auto vectors = embedder_.embed(texts, exchange.context());
  if (!vectors) return exchange.respond(error_response(api_error(vectors.error())));
  metrics_.add_embedded(texts.size(), tokens);
  exchange.respond(json_response(embeddings_json(*call, *vectors, tokens)));
}

}  // namespace loadline
