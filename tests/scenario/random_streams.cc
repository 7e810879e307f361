#include "random_streams.h"

#include <boost/json.hpp>
#include <vector>

#include "base/rng.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr const char* head = R"(route strict collection=fees extractive=false
route loose collection=fees extractive=false abstain=false
extractor lines
document cards.txt
  # Cards
  A replacement card costs 12 euros and arrives within five working days.
  The card is free of charge for customers below 18 years.
  Lost cards are blocked at once; the emergency line is open day and night.
document transfers.txt
  # Transfers
  A transfer within the country costs 0.40 euros.
  | Transfer | Fee in euros |
  | To other countries | 9.50 |
  | Same day | 15.00 |
ingest fees
)";

const std::vector<std::string> questions{
    "What does a replacement card cost, and when does it arrive?",
    "What does a transfer within the country cost in euros?",
    "Is the card free of charge for customers below 18 years?",
};

const std::vector<std::string> sentences{
    "A replacement card costs 12 euros.",
    "It arrives within five working days.",
    "A replacement card costs 19 euros.",
    "The card is free of charge for customers below 18 years.",
    "A transfer within the country costs 0.40 euros.",
    "Transfers to other countries cost 9.50 euros.",
    "Sure, here is what the documents say:",
    "The bank was founded by \u00c6gidius M\u00fcller \u2014 a miller \u2014 in 1871.",
    "I cannot find this in the documents.",
    "Cards are blocked at once, e.g. by the emergency line.",
    "\u2022 Same day: 15.00 euros",
    "Is that so? Yes!",
};

class Writer {
 public:
  explicit Writer(std::uint64_t seed) : rng_(seed) {}

  std::string answer() {
    std::string text;
    const std::uint32_t count = rng_.below(5);
    for (std::uint32_t i = 0; i < count; ++i) {
      std::string sentence = pick(sentences);
      if (rng_.below(2) == 0) sentence += " [" + std::to_string(1 + rng_.below(3)) + "]";
      text += (text.empty() ? "" : rng_.below(5) == 0 ? "\n\n" : " ") + sentence;
    }
    if (!text.empty() && rng_.below(4) == 0)
      text.resize(boundary_before(text, text.size() - rng_.below(static_cast<std::uint32_t>(text.size()))));
    return text;
  }

  std::string pieces(const std::string& text) {
    std::string steps;
    for (std::size_t begin = 0; begin < text.size();) {
      std::size_t end = std::min<std::size_t>(begin + 1 + rng_.below(14), text.size());
      while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
      steps += "delta " + json::serialize(json::string(text.substr(begin, end - begin))) + ", ";
      begin = end;
    }
    steps += rng_.below(4) == 0 ? "finish length" : "finish stop";
    return steps;
  }

  const std::string& pick(const std::vector<std::string>& from) {
    return from[rng_.below(static_cast<std::uint32_t>(from.size()))];
  }

 private:
  static std::size_t boundary_before(const std::string& text, std::size_t at) {
    while (at > 0 && at < text.size() && (text[at] & 0xC0) == 0x80) --at;
    return at;
  }
  Rng rng_;
};

}  // namespace

std::string random_streams(std::uint64_t seed, int cases) {
  Writer writer(seed);
  std::string text = head;
  for (int i = 0; i < cases; ++i) {
    const std::string route = writer.pick({"strict", "loose", "loose", "m"});
    const json::object body{
        {"model", route},
        {"messages", json::array{json::object{{"role", "user"}, {"content", writer.pick(questions)}}}}};
    text += "model m: " + writer.pieces(writer.answer()) + "\n";
    text += "request POST /v1/chat/completions " + json::serialize(body) + "\n";
    text += "expect status 200\nexpect streamed the same\n";
  }
  // That the answers were of every kind.
  const std::string least = std::to_string(cases / 20);
  for (const char* sample : {"loadline_citations_total{supported=\"true\"}",
                             "loadline_citations_total{supported=\"false\"}", "loadline_abstentions_total"})
    text += "expect metric " + std::string(sample) + " >= " + least + "\n";
  return text;
}

}  // namespace loadline
