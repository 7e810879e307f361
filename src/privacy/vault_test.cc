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
  std::vector<std::string> names(std::string_view front = "vault-") {
    std::vector<std::string> chosen = files.list("vault").value();
    std::erase_if(chosen, [&](const std::string& name) { return !name.starts_with(front); });
    return chosen;
  }
  bool holds(std::string_view text) {
    for (const std::string& name : names("")) {
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
  for (const char* front : {"tenants-", "vault-"}) {
    ASSERT_EQ(disk.names(front).size(), 1U);
    const std::string name = "vault/" + disk.names(front).front();
    const std::size_t size = disk.files.open(name).value()->bytes().size();
    for (std::size_t at = 0; at < size; ++at) {
      ASSERT_TRUE(disk.files.flip(name, at, std::byte{1}));
      ASSERT_FALSE(disk.open().ok()) << name << " byte " << at;
      ASSERT_TRUE(disk.files.flip(name, at, std::byte{1}));
    }
  }
  EXPECT_TRUE(disk.open().ok());
  const std::string name = "vault/" + disk.names().front();
  ASSERT_TRUE(disk.files.truncate(name, disk.files.open(name).value()->bytes().size() - 1));
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
  EXPECT_EQ(vault->erase_tenant("u", "r").value(), 1U);
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

// A crash at every write point, landed or lost: what a flush confirmed is there, what an erase confirmed is
// not, and an erase that was cut off is redone or undone, never half.
TEST(Vault, CrashesLoseNothingThatWasConfirmed) {
  constexpr std::size_t points = 40;
  bool reached_the_end = false;
  for (std::size_t point = 0; point < points; ++point)
    for (const auto landing : {MemoryFileSystem::Landing::lost, MemoryFileSystem::Landing::done}) {
      Disk disk;
      std::set<std::string> kept, gone;
      std::set<std::string> other, other_gone;  // of the tenant that is erased
      {
        const auto vault = disk.open().value();
        disk.files.crash_after(point, landing);
        const auto put = [&](const char* tenant, int round) {
          const auto token = vault->token_for(tenant, DataType::email, std::to_string(round) + "@b.example");
          return token && vault->flush().ok() ? *token : std::string();
        };
        for (int round = 0; round < 8; ++round) {
          if (const std::string token = put("t", round); !token.empty()) kept.insert(token);
          if (const std::string token = put("u", round); !token.empty()) other.insert(token);
          if (round % 3 == 2 && !kept.empty()) {
            const std::string victim = *kept.begin();
            kept.erase(victim);
            vault->erase("t", victim, "r");
            if (vault->flush().ok()) gone.insert(victim);
          }
          if (round == 4) {
            const bool erased = vault->erase_tenant("u", "r").ok();
            (erased ? other_gone : other).merge(erased ? other : other_gone);
            if (!erased) other.clear();  // either is right
          }
        }
        reached_the_end = reached_the_end || !disk.files.crashed();
      }
      disk.files.restart();
      const auto vault = disk.open();
      ASSERT_TRUE(vault.ok()) << vault.error().to_string();
      const auto there = [&](const char* tenant, const std::string& token) {
        return (*vault)->restore(tenant, token, "r").has_value();
      };
      for (const std::string& token : kept) EXPECT_TRUE(there("t", token)) << "point " << point;
      for (const std::string& token : gone) EXPECT_FALSE(there("t", token)) << "point " << point;
      for (const std::string& token : other) EXPECT_TRUE(there("u", token)) << "point " << point;
      for (const std::string& token : other_gone)
        if (!other.contains(token)) EXPECT_FALSE(there("u", token)) << "point " << point;
      ASSERT_TRUE((*vault)->token_for("t", DataType::email, "z@b.example").ok());
      EXPECT_TRUE((*vault)->flush().ok());
    }
  EXPECT_TRUE(reached_the_end);
}

// Two processes are two vaults over one folder.
TEST(Vault, WhatOneProcessErasesNoneRestores) {
  Disk disk;
  const auto server = disk.open().value();
  const auto tool = disk.open().value();
  const auto wait = [&] { disk.clock.advance(std::chrono::milliseconds(60)); };
  const std::string mail = server->token_for("t", DataType::email, "a@b.example").value();
  const std::string other = server->token_for("t", DataType::email, "b@b.example").value();
  ASSERT_TRUE(server->flush().ok());
  wait();
  EXPECT_EQ(tool->restore("t", mail, "r"), "a@b.example");
  const std::string added = tool->token_for("t", DataType::iban, "DE89370400440532013000").value();
  ASSERT_TRUE(tool->flush().ok());
  wait();
  EXPECT_EQ(server->restore("t", added, "r"), "DE89370400440532013000");
  // The server has the value in hand, not on disk, when the tool erases another one.
  const std::string fresh = server->token_for("t", DataType::email, "c@b.example").value();
  EXPECT_EQ(tool->tokens_of("t", "A@B.example"), std::vector<std::string>{mail});
  ASSERT_TRUE(tool->erase("t", mail, "r"));
  ASSERT_TRUE(tool->flush().ok());
  wait();
  EXPECT_EQ(server->restore("t", mail, "r"), std::nullopt);
  EXPECT_EQ(server->restore("t", fresh, "r"), "c@b.example");
  EXPECT_EQ(server->restore("t", other, "r"), "b@b.example");
  // Seen again, it is there again, under the same token; also if the clock has not gone on.
  EXPECT_EQ(server->token_for("t", DataType::email, "a@b.example").value(), mail);
  ASSERT_TRUE(server->flush().ok());
  wait();
  EXPECT_EQ(tool->restore("t", mail, "r"), "a@b.example");
  EXPECT_EQ(tool->restore("t", fresh, "r"), "c@b.example");
}

// The server erases while the tool rewrites the folder: neither brings back what the other took out.
TEST(Vault, ErasuresOfTwoProcessesAddUp) {
  Disk disk;
  const auto one = disk.open().value();
  std::vector<std::string> tokens;
  for (int i = 0; i < 4; ++i)
    tokens.push_back(one->token_for("t", DataType::email, std::to_string(i) + "@b.example").value());
  ASSERT_TRUE(one->flush().ok());
  const auto two = disk.open().value();
  disk.clock.advance(std::chrono::milliseconds(60));
  ASSERT_TRUE(one->erase("t", tokens[0], "r"));
  ASSERT_TRUE(two->erase("t", tokens[1], "r"));
  ASSERT_TRUE(two->flush().ok());
  ASSERT_TRUE(one->flush().ok());
  disk.clock.advance(std::chrono::milliseconds(60));
  const auto three = disk.open().value();
  for (Vault* vault : {one.get(), two.get(), three.get()})
    for (int i = 0; i < 4; ++i) EXPECT_EQ(vault->restore("t", tokens[i], "r").has_value(), i >= 2) << i;
}

TEST(Vault, WithoutItsKeyATenantIsGoneFromCopiesToo) {
  Disk disk;
  const auto server = disk.open().value();
  const auto tool = disk.open().value();
  const std::string token = server->token_for("t", DataType::email, "a@b.example").value();
  const std::string stays = server->token_for("u", DataType::email, "a@b.example").value();
  ASSERT_TRUE(server->flush().ok());
  const std::string name = "vault/" + disk.names().front();
  const auto copy = disk.files.open(name).value();
  disk.clock.advance(std::chrono::milliseconds(60));
  EXPECT_EQ(tool->counts_of("t").entries, 1U);
  EXPECT_EQ(tool->erase_tenant("t", "r").value(), 1U);  // and no flush
  EXPECT_EQ(tool->erase_tenant("t", "r").value(), 0U);
  disk.clock.advance(std::chrono::milliseconds(60));
  EXPECT_EQ(server->restore("t", token, "r"), std::nullopt);
  EXPECT_EQ(server->restore("u", stays, "r"), "a@b.example");
  ASSERT_TRUE(server->flush().ok());
  ASSERT_TRUE(disk.files.write_durable("vault/vault-00000000000000ff.bin", copy->bytes()).ok());
  const auto restored = disk.open().value();
  EXPECT_EQ(restored->restore("t", token, "r"), std::nullopt);
  // A new key, and only what is seen from then on.
  EXPECT_EQ(server->token_for("t", DataType::email, "a@b.example").value(), token);
  EXPECT_EQ(server->restore("t", token, "r"), "a@b.example");
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
        if (i % 50 == 0) EXPECT_TRUE(vault->erase_tenant("other", "r").ok());
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
