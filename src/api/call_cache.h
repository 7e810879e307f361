#pragma once
// What one governed call has to do with answers that were given before: the same request, or a question that
// asks the same, and the keeping of its own answer. Used by one coroutine; what it leaves to the pool
// outlives it.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/gateway_table.h"
#include "base/clock.h"
#include "base/rng.h"
#include "dialect/dialect.h"
#include "gateway/answer_cache.h"
#include "gateway/similar_questions.h"
#include "model/embedder.h"
#include "model/knowledge_store.h"
#include "net/worker_pool.h"

namespace loadline {

/// Where answers are kept, and what is needed to compare questions. All must outlive the calls and the pool's
/// work.
struct AnswerMemory {
  AnswerCache& answers;
  SimilarQuestions& questions;
  HitPrecision& precision;
  const Embedder& embedder;
  const KnowledgeStore* knowledge = nullptr;  // null: answers from documents are not kept
  const Clock& clock;
  WorkerPool& pool;
};

class CallCache {
 public:
  static constexpr std::chrono::seconds comparison_time_max{5};

  /// What the answer depends on; views and references for the constructor only, but for the route.
  struct Subject {
    std::string_view tenant, rules;
    const GatewayRoute& route;
    DataLabel label;
    Dialect client;
    std::string_view body;
    const RequestFacts& facts;
  };
  /// Looks for the same request.
  CallCache(const AnswerMemory& memory, const Subject& subject);

  /// Whether its answer may be kept at all.
  bool is_open() const { return key_.has_value(); }
  /// The answer to give; null: a model is to be asked.
  const std::shared_ptr<const CachedAnswer>& answer() const { return answer_; }
  /// "exact", "semantic", "verify" (a semantic hit that is asked of the model too), "miss", or "".
  std::string_view verdict() const { return verdict_; }

  /// A question of the same form was answered: to be compared on the pool.
  bool has_similar() const { return similar_.has_value(); }
  std::function<void()> comparison();
  /// After it: the answer, or nothing.
  void compared(Rng& random);

  /// `answer` is what the model said. Where a hit is verified, the two are compared on the pool.
  void keep(CachedAnswer answer);

 private:
  void find_similar(const CacheKeyParts& parts, const RequestFacts& facts);
  void verify(const CachedAnswer& answer) const;

  const AnswerMemory& memory_;
  const GatewayRoute& route_;
  std::optional<CacheKey> key_;
  std::uint64_t knowledge_ = 0;
  std::shared_ptr<const CachedAnswer> answer_;
  std::string_view verdict_;
  std::string question_;
  std::optional<CacheKey> place_;  // of questions that ask the same; none: only the same request counts
  std::optional<AnsweredQuestion> similar_;
  std::shared_ptr<double> cosine_;  // of the comparison on the pool
  std::shared_ptr<const CachedAnswer> verified_;
};

}  // namespace loadline
