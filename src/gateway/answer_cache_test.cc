#include "gateway/answer_cache.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

CacheKey key_of(std::string_view body) {
  return cache_key({.tenant = "t", .label = {}, .route = "r", .rules = "1", .body = body});
}

CachedAnswer answer(std::string body, std::uint64_t knowledge = 0) {
  return {std::move(body), "application/json", "m", "", knowledge};
}

TEST(CacheKey, EverythingThatMattersIsInIt) {
  const CacheKeyParts parts{
      .tenant = "t", .label = {1, every_region}, .route = "r", .rules = "1", .body = R"({"a":1})"};
  CacheKeyParts blanks = parts;
  blanks.body = "{ \"a\" :\n1}";
  EXPECT_EQ(cache_key(parts), cache_key(blanks));
  std::vector<CacheKeyParts> others(7, parts);
  others[0].tenant = "u";
  others[1].label.level = 2;
  others[2].label.regions = 1;
  others[3].route = "s";
  others[4].rules = "2";
  others[5].client = Dialect::anthropic_messages;
  others[6].body = R"({"a":2})";
  for (const CacheKeyParts& other : others) EXPECT_NE(cache_key(parts), cache_key(other));
  CacheKeyParts shifted = parts;
  shifted.tenant = "tr";
  shifted.route = "";
  EXPECT_NE(cache_key(parts), cache_key(shifted));
}

TEST(CompactJson, KeepsBlanksInTexts) {
  EXPECT_EQ(compact_json("{ \"a b\" : \"c \\\" d\" ,\t\"e\":[ 1 , 2 ]}"), R"({"a b":"c \" d","e":[1,2]})");
}

TEST(AnswerCache, EntriesEndWithTheirTime) {
  ManualClock clock;
  AnswerCache cache({}, clock);
  cache.put(key_of("a"), answer("x"), std::chrono::seconds(10));
  ASSERT_NE(cache.find(key_of("a")), nullptr);
  EXPECT_EQ(cache.find(key_of("a"))->body, "x");
  clock.advance(std::chrono::seconds(10));
  EXPECT_EQ(cache.find(key_of("a")), nullptr);
  EXPECT_EQ(cache.counts().entries, 0U);
  EXPECT_EQ(cache.counts().bytes, 0U);
}

TEST(AnswerCache, IsBoundedInBytesAndForgetsWhatWasUsedLongestAgo) {
  ManualClock clock;
  AnswerCache cache({.bytes_max = 5000, .answer_bytes_max = 2000}, clock);
  const std::string big(1000, 'x');
  for (const char* name : {"a", "b", "c"}) cache.put(key_of(name), answer(big), std::chrono::hours(1));
  ASSERT_NE(cache.find(key_of("a")), nullptr);
  for (const char* name : {"d", "e"}) cache.put(key_of(name), answer(big), std::chrono::hours(1));
  EXPECT_LE(cache.counts().bytes, 5000U);
  EXPECT_NE(cache.find(key_of("a")), nullptr);
  EXPECT_EQ(cache.find(key_of("b")), nullptr);
  cache.put(key_of("f"), answer(std::string(2001, 'x')), std::chrono::hours(1));
  EXPECT_EQ(cache.find(key_of("f")), nullptr) << "too long to be kept";
}

TEST(AnswerCache, AnswersFromDocumentsDieWhenDocumentsChange) {
  ManualClock clock;
  AnswerCache cache({}, clock);
  EXPECT_EQ(cache.follow_documents(7), 0U);
  cache.put(key_of("a"), answer("x", 7), std::chrono::hours(1));
  cache.put(key_of("b"), answer("y"), std::chrono::hours(1));
  EXPECT_EQ(cache.follow_documents(7), 0U);
  ASSERT_NE(cache.find(key_of("a")), nullptr);
  EXPECT_EQ(cache.follow_documents(8), 1U);
  EXPECT_EQ(cache.find(key_of("a")), nullptr);
  EXPECT_NE(cache.find(key_of("b")), nullptr) << "it is from no document";
  cache.put(key_of("a"), answer("x", 7), std::chrono::hours(1));
  EXPECT_EQ(cache.find(key_of("a")), nullptr) << "a late answer from documents as they were";
  EXPECT_EQ(cache.follow_documents(6), 0U) << "seen late by another thread";
}

TEST(AnswerCache, PuttingTwiceReplaces) {
  ManualClock clock;
  AnswerCache cache({}, clock);
  cache.put(key_of("a"), answer("x"), std::chrono::hours(1));
  const std::size_t bytes = cache.counts().bytes;
  cache.put(key_of("a"), answer("y"), std::chrono::hours(1));
  EXPECT_EQ(cache.find(key_of("a"))->body, "y");
  EXPECT_EQ(cache.counts().bytes, bytes);
}

}  // namespace
}  // namespace loadline
