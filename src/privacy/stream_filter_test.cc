#include "privacy/stream_filter.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "model/memory_file_system.h"
#include "privacy/json_filter.h"
#include "privacy/json_text.h"
#include "privacy/made_values_test.h"
#include "privacy/name_words.h"

namespace loadline {
namespace {

constexpr std::string_view master = "0123456789abcdef0123456789abcdef";

struct Filters {
  MemoryFileSystem files;
  ManualClock clock;
  std::unique_ptr<const Detector> detector;
  std::unique_ptr<Vault> vault = Vault::open({.folder = "vault", .audit = {}}, master, files, clock).value();
  ActionTable actions;
  FilterSettings settings;

  Filters() {
    DetectorOptions options;
    options.patterns.push_back({"customer", "KD-\\d{4,12}", PatternCheck::none, {}, 24, Action::mask});
    detector = Detector::make(std::move(options)).value();
    actions.set(DataType::email, Action::mask);
    actions.set(DataType::ip_address, Action::hash);
    actions.set(DataType::phone, Action::drop);
    settings = {detector.get(), &actions, vault.get(), "tenant", "test", true};
  }
};

// Words, values of many types in many writings, tokens known and unknown, and everything half done.
std::string random_text(Rng& rng, Filters& filters) {
  std::string text;
  const std::uint32_t parts = 1 + rng.below(14);
  for (std::uint32_t i = 0; i < parts; ++i) {
    std::string part;
    switch (rng.below(22)) {
      case 0:
        part = testing::made_card(rng);
        break;
      case 1:
        part = testing::grouped(testing::made_card(rng), 4, rng.below(2) == 0 ? " " : "-");
        break;
      case 2:
        part = testing::made_iban(rng);
        break;
      case 3:
        part = testing::grouped(testing::made_iban(rng), 4, " ");
        break;
      case 4:
        part = testing::made_mail(rng);
        break;
      case 5:
        part = "SSN " + testing::made_ssn(rng);
        break;
      case 6:
        part = testing::made_key(rng);
        break;
      case 7:
        part = "+44 20 7946 " + testing::random_digits(rng, 4);
        break;
      case 8:
        part = "192.0.2." + std::to_string(rng.below(256));
        break;
      case 9:
        part = "12 Quarry Lane, Marlow, OH 43210";
        break;
      case 10:
        part = "born on March 3, 1960";
        break;
      case 11:
        part = "-----BEGIN PRIVATE KEY-----\n" +
               testing::random_from(rng, "ABCDEFabcdef0123/+\n", rng.below(200)) +
               (rng.below(2) == 0 ? "\n-----END PRIVATE KEY-----" : "");
        break;
      case 12:
        part =
            "eyJhbGciOiJub25lIn0.eyJzdWIi" + testing::random_from(rng, "abcXYZ019_-", rng.below(60)) + ".sig";
        break;
      case 13:
        part = filters.vault->token_for("tenant", DataType::payment_card, testing::made_card(rng)).value();
        break;
      case 14:
        part = "[CARD_BBBBCCCC]";
        break;
      case 15:
        part = "KD-" + testing::random_digits(rng, 3 + rng.below(10));
        break;
      case 16:
        part =
            "Stra\xC3\x9F"
            "e \xE5\x8D\xA1\xE2\x82\xAC \xC3\xA9";
        break;
      case 17:
        part = "password: " + testing::random_from(rng, "abc123XYZ!", 9);
        break;
      case 18:
        part = "\xEF\xBC\x94\xEF\xBC\x90\xE2\x80\x8B 1\xCC\x81 2 \xFF\xE2\x82";
        break;
      case 19:
        part =
            "Hauptstra\xC3\x9F"
            "e 12";
        break;
      case 20:
        part = "2001:db8::" + testing::random_from(rng, "0123abcd", 4);
        break;
      default:
        part = testing::random_from(rng, "abc de.fg, Hi:(+-_[]1", 1 + rng.below(30));
        break;
    }
    if (rng.below(6) == 0) part.resize(rng.below(static_cast<std::uint32_t>(part.size() + 1)));
    text += part;
    if (rng.below(5) != 0) text += rng.below(4) == 0 ? "\n" : " ";
  }
  return text;
}

// Feeds `text` in random pieces; checks on the way that what is out is the beginning of `expected`.
template <class Filter>
std::string in_pieces(Filter& filter, std::string_view text, Rng& rng, std::string_view expected,
                      std::uint64_t seed) {
  std::string out;
  const std::uint32_t largest = rng.below(4) == 0 ? 1 : 1 + rng.below(40);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = 1 + rng.below(largest);
    const FilterState state = filter.feed(text.substr(at, size), out);
    at += size;
    EXPECT_TRUE(expected.starts_with(out)) << "seed " << seed << ": taken back after " << at << " bytes\n"
                                           << out << "\n"
                                           << expected;
    if (state != FilterState::open || ::testing::Test::HasFailure()) break;
  }
  filter.finish(out);
  return out;
}

TEST(StreamFilter, EveryChunkingGivesTheWholeTextsResult) {
  Filters filters;
  std::size_t found = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Rng rng(seed);
    const std::string text = random_text(rng, filters);
    const FilteredText whole = filter_text(filters.settings, text);
    found += whole.report.total();
    for (int round = 0; round < 3; ++round) {
      StreamFilter filter(filters.settings);
      ASSERT_EQ(in_pieces(filter, text, rng, whole.text, seed), whole.text) << "seed " << seed << "\n"
                                                                            << text;
      ASSERT_EQ(filter.report().found, whole.report.found) << "seed " << seed;
      ASSERT_EQ(filter.held_bytes(), 0U);
    }
  }
  EXPECT_GT(found, 9000U);  // the texts are worth it
}

// Says of a unit what only depends on the unit, of all lengths and confidences: runs of bytes by their sum.
class UnitNames final : public FurtherFindings {
 public:
  Status find(std::string_view unit, const CallContext&, std::vector<Finding>& out) const override {
    if (fails_on != 0 && ++calls >= fails_on) return Error(Code::deadline_exceeded, "too late");
    std::size_t sum = unit.size();
    for (const char c : unit) sum = sum * 31 + static_cast<unsigned char>(c);
    for (std::size_t at = sum % 40; at < unit.size();) {
      const std::size_t begin = utf8_boundary(unit, at),
                        end = utf8_boundary(unit, std::min(unit.size(), at + 1 + sum % 23));
      const float confidence = 0.4F + static_cast<float>(sum % 5) / 10;
      if (end > begin && unit[begin] != '[') out.push_back({DataType::person, 0, confidence, begin, end});
      at += 24 + sum % 50;
      sum = sum * 2862933555777941757ULL + at;
      sum ^= sum >> 29U;
    }
    return {};
  }
  std::size_t fails_on = 0;
  mutable std::size_t calls = 0;
};

struct NamedFilters : Filters {
  UnitNames names;
  CallContext context;
  NamedFilters() {
    context.clock = &clock;
    settings.names = &names;
    settings.names_context = &context;
  }
};

std::string named_text(Rng& rng, Filters& filters) {
  std::string text;
  for (std::uint32_t i = 1 + rng.below(4); i > 0; --i) {
    text += random_text(rng, filters);
    if (rng.below(2) == 0) text += " and this is where it ends. ";
  }
  return text;
}

TEST(StreamFilter, WithNamesEveryChunkingGivesTheWholeTextsResult) {
  NamedFilters filters;
  std::size_t names = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    Rng rng(seed);
    const std::string text = named_text(rng, filters);
    const FilteredText whole = filter_text(filters.settings, text);
    names += whole.report.found[static_cast<std::size_t>(DataType::person)];
    for (int round = 0; round < 3; ++round) {
      StreamFilter filter(filters.settings);
      ASSERT_EQ(in_pieces(filter, text, rng, whole.text, seed), whole.text) << "seed " << seed << "\n"
                                                                            << text;
      ASSERT_EQ(filter.report().found, whole.report.found) << "seed " << seed;
      ASSERT_EQ(filter.held_bytes(), 0U);
    }
  }
  EXPECT_GT(names, 2500U);  // the texts are worth it
}

// The filter's own merging and that of the detector are two ways to one result.
TEST(StreamFilter, WithNamesItActsOnWhatTheDetectorFinds) {
  NamedFilters filters;
  filters.settings.vault = nullptr;
  filters.settings.restore_tokens = false;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    Rng rng(seed);
    const std::string text = named_text(rng, filters);
    if (text.find('[') != std::string::npos) continue;  // tokens are no findings
    std::array<std::uint32_t, data_type_count> expected{};
    const std::vector<Finding> all = filters.detector->find(text, filters.names, filters.context).value();
    for (const Finding& finding : all) ++expected[static_cast<std::size_t>(finding.type)];
    ASSERT_EQ(filter_text(filters.settings, text).report.found, expected) << "seed " << seed << "\n" << text;
  }
}

TEST(StreamFilter, WithNamesLongTextsForgetWhatIsDecidedAndHoldBackAUnit) {
  NamedFilters filters;
  Rng rng(9);
  std::string text;
  while (text.size() < 60'000) text += named_text(rng, filters) + " ";
  const FilteredText whole = filter_text(filters.settings, text);
  StreamFilter filter(filters.settings);
  std::string out;
  std::size_t most = 0;
  for (std::size_t at = 0; at < text.size(); at += 7) {
    filter.feed(std::string_view(text).substr(at, 7), out);
    most = std::max(most, filter.held_bytes());
  }
  filter.finish(out);
  EXPECT_EQ(out, whole.text);
  EXPECT_LE(most, Detector::long_reach_bytes + NameUnits::bytes_max + NameUnits::look_ahead + 64);
}

TEST(StreamFilter, WhereNamesCannotLookTheTextEndsOrGoesOnUnchecked) {
  NamedFilters filters;
  std::string text;
  for (int i = 0; i < 40; ++i) text += "a sentence that is quite long and has nothing in it whatsoever. ";
  filters.names.fails_on = 3;
  const FilteredText failed = filter_text(filters.settings, text);
  EXPECT_EQ(failed.state, FilterState::failed);
  ASSERT_TRUE(failed.report.failure);
  EXPECT_EQ(failed.report.failure->code(), Code::deadline_exceeded);
  EXPECT_LT(failed.text.size(), text.size() / 4);

  filters.names.calls = 0;
  filters.settings.names_must_look = false;
  const FilteredText unchecked = filter_text(filters.settings, text + "Card 4000 0000 0000 0002");
  EXPECT_EQ(unchecked.state, FilterState::finished);
  EXPECT_GT(unchecked.report.units_unchecked, 20U);
  EXPECT_EQ(unchecked.report.found[static_cast<std::size_t>(DataType::payment_card)], 1U);
}

TEST(StreamFilter, BlockEndsTheTextAtTheSamePlace) {
  Filters filters;
  filters.actions.set(DataType::api_key, Action::block);
  std::size_t blocked = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Rng rng(seed);
    const std::string text = random_text(rng, filters) + " then " + testing::made_key(rng) + " and more";
    const FilteredText whole = filter_text(filters.settings, text);
    StreamFilter filter(filters.settings);
    ASSERT_EQ(in_pieces(filter, text, rng, whole.text, seed), whole.text) << "seed " << seed;
    ASSERT_EQ(filter.state(), whole.state);
    blocked += whole.state == FilterState::blocked ? 1 : 0;
    if (whole.state != FilterState::blocked) continue;
    EXPECT_EQ(filter.report().blocked_by, DataType::api_key);
    std::string more;
    EXPECT_EQ(filter.feed("x", more), FilterState::blocked);
    EXPECT_TRUE(more.empty());
  }
  EXPECT_GT(blocked, 900U);
}

TEST(StreamFilter, LongTextsForgetWhatIsDecided) {
  Filters filters;
  Rng rng(9);
  std::string text;
  while (text.size() < 60'000) text += random_text(rng, filters) + " ";
  const FilteredText whole = filter_text(filters.settings, text);
  StreamFilter filter(filters.settings);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 7) filter.feed(std::string_view(text).substr(at, 7), out);
  filter.finish(out);
  EXPECT_EQ(out, whole.text);
}

TEST(StreamFilter, PlainTextIsHeldToTheEndOfItsWord) {
  Filters filters;
  StreamFilter filter(filters.settings);
  std::string out;
  filter.feed("The answer is simpl", out);
  EXPECT_EQ(out, "The answer is ");
  filter.feed("e, she said. Then ", out);
  EXPECT_EQ(out, "The answer is simple, she said. Then ");
  EXPECT_EQ(filter.held_bytes(), 0U);
}

// A held-back text of any kind stays within its bound; zero-width characters may stand between all bytes of a
// value.
TEST(StreamFilter, HoldBackIsBounded) {
  Filters filters;
  for (const char* unit : {"1 ", "a", "a.", "A1", "eyJ", "eyJa.", "sk-a", "+1 ", "Rue A ", "12 A ",
                           "\xE2\x80\x8B", "1\xE2\x80\x8B", "[", "::", "http://a"}) {
    StreamFilter filter(filters.settings);
    std::string out;
    std::size_t held = 0;
    for (int i = 0; i < 3000; ++i) {
      filter.feed(unit, out);
      held = std::max(held, filter.held_bytes());
    }
    EXPECT_LE(held, std::string_view(unit).starts_with("eyJ") ? Detector::long_reach_bytes + 64
                                                              : 4 * Detector::reach_bytes)
        << unit;
  }
  StreamFilter key(filters.settings);
  std::string out = "";
  key.feed("-----BEGIN PRIVATE KEY-----\n", out);
  for (int i = 0; i < 30'000; ++i) {
    key.feed("A", out);
    ASSERT_LE(key.held_bytes(), Detector::long_reach_bytes + 64);
  }
  key.finish(out);
  EXPECT_EQ(out.find("AAAA"),
            std::string::npos);  // the rest of a key that is longer than its bound is found too
}

TEST(StreamFilter, TokensComeBackAsValues) {
  Filters filters;
  Rng rng(5);
  const std::string card = testing::made_card(rng), mail = "mara@brackwater.example";
  filters.actions.set(DataType::email, Action::pseudonymise);
  const FilteredText out = filter_text(
      filters.settings, "pay " + card + " of " + mail + ", again " + testing::grouped(card, 4, " "));
  EXPECT_EQ(out.text.find(card), std::string::npos);
  EXPECT_EQ(out.text.find("mara"), std::string::npos);
  EXPECT_EQ(out.report.found[static_cast<std::size_t>(DataType::payment_card)], 2U);
  const FilteredText back = filter_text(filters.settings, out.text);
  EXPECT_EQ(back.text, "pay " + card + " of " + mail + ", again " + card);
  EXPECT_EQ(back.report.restored, 3U);
  FilterSettings other = filters.settings;
  other.tenant = "other";
  EXPECT_EQ(filter_text(other, out.text).text, out.text);
}

TEST(StreamFilter, AFullVaultMasks) {
  Filters filters;
  MemoryFileSystem files;
  const auto tiny =
      Vault::open({.folder = "v", .tenant_entries_max = 1, .audit = {}}, master, files, filters.clock)
          .value();
  filters.settings.vault = tiny.get();
  Rng rng(6);
  const std::string text = testing::made_card(rng) + " and " + testing::made_card(rng);
  const FilteredText out = filter_text(filters.settings, text);
  EXPECT_NE(out.text.find(" and [CARD]"), std::string::npos) << out.text;
  EXPECT_EQ(out.report.masked_for_want_of_room, 1U);
}

std::string random_json_string(Rng& rng, std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at);
    if (rng.below(3) != 0 || (c == replacement_character && at - begin == 1)) {
      escape_json(text.substr(begin, at - begin), out);
      continue;
    }
    std::array<char, 16> unit{};
    if (c >= 0x10000)
      std::snprintf(unit.data(), unit.size(), "\\u%04X\\u%04x",
                    static_cast<unsigned>(0xD800 + ((c - 0x10000) >> 10)),
                    static_cast<unsigned>(0xDC00 + ((c - 0x10000) & 0x3FF)));
    else
      std::snprintf(unit.data(), unit.size(), "\\u%04x", static_cast<unsigned>(c));
    out += unit.data();
  }
  return out;
}

std::string unescaped(std::string_view text) {
  JsonUnescaper unescaper;
  std::string out;
  for (const char c : text) unescaper.feed(c, out);
  unescaper.finish(out);
  return out;
}

// The inside of a string is filtered as the text that it means, whatever its escapes and its pieces.
TEST(JsonFilter, EveryChunkingGivesTheDecodedTextsResult) {
  Filters filters;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    Rng rng(seed);
    const std::string text = random_text(rng, filters);
    const std::string escaped = random_json_string(rng, text);
    ASSERT_EQ(unescaped(escaped), text) << "seed " << seed;
    const std::string document = "[\"" + escaped + "\"]";
    const FilteredText whole = filter_json(filters.settings, document);
    const std::string expected = filter_text(filters.settings, text).text;
    ASSERT_EQ(unescaped(whole.text.substr(2, whole.text.size() - 4)), expected) << "seed " << seed;
    const FilteredText alone = filter_json_string(filters.settings, escaped);
    ASSERT_EQ(unescaped(alone.text), expected) << "seed " << seed;
    if (!alone.report.changed) {
      ASSERT_EQ(alone.text, escaped);
    }
    JsonStreamFilter filter(filters.settings);
    ASSERT_EQ(in_pieces(filter, document, rng, whole.text, seed), whole.text) << "seed " << seed << "\n"
                                                                              << document;
  }
}

TEST(JsonFilter, KeysAreContextAndNumbersAreTexts) {
  Filters filters;
  filters.actions = {ActionTable::filled(Action::mask)};
  const auto json = [&](std::string_view text) { return filter_json(filters.settings, text).text; };
  EXPECT_EQ(json(R"({"ssn": "512441932", "id": "512441932"})"), R"({"ssn": "[SSN]", "id": "512441932"})");
  EXPECT_EQ(json(R"({"password":"correcthorse","n":[1,-2.5e3,true,null]})"),
            R"({"password":"[SECRET]","n":[1,-2.5e3,true,null]})");
  Rng rng(8);
  const std::string card = testing::made_card(rng);
  EXPECT_EQ(json("{\"card\": " + card + " , \"x\":1}"), "{\"card\": \"[CARD]\" , \"x\":1}");
  EXPECT_EQ(json("{\"a@b.example\":1}"), "{\"[EMAIL]\":1}");
  EXPECT_EQ(json(R"({"t":"a\"b\\ \u0001\ud800 \n"})"), R"({"t":"a\"b\\ \u0001\ud800 \n"})");
  const std::string prose =
      "this is not JSON at all and longer than a number or word of JSON may be " + card + " end";
  EXPECT_EQ(json(prose),
            "this is not JSON at all and longer than a number or word of JSON may be [CARD] end");
  filters.actions.set(DataType::payment_card, Action::block);
  const FilteredText blocked = filter_json(filters.settings, "{\"a\": \"x " + card + "\"}");
  EXPECT_EQ(blocked.state, FilterState::blocked);
  EXPECT_EQ(blocked.text, "{\"a\": \"x ");
}

TEST(JsonFilter, DocumentsInPieces) {
  Filters filters;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Rng rng(seed);
    std::string document = "{";
    for (std::uint32_t i = 0; i < 1 + rng.below(5); ++i) {
      static constexpr const char* keys[] = {"ssn", "card", "note", "password", "a b"};
      document += std::string(i == 0 ? "" : ", ") + "\"" + keys[rng.below(5)] + "\":";
      if (rng.below(3) == 0)
        document +=
            rng.below(2) == 0 ? testing::made_card(rng) : testing::random_digits(rng, 1 + rng.below(90));
      else
        document += "\"" + random_json_string(rng, random_text(rng, filters)) + "\"";
    }
    document += rng.below(4) == 0 ? "" : "}";
    const FilteredText whole = filter_json(filters.settings, document);
    JsonStreamFilter filter(filters.settings);
    ASSERT_EQ(in_pieces(filter, document, rng, whole.text, seed), whole.text) << "seed " << seed << "\n"
                                                                              << document;
    ASSERT_EQ(filter.report().found, whole.report.found);
  }
}

}  // namespace
}  // namespace loadline
