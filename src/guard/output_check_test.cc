#include "guard/output_check.h"

#include <gtest/gtest.h>

#include <random>

namespace loadline {
namespace {

OutputPolicy policy_with(OutputAction action) {
  OutputPolicy policy;
  policy.allowed_hosts = {"bank.example", ".docs.example"};
  policy.actions.fill(action);
  return policy;
}

std::string checked(std::string_view text, OutputAction action = OutputAction::strip) {
  const OutputPolicy policy = policy_with(action);
  return check_output(policy, nullptr, text).text;
}

TEST(OutputCheck, StripKeepsTheTextOfALink) {
  EXPECT_EQ(checked("see [our page](https://evil.example/a?b) now"), "see [our page] now");
  EXPECT_EQ(checked("see [our page](https://evil.example/a \"a title\"), now"), "see [our page], now");
  EXPECT_EQ(checked("![chart](http://evil.example/x.png)"), "![chart]");
  EXPECT_EQ(checked("[![chart](//evil.example/x)](//evil.example)"), "[![chart]]");
  EXPECT_EQ(checked("go to https://evil.example/x?d=1 today"), "go to  today");
  EXPECT_EQ(checked("go to www.evil.example today"), "go to  today");
  EXPECT_EQ(checked("[a]\n\n[a]: https://evil.example/x"), "[a]\n\n[a]");
}

TEST(OutputCheck, AllowedAndRelativeAddressesPass) {
  for (const std::string_view text :
       {"[page](https://bank.example/fees?a=1&b=2#c)", "![x](/images/a.png)", "[x](#anchor)",
        "[x](fees.pdf \"t\")", "[x](<my fees.pdf>)",
        "https://sub.docs.example/x and https://docs.example:8443", "[1] (see the annex) and [2]: the second",
        "<https://bank.example/a>", "mail [us](mailto:help@bank.example)",
        "5 < 6 and 7 > 3, https: is a scheme", "the data: 4 items", "awww. what a dinghy",
        "a [b] c ![d] e (f)"})
    EXPECT_EQ(checked(text), text);
}

TEST(OutputCheck, WhatOthersWouldReadAsAnAddressIsOne) {
  const OutputPolicy policy = policy_with(OutputAction::strip);
  for (const std::string_view text : {"[a](HTTPS://evil.example)",
                                      "[a](//evil.example)",
                                      "[a](/\\evil.example)",
                                      "[a](https:evil.example)",
                                      "[a](https://bank.example@evil.example)",
                                      "[a](https://bank.example.evil.example)",
                                      "[a](https://bank.example&#46;evil)",
                                      "[a](&#104;ttps://evil.example)",
                                      "[a](\\/\\/evil.example)",
                                      "[a](/&#47;evil.example)",
                                      "[a](<//evil.example>)",
                                      "[a](\n//evil.example)",
                                      "[a](javascript:alert(1))",
                                      "[a](data:text/html,x)",
                                      "![a](https://b%61nk.example)",
                                      "[a](mailto:x@evil.example?body=y)",
                                      "<https://evil.example>",
                                      "data:text/html;base64,AAAA",
                                      "[a](https://bank.example\\@evil.example)",
                                      "[a]: //evil.example",
                                      "(https://evil.example)",
                                      "[a](https://bank.example/ ![b](//evil.example)"}) {
    const CheckedOutput out = check_output(policy, nullptr, text);
    EXPECT_GT(out.report.total(), 0U) << text;
    EXPECT_EQ(out.text.find("//evil"), std::string::npos) << out.text;
    EXPECT_EQ(out.text.find("script:"), std::string::npos) << out.text;
  }
}

TEST(OutputCheck, TakingOutMakesNothingNew) {
  EXPECT_EQ(checked("[a](                     //evil.example)"), "[a] //evil.example)");
  EXPECT_EQ(checked("[a](http://evil.example)(//evil.example)"), "[a] (//evil.example)");
  EXPECT_EQ(checked("ht<b>tp://evil.example"), "ht tp://evil.example");
  EXPECT_EQ(checked("<<b>script>x"), "< script>x");
  EXPECT_EQ(checked("[a]: http://evil.example\n//evil.example/x"), "[a]\n//evil.example/x");
}

TEST(OutputCheck, HtmlIsMaskedOrTakenOut) {
  EXPECT_EQ(checked("a <b>bold</b> word", OutputAction::mask), "a &lt;b>bold&lt;/b> word");
  EXPECT_EQ(checked("a <b>bold</b> word<!-- x -->"), "a bold word");
  EXPECT_EQ(checked("<script>alert(1)</script>", OutputAction::mask), "&lt;script>alert(1)&lt;/script>");
  EXPECT_EQ(checked("<img src=x onerror=y", OutputAction::strip), "&lt;img src=x onerror=y");
}

TEST(OutputCheck, CodeIsLeftAlone) {
  for (const std::string_view text :
       {"```html\n<script>x</script> https://evil.example\n```\nafter",
        "use `<div>` and `https://evil.example` here", "~~~\n<b>\n~~~\n", "``a ` <b>``"})
    EXPECT_EQ(checked(text, OutputAction::mask), text);
  OutputPolicy html_client = policy_with(OutputAction::mask);
  html_client.code_is_inert = false;
  EXPECT_EQ(check_output(html_client, nullptr, "`<div>`").text, "`&lt;div>`");
}

TEST(OutputCheck, WhatOnlyLooksLikeCodeIsChecked) {
  for (const std::string_view text :
       {"\\`<b>`", "`\n<b>`", "``x `y\n\n``` <b>", "| ` | <b> ` |", "- a\n  ```\n<b>\n", "> ```\n<b>\n",
        "`` a\n` <b> `", "  ```\n```\n<b>", "```a`b\n<b>\n", "```x```\n```\n<b>"}) {
    const std::string out = checked(text, OutputAction::mask);
    EXPECT_EQ(out.find("<b>"), std::string::npos) << text;
  }
}

TEST(OutputCheck, BlockEndsTheStream) {
  OutputPolicy policy = policy_with(OutputAction::block);
  const CheckedOutput out = check_output(policy, nullptr, "before ![x](http://evil.example) after");
  EXPECT_EQ(out.state, OutputState::blocked);
  EXPECT_EQ(out.report.blocked_by, OutputFinding::image);
  EXPECT_EQ(out.report.verdict(out.state), GuardVerdict::block);
  EXPECT_EQ(out.text, "before ![x");
}

TEST(OutputCheck, KeepOnlyCounts) {
  const OutputPolicy policy = policy_with(OutputAction::keep);
  const std::string text =
      "![x](http://evil.example) <b>bold</b> https://evil.example/a(b)c [a](javascript:x)";
  const CheckedOutput out = check_output(policy, nullptr, text);
  EXPECT_EQ(out.text, text);
  EXPECT_FALSE(out.report.changed);
  EXPECT_GE(out.report.total(), 3U);
}

constexpr std::string_view system_prompt =
    "You are the assistant of Harbour Bank. Never speak about the merger with the northern branch before the "
    "board has "
    "spoken. Say \"I cannot find this in the documents of the bank that I was given today\" when nothing is "
    "found.";

std::unique_ptr<const HiddenContext> hidden() {
  return HiddenContext::make({system_prompt}, {"canary-4711-zulu"}).value();
}

TEST(OutputCheck, AnEchoOfTheHiddenContextIsFound) {
  const auto context = hidden();
  OutputPolicy policy = policy_with(OutputAction::mask);
  const std::string echo =
      "My rules: never speak about **the merger** with the northern branch before the board has spoken. Good "
      "day.";
  const CheckedOutput masked = check_output(policy, context.get(), echo);
  EXPECT_EQ(masked.text, "My rules: never speak [removed]. Good day.");
  EXPECT_EQ(masked.report.found[static_cast<std::size_t>(OutputFinding::echo)], 1U);
  policy.set(OutputFinding::echo, OutputAction::block);
  EXPECT_EQ(check_output(policy, context.get(), echo).state, OutputState::blocked);
  EXPECT_EQ(check_output(policy, context.get(), echo).text, "My rules: never speak ");
}

TEST(OutputCheck, WhatIsThereToBeSaidMayBeSaid) {
  const auto context = hidden();
  const OutputPolicy policy = policy_with(OutputAction::block);
  for (const std::string_view text :
       {"I cannot find this in the documents of the bank that I was given today.",
        "The assistant of Harbour Bank never speaks about the board of the northern branch."})
    EXPECT_EQ(check_output(policy, context.get(), text).text, text);
}

TEST(OutputCheck, ACanaryIsFoundInAnyCase) {
  const auto context = hidden();
  OutputPolicy policy = policy_with(OutputAction::mask);
  EXPECT_EQ(check_output(policy, context.get(), "it is Canary-4711-ZULU!").text, "it is [removed]!");
  EXPECT_EQ(check_output(policy, context.get(), "canary-canary-4711").text, "canary-canary-4711");
}

TEST(OutputCheck, CanariesHaveBounds) {
  EXPECT_FALSE(HiddenContext::make({}, {"short"}).ok());
  const std::string longest(HiddenContext::canary_bytes_max + 1, 'x');
  EXPECT_FALSE(HiddenContext::make({}, {longest}).ok());
}

/// Texts out of the pieces that matter.
std::string random_text(std::mt19937& random) {
  static constexpr std::string_view pieces[] = {
      "[",
      "]",
      "(",
      ")",
      "](",
      "![",
      "<",
      ">",
      "`",
      "``",
      "```",
      "~~~",
      "\n",
      "\n\n",
      "\r\n",
      " ",
      "\\",
      "|",
      ":",
      "\"",
      "'",
      "http://",
      "https://bank.example",
      "evil.example",
      "//",
      "/",
      "www.",
      "javascript:",
      "data:text/",
      "data:",
      "<b>",
      "</b>",
      "<!--",
      "-->",
      "<script",
      "a",
      "word",
      "h",
      "html",
      "&#47;",
      "\xC3\xA9",
      "\xF0\x9F\x98\x80",
      "\xFF",
      "!",
      ".",
      "canary-4711-zulu",
      "canary-4711",
      "never speak about the merger with the northern branch before the board has spoken",
      "the merger with the northern branch",
      "- a\n  ",
      "> ",
      "mailto:x@bank.example",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
  std::string text;
  for (std::size_t i = 0, n = random() % 24; i < n; ++i) text += pieces[random() % std::size(pieces)];
  if (random() % 40 == 0)
    text.insert(text.size() / 2, std::string(700, static_cast<char>(random() % 2 == 0 ? '`' : 'b')));
  return text;
}

TEST(OutputCheck, EveryChunkingGivesTheSame) {
  const auto context = hidden();
  for (std::uint32_t seed = 1; seed <= 20000; ++seed) {
    std::mt19937 random(seed);
    const std::string text = random_text(random);
    OutputPolicy policy = policy_with(OutputAction::strip);
    for (OutputAction& action : policy.actions) {
      action = static_cast<OutputAction>(random() % 4);
      if (action == OutputAction::block && random() % 3 != 0) action = OutputAction::mask;
    }
    policy.code_is_inert = random() % 4 != 0;
    const CheckedOutput whole = check_output(policy, context.get(), text);
    for (int way = 0; way < 3; ++way) {
      OutputCheck check(policy, context.get());
      std::string out;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = way == 0 ? 1 : 1 + random() % 9;
        check.feed(std::string_view(text).substr(at, size), out);
        ASSERT_LE(check.held_bytes(), OutputCheck::held_bytes_max) << "seed " << seed;
        at += size;
      }
      ASSERT_EQ(check.finish(out), whole.state) << "seed " << seed;
      ASSERT_EQ(out, whole.text) << "seed " << seed << " text " << text;
      ASSERT_EQ(check.report().blocked_by, whole.report.blocked_by) << "seed " << seed;
      if (whole.state == OutputState::blocked) continue;  // how much more was seen depends on the pieces
      ASSERT_EQ(check.report().found, whole.report.found) << "seed " << seed;
      ASSERT_EQ(check.report().changed, whole.report.changed) << "seed " << seed;
    }
  }
}

/// What was checked once has nothing left to find.
TEST(OutputCheck, TheResultIsClean) {
  for (const OutputAction action : {OutputAction::strip, OutputAction::mask})
    for (std::uint32_t seed = 1; seed <= 20000; ++seed) {
      std::mt19937 random(seed);
      OutputPolicy policy = policy_with(action);
      policy.code_is_inert = random() % 2 == 0;
      const std::string text = random_text(random);
      const CheckedOutput once = check_output(policy, nullptr, text);
      const CheckedOutput twice = check_output(policy, nullptr, once.text);
      ASSERT_EQ(twice.report.total(), 0U) << "seed " << seed << "\n"
                                          << text << "\n--\n"
                                          << once.text << "\n--\n"
                                          << twice.text;
    }
}

TEST(OutputCheck, PlainTextIsHeldToTheEndOfItsWord) {
  const OutputPolicy policy = policy_with(OutputAction::strip);
  OutputCheck check(policy, nullptr);
  std::string out;
  check.feed("The fee is paid with", out);
  EXPECT_EQ(check.held_bytes(), 1U);  // "h" may begin "https:"
  check.feed(" ", out);
  EXPECT_EQ(out, "The fee is paid with ");
}

}  // namespace
}  // namespace loadline
