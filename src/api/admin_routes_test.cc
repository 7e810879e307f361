#include "api/admin_routes.h"

#include "api/fakes_test.h"
#include "model/memory_file_system.h"

namespace loadline {
namespace {

namespace json = boost::json;

constexpr const char* admin = "an-admin-key-of-this-test";

class AdminRoutesTest : public ApiFixture {
 protected:
  void SetUp() override {
    ASSERT_TRUE(files_.create_folder("data"));
    auto opened = KeyStore::open(
        files_, clock_,
        {.file = "data/keys.json", .classes = {}, .poll_every = std::chrono::milliseconds::zero()});
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = std::move(*opened);
    key_store_ = store_.get();
    admin_secret_ = admin;
    ApiFixture::SetUp();
  }

  Reply with(const std::string& secret, const std::string& method, const std::string& target,
             const std::string& body = "", const std::string& peer = "10.0.0.1") {
    HttpRequest request{.method = method, .target = target, .body = body};
    request.peer = peer;
    if (!secret.empty()) request.headers.push_back({"authorization", "Bearer " + secret});
    return ask(std::move(request));
  }
  Reply as_admin(const std::string& method, const std::string& target, const std::string& body = "") {
    return with(admin, method, target, body);
  }

  MemoryFileSystem files_;
  std::unique_ptr<KeyStore> store_;
};

TEST_F(AdminRoutesTest, AKeyIsShownOnceAndThenChangedRotatedAndRevoked) {
  const Reply made = as_admin("POST", "/admin/v1/keys",
                              R"({"name":"app","team":"payments","routes":["docs"],"weight":3,)"
                              R"("limits":{"concurrent":2},"budget":{"day_usd":"0.50"}})");
  ASSERT_EQ(made.head.status, 201) << made.body;
  const std::string secret(made.json().at("secret").as_string());
  EXPECT_EQ(made.header("cache-control"), "no-store");
  EXPECT_TRUE(store_->find(secret));

  const Reply shown = as_admin("GET", "/admin/v1/keys/app");
  EXPECT_EQ(shown.body.find(secret), std::string::npos);
  EXPECT_EQ(shown.json().at("routes"), (json::array{"docs"}));
  EXPECT_EQ(shown.json().at("models"), "*");
  EXPECT_EQ(shown.json().at("budget").at("day_usd"), "0.50");
  EXPECT_EQ(as_admin("GET", "/admin/v1/keys").json().at("data").as_array().size(), 1U);

  const Reply changed =
      as_admin("PATCH", "/admin/v1/keys/app",
               R"({"routes":"*","limits":{"requests_per_minute":7},"budget":{"day_usd":null}})");
  ASSERT_EQ(changed.head.status, 200) << changed.body;
  const auto identity = store_->find(secret);
  ASSERT_TRUE(identity);
  EXPECT_TRUE((*identity)->scopes.routes.every);
  EXPECT_EQ((*identity)->scopes.limits.requests_per_minute, 7U);
  EXPECT_EQ((*identity)->scopes.limits.concurrent, 2U) << "what is absent stays";
  EXPECT_FALSE((*identity)->scopes.budget.day) << "null takes a limit away";
  EXPECT_EQ((*identity)->scopes.weight, 3U);

  const Reply rotated = as_admin("POST", "/admin/v1/keys/app/rotate", R"({"grace_seconds":60})");
  ASSERT_EQ(rotated.head.status, 200) << rotated.body;
  EXPECT_TRUE(store_->find(secret)) << "during the grace period";
  EXPECT_TRUE(store_->find(std::string(rotated.json().at("secret").as_string())));
  clock_.advance(std::chrono::seconds(61));
  EXPECT_FALSE(store_->find(secret));

  EXPECT_EQ(as_admin("DELETE", "/admin/v1/keys/app").head.status, 200);
  EXPECT_FALSE(store_->find(std::string(rotated.json().at("secret").as_string())));
  EXPECT_EQ(as_admin("GET", "/admin/v1/keys/app").json().at("state"), "revoked");
  EXPECT_EQ(as_admin("PATCH", "/admin/v1/keys/app", R"({"weight":1})").head.status, 409);
}

TEST_F(AdminRoutesTest, WhatIsMisspelledOrOutOfRangeIsRefusedByName) {
  const struct {
    const char *body, *param, *says;
  } cases[] = {
      {R"({"team":"x"})", "name", "missing"},
      {R"({"name":"a","bugdet":{}})", "bugdet", "budget"},
      {R"({"name":"a","limits":{"request_per_minute":1}})", "limits.request_per_minute",
       "requests_per_minute"},
      {R"({"name":"a","budget":{"day_usd":0.1}})", "budget.day_usd", "text"},
      {R"({"name":"a","budget":{"day_usd":"-1"}})", "budget.day_usd", "text"},
      {R"({"name":"a","weight":0})", "weight", "between"},
      {R"({"name":"a","routes":"docs"})", "routes", "array"},
      {R"({"name":"a","routes":[1]})", "routes", "strings"},
  };
  for (const auto& c : cases) {
    const Reply refused = as_admin("POST", "/admin/v1/keys", c.body);
    EXPECT_EQ(refused.head.status, 400) << c.body;
    EXPECT_EQ(refused.json().at("error").at("param"), c.param) << refused.body;
    EXPECT_NE(refused.body.find(c.says), std::string::npos) << refused.body;
  }
  EXPECT_EQ(as_admin("POST", "/admin/v1/keys", R"({"name":"a b"})").head.status, 400);
  EXPECT_EQ(as_admin("POST", "/admin/v1/keys", R"({"name":"a","clearance":"none such"})").head.status, 400);
  EXPECT_TRUE(store_->empty());
  ASSERT_EQ(as_admin("POST", "/admin/v1/keys", R"({"name":"a","limits":{"concurrent":1}})").head.status, 201);
  EXPECT_EQ(as_admin("PATCH", "/admin/v1/keys/a", R"({"limits":{"concurrent":9},"wieght":2})").head.status,
            400);
  EXPECT_EQ(store_->list()[0].scopes.limits.concurrent, 1U) << "nothing of it is taken";
  EXPECT_EQ(as_admin("POST", "/admin/v1/keys", R"({"name":"a"})").head.status, 409);
  EXPECT_EQ(as_admin("DELETE", "/admin/v1/keys/none").head.status, 404);
}

// Every admin route, with everything that is not an admin key; and an admin key on every other route.
TEST_F(AdminRoutesTest, NoPlainKeyReachesAnAdminRoute) {
  const std::string plain =
      std::string(as_admin("POST", "/admin/v1/keys", R"({"name":"plain"})").json().at("secret").as_string());
  const std::string second =
      std::string(as_admin("POST", "/admin/v1/keys", R"({"name":"second","admin":true})")
                      .json()
                      .at("secret")
                      .as_string());
  int routes = 0;
  for (const RouteEntry& entry : route_table()) {
    if (entry.access != Access::admin) continue;
    ++routes;
    std::string target(entry.pattern);
    if (const std::size_t at = target.find("{name}"); at != std::string::npos) target.replace(at, 6, "plain");
    for (const char* method : {"GET", "POST", "PATCH", "DELETE"}) {
      if (!allows_method(entry, method)) continue;
      const std::string peer = target + method;  // so that nobody is held up for guessing
      EXPECT_EQ(with("", method, target, "", peer).head.status, 401) << method << target;
      EXPECT_EQ(with("ll-wrong", method, target, "", peer).head.status, 401) << method << target;
      EXPECT_EQ(with(plain, method, target, "", peer).head.status, 403) << method << target;
    }
  }
  EXPECT_EQ(routes, 6);
  EXPECT_EQ(with(second, "GET", "/admin/v1/keys").head.status, 200);
  EXPECT_EQ(with(plain, "GET", "/v1/models").head.status, 200);
  EXPECT_EQ(with(admin, "GET", "/v1/models").head.status, 401)
      << "the manifest's admin key opens nothing else";
  ASSERT_EQ(with(admin, "DELETE", "/admin/v1/keys/second").head.status, 200);
  EXPECT_EQ(with(second, "GET", "/admin/v1/keys").head.status, 401);
  // Without any key at all, everyone may ask models on loopback, and nobody may administrate.
  key_store_ = nullptr, admin_secret_ = "";
  open();
  EXPECT_EQ(with("", "GET", "/v1/models").head.status, 200);
  EXPECT_EQ(with("", "GET", "/admin/v1/keys").head.status, 401);
  EXPECT_EQ(with("anything", "GET", "/admin/v1/keys").head.status, 401);
}

TEST_F(AdminRoutesTest, AKeySeesTheCollectionsThatItNames) {
  const auto made = [&](const std::string& name, const std::string& collections) {
    return std::string(
        as_admin("POST", "/admin/v1/keys", R"({"name":")" + name + R"(","collections":)" + collections + "}")
            .json()
            .at("secret")
            .as_string());
  };
  const std::string sees = made("sees", R"(["c"])"), blind = made("blind", R"(["d"])");
  for (const char* target : {"/v1/collections/c", "/v1/collections/c/documents"}) {
    EXPECT_EQ(with(sees, "GET", target).head.status, 200) << target;
    EXPECT_EQ(with(blind, "GET", target).head.status, 403) << target;
  }
  const std::string query = R"({"query":"x"})";
  EXPECT_EQ(with(sees, "POST", "/v1/collections/c/search", query).head.status, 200);
  EXPECT_EQ(with(blind, "POST", "/v1/collections/c/search", query).head.status, 403);
  EXPECT_EQ(with(blind, "DELETE", "/v1/collections/c/documents/a.txt").head.status, 403);
  EXPECT_EQ(with(sees, "GET", "/v1/collections").json().at("data").as_array().size(), 1U);
  EXPECT_EQ(with(blind, "GET", "/v1/collections").json().at("data").as_array().size(), 0U);
}

TEST_F(AdminRoutesTest, WhoGuessesIsHeldUpForATimeThatDoubles) {
  const auto guess = [&](const std::string& secret, const std::string& peer = "10.0.0.9") {
    return with(secret, "GET", "/admin/v1/keys", "", peer);
  };
  for (std::uint32_t i = 0; i < GuessBrake::free_tries; ++i) EXPECT_EQ(guess("wrong").head.status, 401);
  std::string expected[] = {"1", "2", "4", "8", "16", "32", "60", "60"};
  for (const std::string& seconds : expected) {
    const Reply held = guess(admin);
    EXPECT_EQ(held.head.status, 429) << "also the right key";
    EXPECT_EQ(held.header("retry-after"), seconds);
    EXPECT_EQ(guess(admin, "10.0.0.8").head.status, 200) << "others are not held up";
    clock_.advance(std::chrono::seconds(std::stoi(seconds)));
    EXPECT_EQ(guess("wrong").head.status, 401) << "waiting as long as told is enough to try again";
  }
  clock_.advance(GuessBrake::wait_max);
  EXPECT_EQ(guess(admin).head.status, 200);
  EXPECT_EQ(guess("wrong").head.status, 401) << "the right key makes up for all";
  EXPECT_EQ(guess("wrong").head.status, 401);
}

TEST(GuessBrake, ForgetsWhoWasQuietForTheLongestTime) {
  ManualClock clock;
  GuessBrake brake(clock);
  const auto guess = [&](const std::string& address) {
    for (std::uint32_t i = 0; i < GuessBrake::free_tries; ++i) brake.failed(address);
  };
  for (std::size_t i = 0; i < GuessBrake::addresses_max; ++i) {
    guess(std::to_string(i));
    clock.advance(std::chrono::microseconds(1));
  }
  EXPECT_GT(brake.wait("0"), Duration::zero());
  guess("one more");
  EXPECT_EQ(brake.wait("0"), Duration::zero());
  EXPECT_GT(brake.wait("1"), Duration::zero());
  EXPECT_GT(brake.wait("one more"), Duration::zero());
}

TEST_F(AdminRoutesTest, BudgetsAndPagesOfKeys) {
  for (const char* name : {"a", "b", "c"})
    ASSERT_EQ(as_admin("POST", "/admin/v1/keys",
                       R"({"name":")" + std::string(name) + R"(","budget":{"day_usd":"2"}})")
                  .head.status,
              201);
  const Reply page = as_admin("GET", "/admin/v1/keys?limit=2&after=a");
  EXPECT_EQ(page.json().at("data").as_array().size(), 2U);
  EXPECT_EQ(page.json().at("has_more"), false);
  EXPECT_EQ(as_admin("GET", "/admin/v1/keys?limit=1").json().at("has_more"), true);
  EXPECT_EQ(as_admin("GET", "/admin/v1/keys?limit=0").head.status, 400);
  const Reply budgets = as_admin("GET", "/admin/v1/budgets?name=b");
  ASSERT_EQ(budgets.head.status, 200) << budgets.body;
  const json::value day = budgets.json().at("data").at(0).at("day");
  EXPECT_EQ(day.at("limit_usd"), "2.00");
  EXPECT_EQ(day.at("spent_usd"), "0.00");
  EXPECT_EQ(day.at("left_usd"), "2.00");
  EXPECT_GT(day.at("renews_ms").as_int64(), clock_.unix_millis());
  EXPECT_EQ(as_admin("GET", "/admin/v1/budgets?owner=house").head.status, 400);
  EXPECT_EQ(as_admin("GET", "/admin/v1/usage").head.status, 404) << "there is no ledger here";
  EXPECT_EQ(as_admin("GET", "/admin/v1/audit/verify").head.status, 404);
}

}  // namespace
}  // namespace loadline
