#include "gateway/trace_texts.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

constexpr std::string_view mail = "canary.person@brookmere.example", card = "4929 1234 1234 1232";

TraceTexts texts() {
  auto policy = std::make_shared<PrivacyPolicy>();
  policy->detector = Detector::make({}).value();
  policy->actions.of = ActionTable::filled(Action::mask);
  return TraceTexts(policy);
}

std::string input(const std::string& body) {
  return texts().input(body, read_request(Dialect::openai_chat, body).value());
}

TEST(TraceTexts, ValuesAreMaskedInBothDirections) {
  const std::string body = R"({"model":"m","messages":[{"role":"system","content":"Be short."},)"
                           R"({"role":"user","content":"card )" +
                           std::string(card) + ", mail " + std::string(mail) + R"("}]})";
  const std::string told = input(body);
  EXPECT_EQ(told.find(mail), std::string::npos);
  EXPECT_EQ(told.find("1234 1232"), std::string::npos);
  EXPECT_EQ(told.find(R"([{"role":"system","parts":[{"type":"text","content":"Be short."}]},{"role":"user")"),
            0U)
      << told;
  EXPECT_EQ(texts().output("write to " + std::string(mail)).find(mail), std::string::npos);
}

TEST(TraceTexts, AValueAtTheCutIsNotShownInPart) {
  for (std::size_t before = TraceTexts::bytes_max - 40; before <= TraceTexts::bytes_max; ++before) {
    const std::string text =
        std::string(before - 1, 'x') + " " + std::string(mail) + " " + std::string(500, 'y');
    const std::string told = texts().output(text);
    EXPECT_EQ(told.find("canary"), std::string::npos) << before;
    EXPECT_NE(told.find("left out"), std::string::npos);
    EXPECT_LT(told.size(), TraceTexts::bytes_max + 200);
  }
}

TEST(TraceTexts, OfAWholeAnswerTheTextIsTold) {
  EXPECT_EQ(TraceTexts::text_of(
                Dialect::openai_chat,
                R"({"choices":[{"index":0,"message":{"role":"assistant","content":"caf\u00e9"}}]})"),
            "caf\xC3\xA9");
  EXPECT_EQ(TraceTexts::text_of(Dialect::openai_chat, "no json"), "");
}

}  // namespace
}  // namespace loadline
