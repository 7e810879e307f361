#include "llama/gbnf_check.h"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.h"

// llama.cpp's own parser, to compare with. It is internal, so declared and not included.
#include <llama.h>

namespace loadline::llama {
namespace {

TEST(GbnfCheck, TakesGrammars) {
  const char* good[] = {
      "root ::= \"a\"",
      "root ::= item+ # comment\nitem ::= [a-z]* \"\\n\" | \"\\x41\" | \"\\u00e9\" | . ",
      "root ::= (\n  \"x\" | \"y\"\n)? tail\ntail ::= [^\"\\\\\\]-] {2,5} \"z\"{3} \"q\"{0,}\n\n",
      "# only a rule below\r\nroot ::= \"\"\r\n",
      "root ::= <[5]> !<[12]>",
      "root ::= \"€ 🙂\" [é-ü]",
      "root ::= a-b\na-b ::= \"1\" |",
  };
  for (const char* text : good)
    EXPECT_TRUE(check_gbnf(text).ok()) << text << ": " << check_gbnf(text).error().message();
}

TEST(GbnfCheck, RefusesOthersAndSaysWhere) {
  const std::pair<const char*, const char*> bad[] = {
      {"", "root"},
      {"other ::= \"a\"", "root"},
      {"root ::= (", "line 1"},
      {"root ::= \"a", "ends inside"},
      {"root ::= \"a\"\nroot2 : \"b\"", "line 2"},
      {"root ::= missing", "not defined: missing"},
      {"root ::= * \"a\"", "before a repetition"},
      {"root ::= \"a\"{2001}", "2000"},
      {"root ::= \"a\"{5,2}", "not less"},
      {"root ::= \"\\q\"", "escape"},
      {"root ::= \"\\u12\"", "hexadecimal"},
      {"root ::= [", "ends inside"},
      {"root ::= []", "empty"},
      {"root ::= <name>", "<[number]>"},
      {"root ::= \"a\" )", "end of the line"},
      {"root ::= \"\xFF\"", "UTF-8"},
  };
  for (const auto& [text, why] : bad) {
    const Status status = check_gbnf(text);
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_EQ(status.error().code(), Code::invalid_argument);
    EXPECT_NE(status.error().message().find(why), std::string::npos) << status.error().message();
  }
}

TEST(GbnfCheck, BoundsNestingAndSize) {
  const std::string deep = "root ::= " + std::string(200000, '(') + "\"a\"" + std::string(200000, ')');
  EXPECT_NE(check_gbnf(deep).error().message().find("nested"), std::string::npos);
  const std::string large = "root ::= \"" + std::string(2000, 'x') + "\"{2000}";
  EXPECT_NE(check_gbnf(large).error().message().find("too large"), std::string::npos);
  EXPECT_NE(check_gbnf("root ::= ((\"x\"{2000}){2000}){2000}").error().message().find("too large"),
            std::string::npos);
}

// Whatever bytes come: an answer, no crash, and nothing that llama.cpp would refuse is let through. Its
// parser writes to stderr when it refuses, which this test would show.
TEST(GbnfCheck, AgreesWithLlamaCppOnDamagedGrammars) {
  const std::string whole =
      "root ::= (item | \"x\"{2,3})+ tail # c\nitem ::= [a-z^0-9]* \"\\n\" .\ntail ::= \"\\x41\"? <[7]>\n";
  int accepted = 0;
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    Rng rng(seed);
    std::string text = whole;
    const std::string_view pieces = "()[]{}\"\\|*+?.,:=#<>!-\n ab09^";
    for (std::uint32_t n = 1 + rng.below(3); n > 0; --n) {
      const std::size_t at = rng.below(static_cast<std::uint32_t>(text.size()));
      if (rng.below(2) == 0) {
        text.erase(at, 1 + rng.below(3));
      } else {
        text[at] = pieces[rng.below(static_cast<std::uint32_t>(pieces.size()))];
      }
    }
    if (!check_gbnf(text).ok()) continue;
    ++accepted;
    testing::internal::CaptureStderr();
    llama_sampler* sampler = llama_sampler_init_grammar(nullptr, text.c_str(), "root");
    const std::string complaint = testing::internal::GetCapturedStderr();
    EXPECT_EQ(complaint, "") << "seed " << seed;
    if (sampler != nullptr) llama_sampler_free(sampler);
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace loadline::llama
