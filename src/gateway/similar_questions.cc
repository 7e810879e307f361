#include "gateway/similar_questions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace loadline {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits of each number, commas left out.
std::vector<std::string> numbers_of(std::string_view text) {
  std::vector<std::string> numbers;
  bool inside = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool joins = inside && (c == '.' || c == ',') && at + 1 < text.size() && is_digit(text[at + 1]);
    if (is_digit(c) && !inside) numbers.emplace_back();
    inside = is_digit(c) || joins;
    if (inside && c != ',') numbers.back() += c;
  }
  return numbers;
}

std::size_t negations_of(std::string_view text) {
  constexpr std::array<std::string_view, 9> negations = {"no",      "not",     "never", "none", "cannot",
                                                         "without", "neither", "nor",   "t"};
  std::size_t count = 0;
  std::string word;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const char c = at < text.size() ? text[at] : ' ';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter) word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (letter || word.empty()) continue;
    count += std::find(negations.begin(), negations.end(), word) != negations.end() ? 1 : 0;
    word.clear();
  }
  return count;
}

}  // namespace

void SimilarQuestions::erase(Entries::iterator entry) {
  index_.erase(entry->first);
  entries_.erase(entry);
}

std::optional<AnsweredQuestion> SimilarQuestions::find(const CacheKey& place) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(place);
  if (found == index_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->second;
}

void SimilarQuestions::put(const CacheKey& place, AnsweredQuestion question) {
  const std::lock_guard lock(mutex_);
  if (const auto old = index_.find(place); old != index_.end()) erase(old->second);
  entries_.emplace_front(place, std::move(question));
  index_[place] = entries_.begin();
  if (entries_.size() > questions_max) erase(std::prev(entries_.end()));
}

void SimilarQuestions::forget(const CacheKey& place) {
  const std::lock_guard lock(mutex_);
  if (const auto found = index_.find(place); found != index_.end()) erase(found->second);
}

std::size_t SimilarQuestions::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

Result<double> similarity_of(const Embedder& embedder, std::string_view first, std::string_view second,
                             const CallContext& context) {
  const std::array<std::string_view, 2> texts = {first, second};
  LOADLINE_ASSIGN(const Matrix vectors, embedder.embed(texts, context));
  double cosine = 0;
  for (std::size_t i = 0; i < vectors.columns; ++i)
    cosine += static_cast<double>(vectors.row(0)[i]) * vectors.row(1)[i];
  return cosine;
}

Result<bool> answers_agree(const Embedder& embedder, std::string_view first, std::string_view second,
                           const CallContext& context) {
  if (first == second) return true;
  if (numbers_of(first) != numbers_of(second) || negations_of(first) != negations_of(second)) return false;
  LOADLINE_ASSIGN(const double cosine, similarity_of(embedder, first.substr(0, compared_bytes_max),
                                                     second.substr(0, compared_bytes_max), context));
  return cosine >= answers_similar;
}

double wilson_lower_bound(std::uint64_t right, std::uint64_t all) {
  if (all == 0) return 0;
  constexpr double z = 1.6448536269514722;  // 95 %, one side
  const double n = static_cast<double>(all), share = static_cast<double>(right) / n;
  const double middle = share + z * z / (2 * n);
  const double spread = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return std::max(0.0, (middle - spread) / (1 + z * z / n));
}

HitPrecision::Route* HitPrecision::route_of(const std::string& name) {
  const auto found = routes_.find(name);
  if (found != routes_.end()) return &found->second;
  return routes_.size() < routes_max ? &routes_[name] : nullptr;
}

bool HitPrecision::may_serve(const std::string& name, const SimilarityPolicy& policy, Rng& random) {
  const double draw = random.uniform();
  const std::lock_guard lock(mutex_);
  Route* const route = route_of(name);
  if (route == nullptr || route->counts.lower_bound < policy.precision || draw < policy.sample) return false;
  ++route->counts.served;
  return true;
}

void HitPrecision::record(const std::string& name, bool right) {
  const std::lock_guard lock(mutex_);
  Route* const route = route_of(name);
  if (route == nullptr) return;
  ++(right ? route->counts.right : route->counts.wrong);
  route->window.push_back(right);
  route->right_in_window += right ? 1 : 0;
  if (route->window.size() > window_max) {
    route->right_in_window -= route->window.front() ? 1 : 0;
    route->window.pop_front();
  }
  route->counts.lower_bound = wilson_lower_bound(route->right_in_window, route->window.size());
}

void HitPrecision::record_failed(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (Route* const route = route_of(name)) ++route->counts.failed;
}

std::map<std::string, HitPrecision::Counts> HitPrecision::counts() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Counts> all;
  for (const auto& [name, route] : routes_) all[name] = route.counts;
  return all;
}

}  // namespace loadline
