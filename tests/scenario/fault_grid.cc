#include "fault_grid.h"

#include <array>

namespace loadline {
namespace {

struct Pair {
  std::string_view name, path;
  std::string_view provider, base;  // of both upstreams; `base` is the rest of the address
  bool can_continue;                // the client's dialect knows assistant prefill
};

constexpr Pair pairs[] = {
    {"chat", "/v1/chat/completions", "openai", "/v1", true},
    {"messages", "/v1/messages", "anthropic", "/v1", true},
    {"responses", "/v1/responses", "openai", "/v1", false},
    {"chat_to_anthropic", "/v1/chat/completions", "anthropic", "/v1", true},
    {"chat_to_gemini", "/v1/chat/completions", "gemini", "/v1beta", true},
    {"messages_to_openai", "/v1/messages", "openai", "/v1", true},
};

enum class When { before, after };  // the first byte of an answer
enum class Kind { any, stream, whole };
enum class Comes {
  other,    // another model answers, from the beginning
  by_word,  // what the route says of streams that break
  nothing,  // the answer is whole all the same
};

struct Fault {
  std::string_view name;
  std::string_view words;  // of the `upstream` statement
  When when;
  Kind kind;
  Comes comes;
  std::string_view address = "http://@bad";
  std::string_view limits = "";  // of the model, as in the manifest
};

constexpr std::string_view impatient = ", stall_seconds: 1, first_byte_seconds: 1";
constexpr std::string_view pace = ", stall_seconds: 1, bytes_per_second_min: 16000";

constexpr Fault faults[] = {
    {"refused", "", When::before, Kind::any, Comes::other, "http://@refused"},
    {"tls", "", When::before, Kind::any, Comes::other, "https://@bad"},
    {"status 500", "status 500", When::before, Kind::any, Comes::other},
    {"status 503", "status 503", When::before, Kind::any, Comes::other},
    {"status 503 with Retry-After", R"(status 503, retry after "1")", When::before, Kind::any, Comes::other},
    {"status 429", "status 429", When::before, Kind::any, Comes::other},
    {"status 429 with Retry-After", R"(status 429, retry after "1")", When::before, Kind::any, Comes::other},
    {"status 401", "status 401", When::before, Kind::any, Comes::other},
    {"closes", "closes", When::before, Kind::any, Comes::other},
    {"resets", "closes, resets", When::before, Kind::any, Comes::other},
    {"no head", "after 60000 ms", When::before, Kind::any, Comes::other, "http://@bad", impatient},
    {"cut after the head", "cut after bytes 0", When::before, Kind::any, Comes::other},
    {"stall after the head", "stall after bytes 0", When::before, Kind::any, Comes::other, "http://@bad",
     impatient},
    {"bad JSON", "malformed event 0", When::before, Kind::whole, Comes::other},
    {"cut", "cut after events 7", When::after, Kind::stream, Comes::by_word},
    {"cut inside an event", "cut after bytes 1500", When::after, Kind::stream, Comes::by_word},
    {"cut by a reset", "cut after events 7, resets", When::after, Kind::stream, Comes::by_word},
    {"stall", "stall after events 7", When::after, Kind::stream, Comes::by_word, "http://@bad", impatient},
    {"drip", "drip 6000 bytes a second", When::after, Kind::stream, Comes::by_word, "http://@bad", pace},
    {"malformed event", "malformed event 6", When::after, Kind::stream, Comes::nothing},
    {"split everywhere", "split 1 bytes", When::after, Kind::any, Comes::nothing},
    {"cut whole answer", "cut after bytes 40", When::after, Kind::whole, Comes::other},
    {"stalled whole answer", "stall after bytes 40", When::after, Kind::whole, Comes::other, "http://@bad",
     impatient},
};

constexpr std::array<std::string_view, 3> when_cut{"fail", "restart", "continue"};

struct Cell {
  const Pair& pair;
  const Fault& fault;
  std::string_view word;
  bool stream;
  int number;
};

std::string with_number(std::string_view name, int number) {
  return std::string(name) + std::to_string(number);
}

// So many words that every dialect has delivered some after seven events or 1,500 bytes, and none all.
constexpr std::string_view first_text =
    "w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15 w16 w17 w18 w19 w20";

std::string models_of(const Cell& cell) {
  const auto model = [&](std::string_view name, std::string_view address, std::string_view limits) {
    const std::string numbered = with_number(name, cell.number);
    return "    " + numbered + ": {provider: " + std::string(cell.pair.provider) + ", model: " + numbered +
           ", base_url: \"" + std::string(address) + std::string(cell.pair.base) + "\", can: [prefill]" +
           std::string(limits) + "}\n";
  };
  return model("bad", cell.fault.address, cell.fault.limits) + model("good", "http://@good", "");
}

std::string route_of(const Cell& cell) {
  return "    r" + std::to_string(cell.number) + ": {models: [" + with_number("bad", cell.number) + ", " +
         with_number("good", cell.number) + "], when_cut: " + std::string(cell.word) + ", retry_ratio: 10}\n";
}

std::string rule_of(const Cell& cell) {
  return "  asked for \"" + with_number("bad", cell.number) + "\", says \"" + std::string(first_text) +
         "\", in 20 pieces" + (cell.fault.words.empty() ? "" : ", ") + std::string(cell.fault.words) + "\n";
}

std::string body_of(const Cell& cell) {
  std::string body = R"({"model":"r)" + std::to_string(cell.number) + "\"";
  body += cell.pair.path == "/v1/responses"
              ? R"(,"input":"tell me","store":false)"
              : R"(,"max_tokens":200,"messages":[{"role":"user","content":"tell me"}])";
  return body + (cell.stream ? R"(,"stream":true})" : "}");
}

// One row, one decision, one trace with a span for each attempt.
std::string bill(int attempts, std::string_view outcome) {
  const std::string count = std::to_string(attempts);
  return "expect call rows has 1 entries\nexpect call rows[0].outcome = \"" + std::string(outcome) +
         "\"\nexpect call rows[0].attempts = " + count + "\nexpect call sends has " + count +
         " entries\nexpect call decisions has 1 entries\nexpect call spans has " +
         std::to_string(attempts + 1) + " entries\n";
}

std::string answered_by(const Cell& cell, std::string_view who, std::string_view text) {
  std::string out = "expect status 200\nexpect header x-loadline-model = \"" + with_number(who, cell.number) +
                    "\"\nexpect text = \"" + std::string(text) + "\"\n";
  if (cell.stream) out += "expect end whole\n";
  return out;
}

std::string after_a_break(const Cell& cell) {
  if (cell.word == "continue" && cell.pair.can_continue)
    return "expect status 200\nexpect text matches \"^w1 w2.* and the rest$\"\nexpect end whole\n" +
           bill(2, "completed");
  // Nobody can go on: where the route wanted it, that is found when the second model is to be asked.
  const int attempts = cell.word == "continue" ? 3 : 1;
  std::string out =
      "expect status 200\nexpect text matches \"^w1\"\nexpect text lacks \"rest\"\nexpect end error\n";
  if (attempts == 1) out += bill(1, "upstream_failed");
  return out;
}

std::string expectations(const Cell& cell) {
  switch (cell.fault.comes) {
    case Comes::other:
      return answered_by(cell, "good", " and the rest") + bill(2, "completed");
    case Comes::by_word:
      return after_a_break(cell);
    case Comes::nothing:
      break;
  }
  const bool loses_one = cell.fault.name == "malformed event";
  if (!loses_one) return answered_by(cell, "bad", first_text) + bill(1, "completed");
  return "expect status 200\nexpect text matches \"^w1.*w20$\"\nexpect text lacks \"" +
         std::string(first_text) + "\"\nexpect end whole\n" + bill(1, "completed") +
         "expect metric loadline_gateway_malformed_events_total{route=\"r" + std::to_string(cell.number) +
         "\",model=\"" + with_number("bad", cell.number) + "\"} = 1\n";
}

// One failure opens no circuit.
std::string text_of(const Cell& cell) {
  return "# " + std::string(cell.fault.name) + ", " + std::string(cell.word) +
         (cell.stream ? ", streamed" : ", whole") + "\nrequest POST " + std::string(cell.pair.path) + " " +
         body_of(cell) + "\n" + expectations(cell) + "expect circuit " + with_number("bad", cell.number) +
         " = \"closed\"\n";
}

}  // namespace

const std::vector<std::string>& fault_pairs() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Pair& pair : pairs) list.emplace_back(pair.name);
    return list;
  }();
  return names;
}

std::string fault_grid(std::string_view name, int& cells) {
  cells = 0;
  std::string models, routes, rules, requests;
  for (const Pair& pair : pairs) {
    if (pair.name != name) continue;
    for (const Fault& fault : faults)
      for (const std::string_view word : when_cut)
        for (const bool stream : {true, false}) {
          if (fault.kind == (stream ? Kind::whole : Kind::stream)) continue;
          const Cell cell{pair, fault, word, stream, ++cells};
          models += models_of(cell);
          routes += route_of(cell);
          rules += rule_of(cell);
          requests += text_of(cell);
        }
  }
  return "upstream bad:\n" + rules +
         "upstream good: says \" and the rest\", in 3 pieces\nmanifest\n  version: 1\n" + "  models:\n" +
         models + "  routes:\n" + routes + requests + "expect ledger open = 0\n";
}

}  // namespace loadline
