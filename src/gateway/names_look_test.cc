#include "gateway/names_look.h"

#include <gtest/gtest.h>

#include "gateway/privacy_guard.h"
#include "model/memory_file_system.h"

namespace loadline {
namespace {

// Knows two people.
class TwoPeople final : public FurtherFindings {
 public:
  Status find(std::string_view unit, const CallContext&, std::vector<Finding>& out) const override {
    ++asked;
    if (asked > answers_max) return Error(Code::deadline_exceeded, "too late");
    for (const std::string_view name : {"Mara Lind", "Bo Ek"})
      if (const std::size_t at = unit.find(name); at != std::string_view::npos)
        out.push_back({DataType::person, 0, 0.8F, at, at + name.size()});
    return {};
  }
  mutable std::size_t asked = 0;
  std::size_t answers_max = 1000;
};

struct Guarded {
  MemoryFileSystem files;
  ManualClock clock;
  CallContext context;
  std::unique_ptr<Vault> vault =
      Vault::open({.folder = "vault", .audit = {}}, std::string(64, '7'), files, clock).value();
  PrivacyPolicy policy;
  TwoPeople people;

  Guarded() {
    context.clock = &clock;
    policy.detector = Detector::make({}).value();
    policy.names = true;
  }
  // As the flow does it: collect, ask, filter.
  Result<std::string> filter(PrivacyGuard& guard, const std::string& body) {
    const RequestFacts facts = read_request(Dialect::openai_chat, body).value();
    if (const auto units = guard.names_due(body, facts))
      guard.names().take(look_for_names(people, *units, context));
    return guard.filter_request(body, facts);
  }
};

const std::string one_message =
    R"({"model":"m","messages":[{"role":"user","content":"Write to Mara Lind, mara.lind@brackwater.example."}]})";

TEST(NamesLook, APersonIsTheSameTokenInEveryTurnAndComesBack) {
  Guarded g;
  PrivacyGuard guard(g.policy, g.vault.get(), "tenant", "request");
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":"Write to Mara Lind."},)"
      R"({"role":"assistant","content":"Done.","tool_calls":[{"id":"1","type":"function","function":{"name":"send",)"
      R"("arguments":"{\"to\":\"MARA LIND\",\"cc\":\"Mara Lind\"}"}}]},)"
      R"({"role":"user","content":"Did Mara Lind answer? And Bo Ek?"}]})";
  const std::string out = g.filter(guard, body).value();
  const std::string token = g.vault->find("tenant", DataType::person, "Mara Lind").value();
  EXPECT_EQ(out.find("Mara Lind"), std::string::npos) << out;
  EXPECT_EQ(out.find("Bo Ek"), std::string::npos) << out;
  std::size_t times = 0;
  for (std::size_t at = out.find(token); at != std::string::npos; at = out.find(token, at + 1)) ++times;
  EXPECT_EQ(times, 3U) << out;
  std::string shown;
  const Channel channel{0, ChannelKind::text, 0};
  for (const char c : "I wrote to [" + token.substr(1) + " today.")
    ASSERT_TRUE(guard.feed(channel, std::string(1, c), shown));
  ASSERT_TRUE(guard.finish(channel, shown));
  EXPECT_EQ(shown, "I wrote to Mara Lind today.");
  EXPECT_FALSE(guard.is_unchecked());
}

TEST(NamesLook, EqualUnitsAreAskedOnce) {
  Guarded g;
  PrivacyGuard guard(g.policy, g.vault.get(), "tenant", "request");
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":"Mara Lind"},{"role":"user","content":"Mara Lind"}]})";
  EXPECT_TRUE(g.filter(guard, body));
  EXPECT_EQ(g.people.asked, 1U);
}

TEST(NamesLook, WithoutAnAnswerNothingPassesOrItPassesUnchecked) {
  Guarded g;
  g.people.answers_max = 0;
  PrivacyGuard strict(g.policy, g.vault.get(), "tenant", "request");
  const auto refused = g.filter(strict, one_message);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::unavailable);
  EXPECT_NE(refused.error().message().find("too late"), std::string::npos);
  EXPECT_EQ(refused.error().message().find("Mara"), std::string::npos);

  g.policy.names_on_failure = OnGuardFailure::mark_unchecked;
  PrivacyGuard lenient(g.policy, g.vault.get(), "tenant", "request");
  const std::string passed = g.filter(lenient, one_message).value();
  EXPECT_NE(passed.find("Mara Lind"), std::string::npos);
  EXPECT_EQ(passed.find("mara.lind@"), std::string::npos);  // what needs no model is still done
  EXPECT_TRUE(lenient.is_unchecked());
}

TEST(NamesLook, NobodyAskedIsAFailureToo) {
  Guarded g;
  PrivacyGuard guard(g.policy, g.vault.get(), "tenant", "request");
  const RequestFacts facts = read_request(Dialect::openai_chat, one_message).value();
  EXPECT_EQ(guard.filter_request(one_message, facts).error().code(), Code::unavailable);
}

TEST(NamesLook, WithoutNamesNothingIsDue) {
  Guarded g;
  g.policy.names = false;
  PrivacyGuard guard(g.policy, g.vault.get(), "tenant", "request");
  const RequestFacts facts = read_request(Dialect::openai_chat, one_message).value();
  EXPECT_EQ(guard.names_due(one_message, facts), nullptr);
  EXPECT_TRUE(guard.filter_request(one_message, facts));
}

}  // namespace
}  // namespace loadline
