#include "llama/prefix_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/rng.h"

namespace loadline::llama {
namespace {

using Tokens = std::vector<std::int32_t>;

/// A memory that knows which token each cell holds, so that a test can ask what a sequence really sees.
class TracedMemory final : public SequenceMemory {
 public:
  void share(SequenceId from, SequenceId to, std::size_t begin, std::size_t end) override {
    for (std::size_t at = begin; at < end; ++at) {
      const auto cell = seen_[from].find(at);
      if (cell != seen_[from].end()) seen_[to][at] = cell->second;
    }
  }
  void cut(SequenceId sequence, std::size_t begin, std::size_t end) override {
    std::erase_if(seen_[sequence], [&](const auto& c) { return c.first >= begin && c.first < end; });
  }
  void compute(SequenceId sequence, const Tokens& tokens, std::size_t from) {
    for (std::size_t at = from; at < tokens.size(); ++at) seen_[sequence][at] = {next_cell_++, tokens[at]};
  }
  Tokens text(SequenceId sequence) {
    Tokens result;
    for (const auto& [at, cell] : seen_[sequence]) {
      EXPECT_EQ(at, result.size()) << "a hole";
      result.push_back(cell.second);
    }
    return result;
  }
  /// Cells that anybody sees.
  std::size_t used() const {
    std::set<int> cells;
    for (const auto& [sequence, map] : seen_) {
      for (const auto& [at, cell] : map) cells.insert(cell.first);
    }
    return cells.size();
  }

 private:
  std::map<SequenceId, std::map<std::size_t, std::pair<int, std::int32_t>>> seen_;
  int next_cell_ = 0;
};

struct PrefixCacheTest : testing::Test {
  TracedMemory memory;
  PrefixCache cache{memory, 10, 3};

  /// Runs a whole request on sequence 0; returns how much of it was cached.
  std::size_t request(const Tokens& tokens, const std::string& scope = "") {
    PrefixCache::Lease lease = cache.acquire(scope, tokens, 0);
    const std::size_t cached = lease.length();
    Tokens expected(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(cached));
    EXPECT_EQ(memory.text(0), expected);
    memory.compute(0, tokens, cached);
    cache.remember(scope, tokens, 0, lease);
    cache.release(lease);
    memory.cut(0, 0, to_the_end);
    EXPECT_EQ(memory.used(), cache.cells());
    return cached;
  }
};

TEST_F(PrefixCacheTest, LaterRequestsSeeWhatEarlierOnesComputed) {
  EXPECT_EQ(request({1, 2, 3, 4}), 0U);
  EXPECT_EQ(request({1, 2, 3, 9, 9}), 3U);
  EXPECT_EQ(request({1, 2, 3, 4, 5}), 4U);
  EXPECT_EQ(request({1, 2, 3, 4, 5}), 5U);
  EXPECT_EQ(request({2, 2}), 0U);
  EXPECT_EQ(cache.cells(), 4U + 2 + 1 + 2);
}

TEST_F(PrefixCacheTest, ScopesDoNotShare) {
  request({1, 2, 3}, "a");
  EXPECT_EQ(cache.match("b", Tokens{1, 2, 3}), 0U);
  EXPECT_EQ(request({1, 2, 3}, "b"), 0U);
  EXPECT_EQ(cache.cells(), 6U);
}

TEST_F(PrefixCacheTest, EvictionTakesTailsBeforeWhatTheyShare) {
  request({1, 2, 3, 10, 11});
  request({1, 2, 3, 20, 21});
  EXPECT_EQ(cache.evictable(), 7U);
  EXPECT_EQ(cache.evict(2), 2U);
  EXPECT_EQ(cache.match("", Tokens{1, 2, 3}), 3U);
  EXPECT_EQ(cache.evict(2), 2U);
  EXPECT_EQ(cache.match("", Tokens{1, 2, 3, 20}), 3U);
  EXPECT_EQ(memory.used(), 3U);
  EXPECT_EQ(cache.evict(100), 3U);
  EXPECT_EQ(memory.used(), 0U);
  EXPECT_EQ(cache.sequences_in_use(), 0U);
}

TEST_F(PrefixCacheTest, WhatIsOftenUsedStaysLonger) {
  request({1, 2});
  for (int i = 0; i < 5; ++i) request({1, 2});
  request({3, 4});
  cache.evict(1);
  EXPECT_EQ(cache.match("", Tokens{1, 2}), 2U);
  EXPECT_EQ(cache.match("", Tokens{3, 4}), 0U);
}

TEST_F(PrefixCacheTest, ALeaseKeepsItsPath) {
  request({1, 2, 3});
  PrefixCache::Lease lease = cache.acquire("", Tokens{1, 2, 3}, 0);
  EXPECT_EQ(cache.evictable(), 0U);
  EXPECT_EQ(cache.evict(10), 0U);
  cache.release(lease);
  memory.cut(0, 0, to_the_end);
  EXPECT_EQ(cache.evict(10), 3U);
}

TEST_F(PrefixCacheTest, SequencesRunOutAndTheWorstLeafGivesItsOwn) {
  for (std::int32_t i = 0; i < 10; ++i) request({i, 1, 2});
  EXPECT_LE(cache.sequences_in_use(), 3U);
  EXPECT_EQ(cache.cells(), 9U);
}

TEST_F(PrefixCacheTest, WhatTwoComputedAtOnceIsKeptOnce) {
  const Tokens tokens{1, 2, 3, 4};
  PrefixCache::Lease first = cache.acquire("", tokens, 0);
  PrefixCache::Lease second = cache.acquire("", tokens, 1);
  memory.compute(0, tokens, 0);
  memory.compute(1, tokens, 0);
  EXPECT_EQ(memory.used(), 8U);
  cache.remember("", tokens, 0, first);
  cache.remember("", tokens, 1, second);
  EXPECT_EQ(memory.text(1), tokens);
  EXPECT_EQ(memory.used(), 4U);
  EXPECT_EQ(cache.cells(), 4U);
}

// Random requests, several running at a time: every sequence sees exactly its own tokens, and the count of
// cells is the count of cells.
TEST(PrefixCacheProperty, AgreesWithATracedMemory) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    TracedMemory memory;
    PrefixCache cache(memory, 10, 2 + rng.below(6));
    struct Running {
      SequenceId sequence;
      std::string scope;
      Tokens tokens;
      std::size_t computed;
      PrefixCache::Lease lease;
    };
    std::vector<Running> running;
    for (int round = 0; round < 200; ++round) {
      const std::uint32_t action = rng.below(10);
      if (action < 4 && running.size() < 4) {
        SequenceId free = 0;
        while (std::any_of(running.begin(), running.end(), [&](const auto& r) { return r.sequence == free; }))
          ++free;
        Tokens tokens;
        for (std::uint32_t n = 1 + rng.below(12); n > 0; --n)
          tokens.push_back(static_cast<std::int32_t>(rng.below(2)));
        const std::string scope(rng.below(2), 'x');
        PrefixCache::Lease lease = cache.acquire(scope, tokens, free);
        running.push_back({free, scope, tokens, lease.length(), lease});
      } else if (action < 8 && !running.empty()) {
        Running& r = running[rng.below(static_cast<std::uint32_t>(running.size()))];
        const Tokens upto(r.tokens.begin(),
                          r.tokens.begin() + static_cast<std::ptrdiff_t>(
                                                 r.computed + (r.computed < r.tokens.size() ? 1 : 0)));
        memory.compute(r.sequence, upto, r.computed);
        r.computed = upto.size();
        if (rng.below(3) == 0 && r.computed > r.lease.length())
          cache.remember(r.scope, upto, r.sequence, r.lease);
      } else if (action == 8) {
        cache.evict(rng.below(8));
      } else if (!running.empty()) {
        Running& r = running.back();
        cache.release(r.lease);
        memory.cut(r.sequence, 0, to_the_end);
        running.pop_back();
      }
      std::size_t cells = cache.cells();
      for (const Running& r : running) {
        const Tokens expected(r.tokens.begin(), r.tokens.begin() + static_cast<std::ptrdiff_t>(r.computed));
        ASSERT_EQ(memory.text(r.sequence), expected);
        cells += r.computed - r.lease.length();
      }
      ASSERT_EQ(memory.used(), cells);
    }
    for (Running& r : running) {
      cache.release(r.lease);
      memory.cut(r.sequence, 0, to_the_end);
    }
    EXPECT_EQ(cache.evictable(), cache.cells());
    cache.evict(to_the_end);
    EXPECT_EQ(memory.used(), 0U);
    EXPECT_EQ(cache.sequences_in_use(), 0U);
  }
}

}  // namespace
}  // namespace loadline::llama
