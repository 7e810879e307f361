#pragma once
// Questions that were answered before, by what they ask: the semantic side of the answer cache. It keeps
// questions only; answers stay in the AnswerCache, so what dies there (time, memory, documents that changed)
// is not found here either.
//
// Two questions are taken for the same if everything else in their requests is equal, their forms are
// (question_form.h), and their embeddings are near. How often that is right is measured for each route: a
// part of the hits is asked of the model all the same, and while the lower bound of the share of agreeing
// answers is below the route's target, every hit is. So a route begins by measuring, and falls back to it.
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/call_context.h"
#include "base/rng.h"
#include "gateway/answer_cache.h"
#include "model/embedder.h"

namespace loadline {

/// What a route wants of its semantic cache.
struct SimilarityPolicy {
  bool on = false;
  double precision = 0.95;   // share of right hits that must be shown, 0.5 to 0.999
  double sample = 0.05;      // of hits, which are asked of the model all the same, 0 to 1
  double similarity = 0.85;  // least cosine of the two questions
};

struct AnsweredQuestion {
  std::string question;
  CacheKey answer{};  // in the AnswerCache
};

/// Thread-safe; keeps the `questions_max` last used ones.
class SimilarQuestions {
 public:
  static constexpr std::size_t questions_max = 16384;

  /// `place`: a key of the request with the question's form in the question's place.
  std::optional<AnsweredQuestion> find(const CacheKey& place);
  void put(const CacheKey& place, AnsweredQuestion question);
  void forget(const CacheKey& place);
  std::size_t size() const;

 private:
  using Entries = std::list<std::pair<CacheKey, AnsweredQuestion>>;  // the one used last in front
  void erase(Entries::iterator entry);

  mutable std::mutex mutex_;
  Entries entries_;                              // guarded by mutex_
  std::map<CacheKey, Entries::iterator> index_;  // guarded by mutex_
};

/// Cosine of the two texts' embeddings. Errors of the embedder.
Result<double> similarity_of(const Embedder& embedder, std::string_view first, std::string_view second,
                             const CallContext& context);

/// Whether two answers say the same: the same numbers in the same order, as many negations, and embeddings of
/// their first `compared_bytes_max` bytes at least `answers_similar` near.
inline constexpr std::size_t compared_bytes_max = 4096;
inline constexpr double answers_similar = 0.80;
Result<bool> answers_agree(const Embedder& embedder, std::string_view first, std::string_view second,
                           const CallContext& context);

/// Lower end of the one-sided 95 % Wilson score interval of a share (Wilson 1927); 0 of nothing.
double wilson_lower_bound(std::uint64_t right, std::uint64_t all);

/// How often hits were right, by route. Thread-safe.
class HitPrecision {
 public:
  static constexpr std::size_t window_max = 1000;  // of the last verdicts of a route that count
  static constexpr std::size_t routes_max = 4096;  // beyond, nothing is served

  /// Whether this hit may answer; otherwise the model is asked and its answer compared.
  bool may_serve(const std::string& route, const SimilarityPolicy& policy, Rng& random);
  void record(const std::string& route, bool right);
  /// A comparison that could not be made.
  void record_failed(const std::string& route);

  struct Counts {
    std::uint64_t served = 0, right = 0, wrong = 0, failed = 0;  // since the start
    double lower_bound = 0;                                      // of the window
  };
  std::map<std::string, Counts> counts() const;

 private:
  struct Route {
    Counts counts;
    std::deque<bool> window;
    std::size_t right_in_window = 0;
  };
  Route* route_of(const std::string& name);  // null: there are too many

  mutable std::mutex mutex_;
  std::map<std::string, Route> routes_;  // guarded by mutex_
};

}  // namespace loadline
