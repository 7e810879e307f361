#include "privacy/vault.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "model/memory_file_system.h"
#include "privacy/detector.h"
#include "privacy/made_values_test.h"
#include "privacy/vault_file.h"

namespace loadline {
namespace {

constexpr std::string_view master = "0123456789abcdef0123456789abcdef";

struct Disk {
  MemoryFileSystem files;
  ManualClock clock;

  Result<std::unique_ptr<Vault>> open(std::string_view key = master) {
    return Vault::open({.folder = "vault", .lifetime = std::chrono::hours(1), .audit = {}}, key, files,
                       clock);
  }
  std::vector<std::string> names() { return files.list("vault").value(); }
  bool holds(std::string_view text) {
    for (const std::string& name : names()) {
      const auto view = files.open("vault/" + name).value();
      const auto bytes = view->bytes();
      if (std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).find(text) !=
          std::string_view::npos)
        return true;
    }
    return false;
  }
};

TEST(Vault, OneValueOneTokenInEveryWriting) {
  Disk disk;
  const auto vault = disk.open().value();
  const std::string token = vault->token_for("bank", DataType::payment_card, "4000 1234 5678 9017").value();
  EXPECT_EQ(token_at_start(token), token.size());
  EXPECT_EQ(vault->token_for("bank", DataType::payment_card, "4000123456789017").value(), token);
  EXPECT_NE(vault->token_for("bank", DataType::payment_card, "4000123456789025").value(), token);
  EXPECT_NE(vault->token_for("bank", DataType::bank_account, "4000123456789017").value(), token);
  EXPECT_NE(vault->token_for("shop", DataType::payment_card, "4000123456789017").value(), token);
  EXPECT_EQ(vault->restore("bank", token, "r"), "4000 1234 5678 9017");
  EXPECT_EQ(vault->restore("bank", token.substr(1, token.size() - 2), "r"), "4000 1234 5678 9017");
  EXPECT_EQ(vault->restore("shop", token, "r"), std::nullopt);
  EXPECT_EQ(vault->token_for("bank", DataType::email, "Mara@Lind.example").value(),
            vault->token_for("bank", DataType::email, "mara@lind.example").value());
  EXPECT_EQ(vault->find("bank", DataType::payment_card, "4000-1234-5678-9017"), token);
  EXPECT_EQ(vault->hash_of("bank", DataType::email, "A@b.example"),
            vault->hash_of("bank", DataType::email, "a@b.example"));
  EXPECT_NE(vault->hash_of("bank", DataType::email, "a@b.example"),
            vault->hash_of("shop", DataType::email, "a@b.example"));
}

TEST(Vault, TokensAreTheirOwnAndNeverValues) {
  Disk disk;
  const auto vault = disk.open().value();
  const auto detector = Detector::make({}).value();
  std::set<std::string> tokens;
  Rng rng(1);
  for (int i = 0; i < 5000; ++i) {
    const std::string token = vault->token_for("bank", DataType::iban, "value " + std::to_string(i)).value();
    EXPECT_TRUE(tokens.insert(token).second);
    EXPECT_TRUE(detector->find("to " + token + " and " + token.substr(1, token.size() - 2)).empty()) << token;
  }
}

TEST(Vault, SurvivesARestartAndLeavesNothingInClear) {
  Disk disk;
  std::string token;
  {
    const auto vault = disk.open().value();
    token = vault->token_for("brackwater", DataType::email, "mara.lind@brackwater.example").value();
    ASSERT_TRUE(vault->flush().ok());
    EXPECT_TRUE(vault->flush().ok());
    EXPECT_EQ(disk.names().size(), 1U);  // nothing new, nothing written
  }
  const auto vault = disk.open().value();
  EXPECT_EQ(vault->restore("brackwater", token, "r"), "mara.lind@brackwater.example");
  for (const char* clear : {"mara", "lind@", "brackwater"}) EXPECT_FALSE(disk.holds(clear)) << clear;
}

TEST(Vault, AnotherKeyAndDamageAreNamed) {
  Disk disk;
  {
    const auto vault = disk.open().value();
    ASSERT_TRUE(vault->token_for("t", DataType::email, "a@b.example").ok());
    ASSERT_TRUE(vault->flush().ok());
  }
  EXPECT_EQ(disk.open("another key that is just as long").error().code(), Code::failed_precondition);
  EXPECT_EQ(disk.open("short").error().code(), Code::invalid_argument);
  EXPECT_EQ(disk.open(std::string(64, 'z')).error().code(), Code::invalid_argument);
  const std::string name = "vault/" + disk.names().front();
  const std::size_t size = disk.files.open(name).value()->bytes().size();
  for (std::size_t at = 0; at < size; ++at) {
    ASSERT_TRUE(disk.files.flip(name, at, std::byte{1}));
    ASSERT_FALSE(disk.open().ok()) << "byte " << at;
    ASSERT_TRUE(disk.files.flip(name, at, std::byte{1}));
  }
  EXPECT_TRUE(disk.open().ok());
  ASSERT_TRUE(disk.files.truncate(name, size - 1));
  EXPECT_EQ(disk.open().error().code(), Code::data_loss);
}

TEST(Vault, ExpiryAndErasure) {
  Disk disk;
  std::vector<std::string> told;
  const auto vault = Vault::open({.folder = "vault",
                                  .lifetime = std::chrono::hours(1),
                                  .audit =
                                      [&](const VaultEvent& e) {
                                        told.push_back(std::to_string(static_cast<int>(e.kind)) + ":" +
                                                       std::string(e.tenant) + ":" + std::to_string(e.count));
                                      }},
                                 master, disk.files, disk.clock)
                         .value();
  const std::string old = vault->token_for("t", DataType::email, "old@b.example").value();
  const std::string seen = vault->token_for("t", DataType::email, "seen@b.example").value();
  disk.clock.advance(std::chrono::minutes(40));
  EXPECT_EQ(vault->token_for("t", DataType::email, "seen@b.example").value(), seen);  // lives on
  disk.clock.advance(std::chrono::minutes(30));
  EXPECT_EQ(vault->restore("t", old, "r"), std::nullopt);
  EXPECT_EQ(vault->restore("t", seen, "r"), "seen@b.example");
  ASSERT_TRUE(vault->flush().ok());
  EXPECT_EQ(vault->counts().entries, 1U);
  EXPECT_EQ(vault->token_for("t", DataType::email, "old@b.example").value(), old);  // the same again
  ASSERT_TRUE(vault->token_for("u", DataType::email, "u@b.example").ok());
  EXPECT_EQ(vault->export_tenant("t", "r").size(), 2U);
  ASSERT_TRUE(vault->flush().ok());
  EXPECT_TRUE(vault->erase("t", old, "r"));
  EXPECT_FALSE(vault->erase("t", old, "r"));
  EXPECT_EQ(vault->erase_tenant("u", "r"), 1U);
  ASSERT_TRUE(vault->flush().ok());
  ASSERT_EQ(disk.names().size(), 1U);
  const auto again = disk.open().value();
  EXPECT_EQ(again->counts().entries, 1U);
  EXPECT_EQ(again->restore("t", old, "r"), std::nullopt);
  EXPECT_EQ(told, (std::vector<std::string>{"0:t:1", "4::1", "1:t:2", "2:t:1", "3:u:1"}));
}

TEST(Vault, BoundsRefuseAndKeepWhatIsThere) {
  Disk disk;
  const auto vault =
      Vault::open({.folder = "vault", .entries_max = 2, .audit = {}}, master, disk.files, disk.clock).value();
  const std::string first = vault->token_for("t", DataType::email, "a@b.example").value();
  ASSERT_TRUE(vault->token_for("t", DataType::email, "b@b.example").ok());
  EXPECT_EQ(vault->token_for("t", DataType::email, "c@b.example").error().code(), Code::resource_exhausted);
  EXPECT_EQ(vault->token_for("t", DataType::email, "a@b.example").value(), first);
  EXPECT_EQ(vault->token_for("t", DataType::email, "").error().code(), Code::invalid_argument);
}

// A crash at every write point, landed or lost: what a flush confirmed is there, what an erase's flush
// confirmed is not.
TEST(Vault, CrashesLoseNothingThatWasConfirmed) {
  for (std::size_t point = 0; point < 14; ++point)
    for (const auto landing : {MemoryFileSystem::Landing::lost, MemoryFileSystem::Landing::done}) {
      Disk disk;
      std::set<std::string> kept, gone;
      {
        const auto vault = disk.open().value();
        disk.files.crash_after(point, landing);
        for (int round = 0; round < 8; ++round) {
          const std::string token =
              vault->token_for("t", DataType::email, std::to_string(round) + "@b.example").value();
          const bool flushed = vault->flush().ok();
          if (flushed) kept.insert(token);
          if (flushed && round % 3 == 2) {
            const std::string victim = *kept.begin();
            kept.erase(victim);
            vault->erase("t", victim, "r");
            if (vault->flush().ok()) gone.insert(victim);
          }
        }
      }
      disk.files.restart();
      const auto vault = disk.open();
      ASSERT_TRUE(vault.ok()) << vault.error().to_string();
      for (const std::string& token : kept)
        EXPECT_TRUE((*vault)->restore("t", token, "r").has_value()) << "point " << point;
      for (const std::string& token : gone)
        EXPECT_FALSE((*vault)->restore("t", token, "r").has_value()) << "point " << point;
      ASSERT_TRUE((*vault)->token_for("t", DataType::email, "z@b.example").ok());
      EXPECT_TRUE((*vault)->flush().ok());
    }
}

TEST(Vault, ManyFilesBecomeOne) {
  Disk disk;
  const auto vault = disk.open().value();
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(vault->token_for("t", DataType::email, std::to_string(i) + "@b.example").ok());
    ASSERT_TRUE(vault->flush().ok());
  }
  EXPECT_LE(disk.names().size(), 65U);
  EXPECT_EQ(disk.open().value()->counts().entries, 200U);
}

TEST(Vault, ThreadsAgree) {
  Disk disk;
  const auto vault = disk.open().value();
  std::array<std::vector<std::string>, 4> tokens;
  std::atomic<bool> done = false;
  std::thread flusher([&] {
    while (!done) EXPECT_TRUE(vault->flush().ok());
  });
  std::vector<std::thread> threads;
  for (auto& mine : tokens)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        mine.push_back(vault->token_for("t", DataType::email, std::to_string(i) + "@b.example").value());
        EXPECT_TRUE(vault->restore("t", mine.back(), "r").has_value());
        if (i % 50 == 0) vault->erase_tenant("other", "r");
      }
    });
  for (std::thread& thread : threads) thread.join();
  done = true;
  flusher.join();
  for (const auto& other : tokens) EXPECT_EQ(other, tokens[0]);
  ASSERT_TRUE(vault->flush().ok());
  EXPECT_EQ(disk.open().value()->counts().entries, 200U);
}

}  // namespace
}  // namespace loadline
