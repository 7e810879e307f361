// Personal data: precision and recall per type on labelled texts, false positives on harmless prompts, and
// speed.
//
//   loadline_privacy_bench --quality [--data ../shared/data] [--half development|held-out|all] [--show TYPE]
//   loadline_privacy_bench --speed
//   loadline_privacy_bench --texts FILE...     what is found in texts of one's own, by type (with --show:
//   each)
//   all with --names [MODEL FOLDER]            with the model for names besides; --speed: its costs only
//
// Quality. presidio_research_pii: spans are code points. Mapping: CREDIT_CARD payment_card, IBAN_CODE iban,
// EMAIL_ADDRESS email, US_SSN us_ssn, IP_ADDRESS ip_address, PHONE_NUMBER phone, STREET_ADDRESS, ADDRESS and
// ZIP_CODE street_address, US_DRIVER_LICENSE driving_licence, DATE_TIME birth_date where the text before it
// speaks of birth. With --names also PERSON person, ORGANIZATION organisation, GPE and LOCATION place, other
// DATE_TIME date_time, AGE age, NRP nationality, TITLE and PREFIX title, DOMAIN_NAME web_address; without it
// these labels are not looked for. A finding is right if its type fits and its span is the labelled one
// ("exact"), or if the spans share more than half of their union ("half"). Findings of types without a label
// are surplus. Held out are the templates whose text (placeholders taken out, lower case) has a hash that
// three divides.
//
// Spans joined: an address and the city behind it, which some templates label as one and some as three, are
// one on both sides, of one type. Word by word, as presidio-research counts: each word (name_words) has the
// type of the span it lies in; places and addresses are one type there (its LOCATION), as are all dates. "Any
// type" asks only whether a word that is personal was found to be.
#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "encoder/bert_encoder.h"
#include "model/memory_file_system.h"
#include "privacy/detector.h"
#include "privacy/json_filter.h"
#include "privacy/name_tagger.h"
#include "privacy/stream_filter.h"

namespace loadline {
namespace {

namespace json = boost::json;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "%s is not there: give the folder of the data sets with --data\n", path.c_str());
    std::exit(2);
  }
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

/// The detector, and the model for names where it is asked for.
struct Finders {
  explicit Finders(const std::string& model) {
    DetectorOptions options;
    if (!model.empty()) {
      for (std::size_t i = 0; i < data_type_count; ++i)
        if (is_only_on_request(static_cast<DataType>(i)))
          options.requested.push_back(static_cast<DataType>(i));
      BertEncoderOptions encoder_options;
      encoder_options.model_folder = model;
      auto opened = BertEncoder::open(encoder_options);
      if (!opened) std::fprintf(stderr, "%s\n", opened.error().to_string().c_str()), std::exit(2);
      encoder = std::move(*opened);
      names.emplace(NameTagger::make(*encoder).value());
    }
    detector = Detector::make(std::move(options)).value();
    context.clock = &clock;
  }
  std::vector<Finding> find(std::string_view text) const {
    return names ? detector->find(text, *names, context).value() : detector->find(text);
  }

  SystemClock clock;
  CallContext context;
  std::unique_ptr<BertEncoder> encoder;
  std::optional<NameTagger> names;
  std::unique_ptr<const Detector> detector;
};

struct Labelled {
  std::string text;
  std::vector<Finding> gold;
  bool held_out = false;
  bool v2 = false;
};

bool held_out(std::string_view masked) {
  std::string plain;
  for (std::size_t i = 0; i < masked.size();) {
    if (masked.substr(i, 2) == "{{") {
      const std::size_t end = masked.find("}}", i);
      plain += "{}";
      i = end == std::string_view::npos ? masked.size() : end + 2;
    } else {
      plain.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(masked[i++]))));
    }
  }
  return hash64(plain) % 3 == 0;
}

std::optional<DataType> mapped(std::string_view label, std::string_view left, bool names) {
  static const std::map<std::string_view, DataType> types = {
      {"CREDIT_CARD", DataType::payment_card},
      {"IBAN_CODE", DataType::iban},
      {"EMAIL_ADDRESS", DataType::email},
      {"US_SSN", DataType::us_ssn},
      {"IP_ADDRESS", DataType::ip_address},
      {"PHONE_NUMBER", DataType::phone},
      {"STREET_ADDRESS", DataType::street_address},
      {"ADDRESS", DataType::street_address},
      {"US_DRIVER_LICENSE", DataType::driving_licence}};
  static const std::map<std::string_view, DataType> named = {{"PERSON", DataType::person},
                                                             {"ORGANIZATION", DataType::organisation},
                                                             {"GPE", DataType::place},
                                                             {"LOCATION", DataType::place},
                                                             {"AGE", DataType::age},
                                                             {"NRP", DataType::nationality},
                                                             {"TITLE", DataType::title},
                                                             {"PREFIX", DataType::title},
                                                             {"DATE_TIME", DataType::date_time},
                                                             {"ZIP_CODE", DataType::street_address},
                                                             {"DOMAIN_NAME", DataType::web_address}};
  if (label == "DATE_TIME" && left.find("birth") != std::string_view::npos) return DataType::birth_date;
  const auto found = types.find(label);
  if (found != types.end()) return found->second;
  const auto name = named.find(label);
  if (!names || name == named.end()) return std::nullopt;
  return name->second;
}

std::vector<Labelled> read_labelled(const std::string& path, bool v2, bool names) {
  std::vector<Labelled> all;
  const json::value document = json::parse(read_file(path));
  for (const json::value& row : document.as_array()) {
    Labelled one;
    one.v2 = v2;
    one.text = std::string(row.at("full_text").as_string());
    one.held_out = held_out(std::string_view(row.at("masked").as_string()));
    std::vector<std::size_t> bytes;
    for (std::size_t at = 0; at < one.text.size();) {
      bytes.push_back(at);
      next_code_point(one.text, at);
    }
    bytes.push_back(one.text.size());
    for (const json::value& span : row.at("spans").as_array()) {
      const std::size_t begin = bytes[static_cast<std::size_t>(span.at("start_position").as_int64())];
      const std::size_t end = bytes[static_cast<std::size_t>(span.at("end_position").as_int64())];
      const auto type = mapped(std::string_view(span.at("entity_type").as_string()),
                               std::string_view(one.text).substr(0, begin), names);
      if (type) one.gold.push_back({*type, 0, 1, begin, end});
    }
    all.push_back(std::move(one));
  }
  return all;
}

struct Score {
  std::size_t gold = 0, found = 0, exact = 0, half = 0;
};

bool more_than_half(const Finding& a, const Finding& b) {
  const std::size_t begin = std::max(a.begin, b.begin), end = std::min(a.end, b.end);
  if (begin >= end) return false;
  return 2 * (end - begin) > std::max(a.end, b.end) - std::min(a.begin, b.begin);
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
}

double f2(double precision, double recall) {
  return precision + recall == 0 ? 0 : 5 * precision * recall / (4 * precision + recall);
}

void print_case(const char* what, const Labelled& row, const Finding& finding) {
  const std::size_t from = finding.begin > 40 ? finding.begin - 40 : 0;
  std::printf("%s %s | %s [%s] %s\n", what, std::string(name_of(finding.type)).c_str(),
              row.text.substr(from, finding.begin - from).c_str(),
              row.text.substr(finding.begin, finding.end - finding.begin).c_str(),
              row.text.substr(finding.end, 20).c_str());
}

DataType merged(DataType type) {
  if (type == DataType::street_address) return DataType::place;
  return type == DataType::birth_date ? DataType::date_time : type;
}

// Neighbours of one type with only blanks and signs between them are one: an address and its city.
std::vector<Finding> joined(std::string_view text, std::vector<Finding> list) {
  std::sort(list.begin(), list.end(), [](const Finding& a, const Finding& b) { return a.begin < b.begin; });
  std::vector<Finding> out;
  for (Finding finding : list) {
    finding.type = merged(finding.type);
    if (!out.empty() && out.back().type == finding.type) {
      const std::string_view between =
          text.substr(out.back().end, finding.begin - std::min(finding.begin, out.back().end));
      if (between.find_first_not_of(" ,.\n\r\t;-") == std::string_view::npos) {
        out.back().end = std::max(out.back().end, finding.end);
        continue;
      }
    }
    out.push_back(finding);
  }
  return out;
}

struct WordScores {
  std::map<DataType, Score> of;  // `half` is not used
  Score any, spans;
};

void score_joined(const Labelled& row, const std::vector<Finding>& found, Score& score) {
  const std::vector<Finding> gold = joined(row.text, row.gold), guess = joined(row.text, found);
  score.gold += gold.size(), score.found += guess.size();
  for (const Finding& g : gold)
    for (const Finding& f : guess) {
      score.exact += g.type == f.type && g.begin == f.begin && g.end == f.end ? 1 : 0;
      score.half += g.type == f.type && more_than_half(g, f) ? 1 : 0;
    }
}

void score_words(const Labelled& row, const std::vector<Finding>& found, WordScores& scores) {
  for (const NameWord& word : name_words(row.text, row.text.size())) {
    const auto type_in = [&](const std::vector<Finding>& list) -> std::optional<DataType> {
      for (const Finding& f : list)
        if (f.begin < word.end && word.begin < f.end) return merged(f.type);
      return std::nullopt;
    };
    const auto gold = type_in(row.gold), guess = type_in(found);
    if (gold) ++scores.of[*gold].gold, ++scores.any.gold;
    if (guess) ++scores.of[*guess].found, ++scores.any.found;
    if (gold && gold == guess) ++scores.of[*gold].exact;
    if (gold && guess) ++scores.any.exact;
  }
}

void score_row(const Finders& finders, const Labelled& row, std::map<DataType, Score>& scores,
               WordScores& words, const std::string& show) {
  const std::vector<Finding> found = finders.find(row.text);
  score_words(row, found, words);
  score_joined(row, found, words.spans);
  for (const Finding& gold : row.gold) {
    Score& score = scores[gold.type];
    ++score.gold;
    bool half = false;
    for (const Finding& finding : found) {
      if (finding.type != gold.type) continue;
      score.exact += finding.begin == gold.begin && finding.end == gold.end ? 1 : 0;
      half = half || more_than_half(finding, gold);
    }
    score.half += half ? 1 : 0;
    if (!half && show == name_of(gold.type)) print_case("missed", row, gold);
  }
  for (const Finding& finding : found) {
    ++scores[finding.type].found;
    const bool right = std::any_of(row.gold.begin(), row.gold.end(), [&](const Finding& gold) {
      return gold.type == finding.type && more_than_half(gold, finding);
    });
    if (!right && (show == name_of(finding.type) || show == "surplus")) print_case("surplus", row, finding);
  }
}

void print_scores(const char* title, const std::map<DataType, Score>& scores) {
  std::printf(
      "\n%s\n| type | labelled | found | P exact | R exact | P half | R half "
      "|\n|---|--:|--:|--:|--:|--:|--:|\n",
      title);
  Score all;
  for (const auto& [type, s] : scores) {
    std::printf("| %s | %zu | %zu | %.3f | %.3f | %.3f | %.3f |\n", std::string(name_of(type)).c_str(),
                s.gold, s.found, share(s.exact, s.found), share(s.exact, s.gold), share(s.half, s.found),
                share(s.half, s.gold));
    all.gold += s.gold, all.found += s.found, all.exact += s.exact, all.half += s.half;
  }
  const double p = share(all.half, all.found), r = share(all.half, all.gold);
  const double pe = share(all.exact, all.found), re = share(all.exact, all.gold);
  std::printf("| all | %zu | %zu | %.3f | %.3f | %.3f | %.3f |\nF2 exact %.3f, half %.3f\n", all.gold,
              all.found, pe, re, p, r, f2(pe, re), f2(p, r));
}

void print_word(const char* name, const Score& s) {
  const double p = share(s.exact, s.found), r = share(s.exact, s.gold);
  std::printf("| %s | %zu | %zu | %.3f | %.3f | %.3f |\n", name, s.gold, s.found, p, r, f2(p, r));
}

void print_words(const WordScores& scores) {
  std::printf("\nword by word\n| type | labelled | found | P | R | F2 |\n|---|--:|--:|--:|--:|--:|\n");
  Score all;
  for (const auto& [type, s] : scores.of) {
    print_word(std::string(name_of(type)).c_str(), s);
    all.gold += s.gold, all.found += s.found, all.exact += s.exact;
  }
  print_word("all, right type", all);
  print_word("all, any type", scores.any);
  const Score& s = scores.spans;
  const double p = share(s.half, s.found), r = share(s.half, s.gold);
  std::printf("spans, neighbours of one type joined: P %.3f R %.3f F2 %.3f (half), F2 %.3f (exact)\n", p, r,
              f2(p, r), f2(share(s.exact, s.found), share(s.exact, s.gold)));
}

void count_on_harmless(const Finders& finders, const std::string& name,
                       const std::vector<std::string>& texts) {
  std::map<DataType, std::size_t> found;
  for (const std::string& text : texts)
    for (const Finding& finding : finders.find(text)) ++found[finding.type];
  std::printf("%s: %zu texts, licence %zu, passport %zu, all types", name.c_str(), texts.size(),
              found[DataType::driving_licence], found[DataType::passport]);
  std::size_t sum = 0;
  for (const auto& [type, n] : found) sum += n;
  std::printf(" %zu:", sum);
  for (const auto& [type, n] : found) std::printf(" %s %zu", std::string(name_of(type)).c_str(), n);
  std::printf("\n");
}

void quality(const std::string& data, const std::string& half, const std::string& show,
             const std::string& model) {
  const Finders finders(model);
  const bool names = !model.empty();
  std::vector<Labelled> rows =
      read_labelled(data + "/presidio_research_pii/synth_dataset_v2.json", true, names);
  const std::vector<Labelled> large =
      read_labelled(data + "/presidio_research_pii/generated_large.json", false, names);
  rows.insert(rows.end(), large.begin(), large.end());
  for (const bool held : {false, true})
    for (const bool v2 : {true, false}) {
      if ((held && half == "development") || (!held && half == "held-out")) continue;
      std::map<DataType, Score> scores;
      WordScores words;
      std::size_t n = 0;
      for (const Labelled& row : rows)
        if (row.held_out == held && row.v2 == v2) {
          score_row(finders, row, scores, words, held ? "" : show);
          ++n;
        }
      const std::string title = std::string(v2 ? "synth_dataset_v2" : "generated_large") +
                                (held ? ", held-out" : ", development") + " templates, " + std::to_string(n) +
                                " texts";
      print_scores(title.c_str(), scores);
      print_words(words);
    }
  std::vector<std::string> prompts;
  for (const char* name : {"one", "two", "three"}) {
    const json::value document = json::parse(read_file(data + "/notinject/NotInject_" + name + ".json"));
    for (const json::value& row : document.as_array()) prompts.emplace_back(row.at("prompt").as_string());
  }
  count_on_harmless(finders, "notinject", prompts);
  std::istringstream lines(read_file(data + "/xstest/xstest_prompts.csv"));
  prompts.clear();
  for (std::string line; std::getline(lines, line);) prompts.push_back(line);
  count_on_harmless(finders, "xstest", prompts);
}

void count_in_file(const Finders& finders, const std::string& path, bool show) {
  const std::string text = read_file(path);
  std::map<DataType, std::size_t> found;
  for (const Finding& finding : finders.find(text)) {
    ++found[finding.type];
    if (show) print_case("found", Labelled{text, {}, false, false}, finding);
  }
  std::printf("%s, %zu bytes:", path.c_str(), text.size());
  for (const auto& [type, n] : found) std::printf(" %s %zu", std::string(name_of(type)).c_str(), n);
  std::printf("\n");
}

// English-like text with an e-mail, card or phone every `every` bytes.
std::string made_text(std::size_t bytes, std::size_t every, Rng& rng) {
  static constexpr const char* words[] = {
      "the",    "bank",    "of",       "our",    "customer", "asked",    "for",  "a",
      "report", "on",      "interest", "rates",  "in",       "March",    "and",  "it",
      "was",    "sent",    "to",       "London", "with",     "Revenue",  "rose", "by",
      "12",     "percent", "over",     "2023",   "because",  "payments", "grew."};
  static constexpr const char* hits[] = {"4000 1234 5678 9017", "mara.lind@brackwater.example",
                                         "+44 20 7946 0958", "DE75512108001245126199"};
  std::string text;
  std::size_t next = every;
  while (text.size() < bytes) {
    text += words[rng.below(std::size(words))];
    text += rng.below(12) == 0 ? '\n' : ' ';
    if (text.size() >= next) {
      text += hits[rng.below(std::size(hits))];
      text += ' ';
      next += every;
    }
  }
  return text;
}

template <class F>
double best_seconds(int times, F&& run) {
  double best = 1e9;
  for (int i = 0; i < times; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

void speed() {
  const auto detector = Detector::make({}).value();
  Rng rng(1);
  for (const std::size_t every : {std::size_t{4096}, std::size_t{200}}) {
    const std::string text = made_text(8 << 20, every, rng);
    std::size_t found = 0;
    const double seconds = best_seconds(5, [&] { found = detector->find(text).size(); });
    std::printf("one hit per %zu bytes: %.0f MB/s, %zu findings in %zu bytes\n", every,
                static_cast<double>(text.size()) / seconds / 1e6, found, text.size());
  }
  std::string german = made_text(8 << 20, 4096, rng);
  for (std::size_t at = german.find("the "); at != std::string::npos; at = german.find("the ", at + 4)) {
    german[at] = '\xC3';
    german[at + 1] = '\xBC';
  }
  const double seconds = best_seconds(3, [&] { static_cast<void>(detector->find(german)); });
  std::printf("with umlauts, one hit per 4096 bytes: %.0f MB/s\n",
              static_cast<double>(german.size()) / seconds / 1e6);

  std::vector<double> times;
  for (int i = 0; i < 2000; ++i) {
    const std::string prompt = made_text(9000, 500, rng);  // about 2,000 tokens
    times.push_back(best_seconds(1, [&] { static_cast<void>(detector->find(prompt)); }) * 1e3);
  }
  std::sort(times.begin(), times.end());
  std::printf("9,000-byte prompts: p50 %.3f ms, p99 %.3f ms\n", times[times.size() / 2],
              times[times.size() * 99 / 100]);
}

// What the model for names costs by itself: a prompt of 2,000 tokens, and a sentence of a stream.
void names_speed(const std::string& model) {
  const Finders finders(model);
  Rng rng(1);
  for (const std::size_t bytes : {std::size_t{9000}, std::size_t{100}}) {
    std::vector<double> times;
    for (int i = 0; i < (bytes > 1000 ? 40 : 400); ++i) {
      const std::string text = made_text(bytes, 500, rng);
      times.push_back(best_seconds(1, [&] { static_cast<void>(finders.find(text)); }) * 1e3);
    }
    std::sort(times.begin(), times.end());
    std::printf("names, %zu bytes: p50 %.2f ms, p99 %.2f ms, %.2f MB/s\n", bytes, times[times.size() / 2],
                times[times.size() * 99 / 100], static_cast<double>(bytes) / times[times.size() / 2] / 1e3);
  }
}

// One answer in pieces of 20 bytes, everything on (masking, so that no vault is in the figure).
void stream_speed() {
  const auto detector = Detector::make({}).value();
  const ActionTable actions{ActionTable::filled(Action::mask)};
  const FilterSettings settings{detector.get(), &actions, nullptr, "tenant", "", false};
  Rng rng(2);
  for (const std::size_t every : {std::size_t{4096}, std::size_t{200}}) {
    const std::string text = made_text(200'000, every, rng);
    std::string out;
    std::size_t chunks = 0;
    const double seconds = best_seconds(10, [&] {
      StreamFilter filter(settings);
      chunks = 0;
      out.clear();
      for (std::size_t at = 0; at < text.size(); at += 20, ++chunks)
        filter.feed(std::string_view(text).substr(at, 20), out);
      filter.finish(out);
    });
    std::string document = "[\"" + text + "\"]";
    std::replace(document.begin(), document.end(), '\n', ' ');
    const double json_seconds = best_seconds(10, [&] {
      JsonStreamFilter filter(settings);
      out.clear();
      for (std::size_t at = 0; at < document.size(); at += 20)
        filter.feed(std::string_view(document).substr(at, 20), out);
      filter.finish(out);
    });
    std::printf("20-byte chunks, one hit per %zu bytes: text %.2f us, JSON %.2f us a chunk\n", every,
                seconds / static_cast<double>(chunks) * 1e6,
                json_seconds / static_cast<double>(chunks) * 1e6);
  }
}

void vault_speed() {
  constexpr int values = 100'000;
  MemoryFileSystem files;
  const SystemClock clock;
  const auto vault =
      Vault::open({.folder = "vault", .audit = {}}, std::string(64, '7'), files, clock).value();
  std::vector<std::string> tokens(values);
  const auto each = [&](const char* what, auto&& act) {
    const double seconds = best_seconds(1, [&] {
      for (int i = 0; i < values; ++i) act(i);
    });
    std::printf("vault, %s: %.2f us\n", what, seconds / values * 1e6);
  };
  const auto value = [](int i) { return "person" + std::to_string(i) + "@brackwater.example"; };
  each("a new value", [&](int i) {
    tokens[static_cast<std::size_t>(i)] = *vault->token_for("t", DataType::email, value(i));
  });
  each("a known value", [&](int i) { static_cast<void>(vault->token_for("t", DataType::email, value(i))); });
  each("a token restored",
       [&](int i) { static_cast<void>(vault->restore("t", tokens[static_cast<std::size_t>(i)], "")); });
  const double flush = best_seconds(1, [&] { static_cast<void>(vault->flush()); });
  const double open = best_seconds(1, [&] {
    static_cast<void>(Vault::open({.folder = "vault", .audit = {}}, std::string(64, '7'), files, clock));
  });
  std::printf("vault of %d values: flush without the disk %.0f ms, open %.0f ms\n", values, flush * 1e3,
              open * 1e3);
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) {
  std::string data = "../shared/data", half = "all", show, what, model;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--quality" || argument == "--speed" || argument == "--texts")
      what = argument;
    else if (argument == "--data" && i + 1 < argc)
      data = argv[++i];
    else if (argument == "--half" && i + 1 < argc)
      half = argv[++i];
    else if (argument == "--show" && i + 1 < argc)
      show = argv[++i];
    else if (argument == "--names") {
      const char* home = std::getenv("HOME");
      model = std::string(home == nullptr ? "" : home) + "/.cache/loadline/models/all-minilm-l6-v2";
      if (i + 1 < argc && argv[i + 1][0] == '/') model = argv[++i];
    } else
      files.push_back(argument);
  }
  if (what == "--quality")
    loadline::quality(data, half, show, model);
  else if (what == "--texts")
    for (const loadline::Finders finders(model); const std::string& file : files)
      loadline::count_in_file(finders, file, !show.empty());
  else if (what == "--speed" && !model.empty())
    loadline::names_speed(model);
  else if (what == "--speed")
    loadline::speed(), loadline::stream_speed(), loadline::vault_speed();
  else
    return std::fprintf(stderr,
                        "usage: loadline_privacy_bench --quality | --speed | --texts FILE... [--data FOLDER] "
                        "[--half HALF] "
                        "[--show TYPE]\n"),
           2;
  return 0;
}
