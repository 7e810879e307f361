#include "governance/keys.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "model/memory_file_system.h"

namespace loadline {
namespace {

using std::chrono::seconds;

const DataClasses classes{{"public", "internal", "restricted"}, {"eu", "us"}};
const std::string file = "data/keys.json";

struct World {
  MemoryFileSystem files;
  ManualClock clock;

  World() { EXPECT_TRUE(files.create_folder("data").ok()); }
  std::unique_ptr<KeyStore> open() {
    auto store = KeyStore::open(files, clock, {.file = file, .classes = classes, .poll_every = {}});
    EXPECT_TRUE(store.ok()) << (store ? "" : store.error().to_string());
    return store ? *std::move(store) : nullptr;
  }
  std::string content() {
    const auto view = files.open(file);
    if (!view) return "";
    const auto bytes = (*view)->bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

KeyStore::Creation creation(const std::string& name) {
  KeyStore::Creation c;
  c.name = name, c.team = "blue";
  c.scopes.routes.names = {"chat"};
  c.scopes.models.every = true;
  c.scopes.clearance = "internal";
  c.scopes.floor = "internal";
  c.scopes.budget.day = 5 * nanos_per_dollar;
  c.scopes.limits.concurrent = 4;
  return c;
}

TEST(KeyStore, a_key_works_and_its_secret_is_nowhere_but_in_the_answer) {
  World world;
  const auto store = world.open();
  EXPECT_TRUE(store->empty());
  const auto made = store->create(creation("app"));
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->secret.size(), 46U);
  EXPECT_TRUE(made->secret.starts_with("ll-"));
  const auto identity = store->find(made->secret);
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ((*identity)->key, "app");
  EXPECT_EQ((*identity)->team, "blue");
  EXPECT_EQ((*identity)->clearance_level, 1);
  EXPECT_EQ((*identity)->floor, (DataLabel{1, every_region}));
  EXPECT_TRUE((*identity)->scopes.routes.has("chat"));
  EXPECT_FALSE((*identity)->scopes.routes.has("other"));
  EXPECT_FALSE((*identity)->scopes.collections.has("x"));
  // Not in the file, not in the list, not in any error: neither the secret nor most of it.
  const std::string part = made->secret.substr(3, 20);
  EXPECT_EQ(world.content().find(part), std::string::npos);
  EXPECT_NE(world.content().find("\"app\""), std::string::npos);
  EXPECT_EQ(store->list().front().hint, made->secret.substr(42));
  for (const std::string& wrong :
       {made->secret + "x", made->secret.substr(1), std::string(), std::string(5000, 'a')}) {
    const auto refused = store->find(wrong);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), Code::unauthenticated);
    EXPECT_EQ(refused.error().message().find(part), std::string::npos);
  }
  EXPECT_EQ(store->create(creation("app")).error().code(), Code::already_exists);
}

TEST(KeyStore, everything_survives_a_restart) {
  World world;
  std::string secret;
  std::vector<KeyRecord> before;
  {
    const auto store = world.open();
    auto all = creation("z");
    all.scopes.admin = true;
    all.scopes.priority = 9, all.scopes.weight = 7;
    all.scopes.limits = {1, 2, 3};
    all.scopes.budget = {0, 8};
    all.expires_ms = world.clock.unix_millis() + 1000;
    secret = store->create(all)->secret;
    ASSERT_TRUE(store->create(creation("a")).ok());
    ASSERT_TRUE(store->rotate("a", seconds(60)).ok());
    ASSERT_TRUE(store->create(creation("m")).ok());
    ASSERT_TRUE(store->revoke("m").ok());
    before = store->list();
  }
  const auto store = world.open();
  const auto after = store->list();
  ASSERT_EQ(after.size(), 3U);
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].name, (std::vector<std::string>{"a", "m", "z"}[i]));
    EXPECT_EQ(after[i].scopes, before[i].scopes);
    EXPECT_EQ(after[i].digest, before[i].digest);
    EXPECT_EQ(after[i].old_digest, before[i].old_digest);
    EXPECT_EQ(after[i].old_until_ms, before[i].old_until_ms);
    EXPECT_EQ(after[i].revoked_ms, before[i].revoked_ms);
    EXPECT_EQ(after[i].expires_ms, before[i].expires_ms);
  }
  EXPECT_TRUE(store->find(secret).ok());
  world.clock.advance(seconds(1));
  EXPECT_FALSE(store->find(secret).ok());  // expired to the millisecond
}

TEST(KeyStore, both_secrets_work_during_the_grace_period_and_only_then) {
  World world;
  const auto store = world.open();
  const std::string first = store->create(creation("app"))->secret;
  const auto second = store->rotate("app", seconds(60));
  ASSERT_TRUE(second.ok());
  EXPECT_NE(second->secret, first);
  EXPECT_TRUE(store->find(first).ok());
  EXPECT_TRUE(store->find(second->secret).ok());
  world.clock.advance(std::chrono::milliseconds(59'999));
  EXPECT_TRUE(store->find(first).ok());
  world.clock.advance(std::chrono::milliseconds(1));
  EXPECT_FALSE(store->find(first).ok());
  EXPECT_TRUE(store->find(second->secret).ok());
  const auto third = store->rotate("app", seconds(0));
  EXPECT_FALSE(store->find(second->secret).ok());
  EXPECT_TRUE(store->find(third->secret).ok());
  ASSERT_TRUE(store->rotate("app", seconds(60)).ok());
  ASSERT_TRUE(store->revoke("app").ok());
  EXPECT_FALSE(store->find(third->secret).ok());  // both at once
  EXPECT_EQ(store->rotate("app", seconds(1)).error().code(), Code::failed_precondition);
  EXPECT_TRUE(store->revoke("app").ok());
  EXPECT_EQ(store->revoke("nobody").error().code(), Code::not_found);
}

TEST(KeyStore, what_another_process_changes_counts_after_a_refresh) {
  World world;
  const auto server = world.open(), command = world.open();
  const std::string secret = command->create(creation("app"))->secret;
  EXPECT_FALSE(server->find(secret).ok());
  ASSERT_TRUE(server->refresh().ok());
  EXPECT_TRUE(server->find(secret).ok());
  ASSERT_TRUE(command->revoke("app").ok());
  ASSERT_TRUE(server->refresh().ok());
  EXPECT_FALSE(server->find(secret).ok());
  // Changes of two processes do not undo each other.
  ASSERT_TRUE(command->create(creation("b")).ok());
  ASSERT_TRUE(server->create(creation("c")).ok());
  EXPECT_EQ(server->list().size(), 3U);
}

TEST(KeyStore, the_watcher_sees_a_revocation_by_itself) {
  World world;
  const auto command = world.open();
  const std::string secret = command->create(creation("app"))->secret;
  auto server =
      KeyStore::open(world.files, world.clock,
                     {.file = file, .classes = classes, .poll_every = std::chrono::milliseconds(1)});
  ASSERT_TRUE((*server)->find(secret).ok());
  ASSERT_TRUE(command->revoke("app").ok());
  while ((*server)->find(secret).ok()) std::this_thread::yield();  // the test's own time limit ends it
}

TEST(KeyStore, a_damaged_or_missing_file_keeps_the_last_good_one_and_is_told) {
  World world;
  const auto store = world.open();
  const std::string secret = store->create(creation("app"))->secret;
  const std::string good = world.content();
  for (const std::string& bad :
       {std::string("{"), std::string("{\"version\":2,\"keys\":[]}"), good.substr(0, good.size() / 2),
        std::string("{\"version\":1,\"keys\":[{\"name\":1}]}")}) {
    ASSERT_TRUE(world.files.write_durable(file, std::as_bytes(std::span(bad))).ok());
    EXPECT_EQ(store->refresh().error().code(), Code::data_loss);
    EXPECT_FALSE(store->health().ok());
    EXPECT_TRUE(store->find(secret).ok());
    EXPECT_FALSE(store->create(creation("other")).ok());  // never written over
    EXPECT_EQ(KeyStore::open(world.files, world.clock, {.file = file, .classes = classes, .poll_every = {}})
                  .error()
                  .code(),
              Code::data_loss);
  }
  ASSERT_TRUE(world.files.remove(file).ok());
  EXPECT_EQ(store->refresh().error().code(), Code::data_loss);
  EXPECT_TRUE(store->find(secret).ok());
  ASSERT_TRUE(world.files.write_durable(file, std::as_bytes(std::span(good))).ok());
  EXPECT_TRUE(store->refresh().ok());
  EXPECT_TRUE(store->health().ok());
}

TEST(KeyStore, a_failed_write_changes_nothing) {
  World world;
  const auto store = world.open();
  const std::string secret = store->create(creation("app"))->secret;
  world.files.fail_next();
  EXPECT_FALSE(store->revoke("app").ok());
  EXPECT_TRUE(store->find(secret).ok());
  EXPECT_TRUE(store->revoke("app").ok());
  EXPECT_FALSE(store->find(secret).ok());
}

TEST(KeyStore, bad_wishes_are_refused_and_unknown_classes_fail_closed) {
  World world;
  const auto store = world.open();
  for (const char* name : {"", "a b", "a/b", "\n"})
    EXPECT_EQ(store->create(creation(name)).error().code(), Code::invalid_argument);
  auto bad = creation("x");
  bad.scopes.clearance = "secret";
  EXPECT_EQ(store->create(bad).error().code(), Code::invalid_argument);
  bad = creation("x"), bad.scopes.weight = 0;
  EXPECT_EQ(store->create(bad).error().code(), Code::invalid_argument);
  const std::string secret = store->create(creation("x"))->secret;
  store->use_classes({{"open", "closed"}, {"eu"}});  // the manifest lost "internal"
  const auto identity = *store->find(secret);
  EXPECT_EQ(identity->clearance_level, 0);
  EXPECT_EQ(identity->floor, (DataLabel{1, 0}));
}

TEST(KeyStore, finds_while_keys_change) {
  World world;
  const auto store = world.open();
  const std::string secret = store->create(creation("steady"))->secret;
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t)
    readers.emplace_back([&] {
      while (!done) EXPECT_TRUE(store->find(secret).ok());
    });
  for (int i = 0; i < 50; ++i) {
    const std::string name = "k" + std::to_string(i);
    const std::string other = store->create(creation(name))->secret;
    EXPECT_TRUE(store->find(other).ok());
    EXPECT_TRUE(store->revoke(name).ok());
    EXPECT_FALSE(store->find(other).ok());
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace loadline
