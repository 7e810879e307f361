#include "encoder/wordpiece.h"

#include <gtest/gtest.h>

#include <random>

#include "base/utf8.h"
#include "encoder/unicode_tables.h"

namespace loadline {
namespace {

constexpr std::string_view vocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nrate\n##s\ninter\n##est\nof\n,\n.\n5\n##5\ncafe\n中\n%\nin\n##"
    "ter\na\n##b\n##c\nabc\n";

Wordpiece tokenizer(WordpieceOptions options = {}) {
  auto made = Wordpiece::from_vocabulary(vocabulary, std::move(options));
  EXPECT_TRUE(made.ok()) << made.error().to_string();
  return std::move(made).value();
}

std::string piece(std::int32_t id) {
  std::size_t at = 0;
  for (std::int32_t line = 0; line < id; ++line) at = vocabulary.find('\n', at) + 1;
  return std::string(vocabulary.substr(at, vocabulary.find('\n', at) - at));
}

/// "piece@begin-end piece@begin-end"
std::string shown(const Wordpiece& tokens_of, std::string_view text,
                  std::size_t limit = Wordpiece::no_limit) {
  std::vector<TokenSpan> tokens;
  tokens_of.encode(text, tokens, limit);
  std::string out;
  for (const TokenSpan& token : tokens) {
    if (!out.empty()) out += ' ';
    out += piece(token.id) + '@' + std::to_string(token.begin) + '-' + std::to_string(token.end);
  }
  return out;
}

TEST(Wordpiece, CutsTheLongestPiecesFromTheLeft) {
  EXPECT_EQ(shown(tokenizer(), "Interest rates"), "inter@0-5 ##est@5-8 rate@9-13 ##s@13-14");
  EXPECT_EQ(shown(tokenizer(), "abc"), "abc@0-3");
  EXPECT_EQ(shown(tokenizer(), "abb"), "a@0-1 ##b@1-2 ##b@2-3");
}

TEST(Wordpiece, AWordWithAnUnknownPartIsOneUnknownToken) {
  EXPECT_EQ(shown(tokenizer(), "rate ratez of"), "rate@0-4 [UNK]@5-10 of@11-13");
}

TEST(Wordpiece, PunctuationAndIdeographsStandAlone) {
  EXPECT_EQ(shown(tokenizer(), "5.5%,中中a"), "5@0-1 .@1-2 5@2-3 %@3-4 ,@4-5 中@5-8 中@8-11 a@11-12");
}

TEST(Wordpiece, OffsetsReferToTheTextAsGiven) {
  EXPECT_EQ(shown(tokenizer(), "CAFÉ of"), "cafe@0-5 of@6-8");  // É: two bytes
  EXPECT_EQ(shown(tokenizer(), "cafe\u0301s of"),
            "cafe@0-4 ##s@6-7 of@8-10");  // the mark belongs to no token
  EXPECT_EQ(shown(tokenizer(), "ra\u200bte\u00ads"), "rate@0-7 ##s@9-10");
  EXPECT_EQ(shown(tokenizer(), "\u3000of"), "of@3-5");
}

TEST(Wordpiece, BytesThatAreNotUtf8AreDropped) {
  EXPECT_EQ(shown(tokenizer(),
                  "ra\xfft\xc3"
                  "e"),
            "rate@0-6");
  EXPECT_EQ(shown(tokenizer(), "\xff\xfe\x80"), "");
}

TEST(Wordpiece, SpecialTokensAreRecognisedInText) {
  EXPECT_EQ(shown(tokenizer(), "a[SEP]a"), "a@0-1 [SEP]@1-6 a@6-7");
  EXPECT_EQ(shown(tokenizer(), "[sep"), "[UNK]@0-1 [UNK]@1-4");
  WordpieceOptions none;
  none.special.clear();
  EXPECT_EQ(shown(tokenizer(none), "[SEP]"), "[UNK]@0-1 [UNK]@1-4 [UNK]@4-5");
}

TEST(Wordpiece, WordsOverTheLimitAreUnknown) {
  WordpieceOptions options;
  options.word_chars_max = 3;
  EXPECT_EQ(shown(tokenizer(options), "abb abbb"), "a@0-1 ##b@1-2 ##b@2-3 [UNK]@4-8");
  EXPECT_EQ(shown(tokenizer(options), "ább ábbb"), "a@0-2 ##b@2-3 ##b@3-4 [UNK]@5-10");
}

TEST(Wordpiece, CaseAndAccentsStayWhereTheModelWantsThem) {
  WordpieceOptions cased;
  cased.lowercase = false;
  EXPECT_EQ(shown(tokenizer(cased), "rate Rate café"), "rate@0-4 [UNK]@5-9 [UNK]@10-15");
  cased.strip_accents = true;
  EXPECT_EQ(shown(tokenizer(cased), "café"), "cafe@0-5");
}

TEST(Wordpiece, TheLimitCutsWithinAWord) {
  EXPECT_EQ(shown(tokenizer(), "abb of", 2), "a@0-1 ##b@1-2");
  EXPECT_EQ(shown(tokenizer(), "abb of", 0), "");
  std::vector<TokenSpan> tokens(3);
  tokenizer().encode("abb of", tokens, 2);
  EXPECT_EQ(tokens.size(), 5u);
}

TEST(Wordpiece, RefusesAVocabularyWithoutItsSpecialTokens) {
  const auto made = Wordpiece::from_vocabulary("rate\n[CLS]\n[UNK]\n", {});
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message().find("[SEP]"), std::string::npos);
}

TEST(Wordpiece, TokenizerJsonRefusesWhatItCannotDo) {
  const std::string normalizer = R"("normalizer":{"type":"BertNormalizer","lowercase":true})";
  const std::string splitter = R"("pre_tokenizer":{"type":"BertPreTokenizer"})";
  const std::string model =
      R"("model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"a":3}})";
  const auto fails = [](const std::string& text, std::string_view reason) {
    const auto made = Wordpiece::from_tokenizer_json(text);
    ASSERT_FALSE(made.ok()) << text;
    EXPECT_EQ(made.error().code(), Code::invalid_argument);
    EXPECT_NE(made.error().message().find(reason), std::string::npos) << made.error().message();
  };
  EXPECT_TRUE(Wordpiece::from_tokenizer_json("{" + normalizer + "," + splitter + "," + model + "}").ok());
  fails("", "JSON");
  fails("[]", "no object");
  fails("{" + splitter + "," + model + "}", "normalizer");
  fails("{" + normalizer + "," + model + "}", "pre_tokenizer");
  fails("{" + normalizer + "," + splitter + "}", "model");
  fails("{" + normalizer + "," + splitter + R"(,"model":{"type":"BPE"}})", "model type");
  fails(
      "{" + normalizer + "," + splitter +
          R"(,"model":{"type":"WordPiece","continuing_subword_prefix":"##","unk_token":"[UNK]","vocab":{"a":-1}}})",
      "token id");
  fails("{" + normalizer + "," + splitter + "," + model +
            R"(,"added_tokens":[{"content":"<x>","lstrip":true}]})",
        "lstrip");
}

/// Property: any bytes give tokens whose spans are in order, inside the text and on whole code points, and a
/// limit gives a prefix.
TEST(Wordpiece, AnyBytesGiveOrderedSpans) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const Wordpiece made = tokenizer();
  const std::string_view parts[] = {"rate",   "s",          " ",      "É",    "\u0301", "中",
                                    "[SEP]",  "[",          ".",      "\xff", "\u200b", "\u302e",
                                    "\u0f71", "\U0001d165", "\u1b44", "한",   "ab",     "\n"};
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (unsigned n = random() % 20; n > 0; --n) {
      if (random() % 8 == 0)
        text += static_cast<char>(random());
      else
        text += parts[random() % std::size(parts)];
    }
    std::vector<TokenSpan> tokens, few;
    made.encode(text, tokens);
    std::uint32_t last = 0;
    for (const TokenSpan& token : tokens) {
      ASSERT_LE(last, token.begin);
      ASSERT_LT(token.begin, token.end);
      ASSERT_LE(token.end, text.size());
      last = token.begin;
    }
    const std::size_t limit = random() % (tokens.size() + 1);
    made.encode(text, few, limit);
    ASSERT_EQ(few.size(), limit);
    for (std::size_t i = 0; i < limit; ++i) ASSERT_EQ(few[i].id, tokens[i].id);
  }
}

TEST(UnicodeTables, KnowTheReferenceKinds) {
  EXPECT_EQ(code_point_kind('a'), CodePointKind::word);
  EXPECT_EQ(code_point_kind('\n'), CodePointKind::space);
  EXPECT_EQ(code_point_kind('\v'), CodePointKind::removed);
  EXPECT_EQ(code_point_kind('$'), CodePointKind::punctuation);
  EXPECT_EQ(code_point_kind(0x20AC), CodePointKind::word);  // the euro sign is a symbol
  EXPECT_EQ(code_point_kind(0x4E2D), CodePointKind::ideograph);
  EXPECT_EQ(code_point_kind(0x0301), CodePointKind::mark);
  EXPECT_EQ(code_point_kind(0xFFFD), CodePointKind::removed);
  EXPECT_EQ(without_accents(0xAC01).values[2], char32_t{0x11A8});
  EXPECT_EQ(to_lower(0x130).values[0], char32_t{'i'});
}

}  // namespace
}  // namespace loadline
