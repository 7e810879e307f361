#include "retrieval/rank/page_features.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

namespace loadline {
namespace {

enum Feature : std::size_t {
  vector,
  vector_second,
  asked,
  parts,
  keyword,
  keyword_page,
  coverage,
  heading,
  label,
  labels,
  years,
  figures,
  figures_wanted,
  table,
  table_wanted,
  document,
  document_trust,
  neighbours,
  first_stage,
  listing,
  short_text,
  numbers
};
static_assert(numbers + 1 == page_feature_count);

constexpr std::size_t question_vector = 0, asked_vector = 1, first_part = 2;

// Where a value lies between the pool's lowest and highest; ranges narrower than `spread_min` are not
// stretched.
class Scale {
 public:
  explicit Scale(double spread_min) : spread_min_(spread_min) {}
  void see(double value) { low_ = std::min(low_, value), high_ = std::max(high_, value); }
  double place(double value) const {
    const double spread = std::max(high_ - low_, spread_min_);
    return spread > 0 ? std::clamp(1.0 - (high_ - value) / spread, 0.0, 1.0) : 0.0;
  }

 private:
  double spread_min_, low_ = 1e9, high_ = -1e9;
};

constexpr double cosine_spread_min = 0.1;

double best_cosine(const PoolPage& page, std::size_t which) {
  double best = -1;
  for (const auto& cosines : page.cosines) best = std::max<double>(best, cosines[which]);
  return best;
}

double second_cosine(const PoolPage& page) {
  std::vector<float> all;
  for (const auto& cosines : page.cosines) all.push_back(cosines[question_vector]);
  if (all.size() < 2) return -1;
  std::nth_element(all.begin(), all.begin() + 1, all.end(), std::greater<>());
  return all[1];
}

template <class T>
bool holds(const std::vector<T>& sorted, const T& value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

class Computer {
 public:
  Computer(const PagePool& pool, const QueryView& query)
      : pool_(pool), query_(query), features_(pool.pages.size(), PageFeatures{}) {}

  std::vector<PageFeatures> run() {
    if (!pool_.pages.empty() && !pool_.pages.front().cosines.empty() &&
        !pool_.pages.front().cosines.front().empty()) {
      add_cosines();
      add_parts();
    }
    add_keywords();
    weigh_terms();
    for (std::size_t i = 0; i < features_.size(); ++i) add_words(pool_.pages[i], features_[i]);
    add_first_stage();
    add_neighbours();
    return std::move(features_);
  }

 private:
  void set(std::size_t page, Feature feature, double value) {
    features_[page][feature] = static_cast<float>(value);
  }

  template <class Value>
  void add_placed(Feature feature, double spread_min, const Value& value) {
    Scale scale(spread_min);
    std::vector<double> values;
    for (const PoolPage& page : pool_.pages) values.push_back(value(page)), scale.see(values.back());
    for (std::size_t i = 0; i < values.size(); ++i) set(i, feature, scale.place(values[i]));
  }

  void add_cosines() {
    add_placed(vector, cosine_spread_min, [](const PoolPage& p) { return best_cosine(p, question_vector); });
    add_placed(vector_second, cosine_spread_min,
               [](const PoolPage& p) { return std::max(0.0, second_cosine(p)); });
    add_placed(asked, cosine_spread_min, [](const PoolPage& p) { return best_cosine(p, asked_vector); });
  }

  // A phrase to which no page of the pool is near says nothing about pages ("round your answer").
  void add_parts() {
    constexpr double part_cosine_min = 0.3, weight_min = 1e-3;
    const std::size_t count = pool_.pages.front().cosines.front().size();
    std::vector<double> sums(pool_.pages.size(), 0.0);
    for (std::size_t part = first_part; part < count; ++part) {
      double best = -1;
      for (const PoolPage& page : pool_.pages) best = std::max(best, best_cosine(page, part));
      const double weight = std::max(weight_min, best - part_cosine_min);
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * best_cosine(pool_.pages[i], part);
    }
    std::size_t next = 0;
    const auto in_turn = [&](const PoolPage&) { return sums[next++]; };
    add_placed(parts, cosine_spread_min * static_cast<double>(count > first_part ? 1 : 0), in_turn);
  }

  void add_keywords() {
    double best = 0, best_sum = 0;
    std::vector<std::pair<double, double>> values;
    for (const PoolPage& page : pool_.pages) {
      double most = 0, sum = 0;
      for (const float score : page.keyword) most = std::max<double>(most, score), sum += score;
      values.emplace_back(most, sum);
      best = std::max(best, most), best_sum = std::max(best_sum, sum);
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (best > 0) set(i, keyword, values[i].first / best);
      if (best_sum > 0) set(i, keyword_page, values[i].second / best_sum);
    }
  }

  // Terms that stand on most candidate pages tell them apart little.
  void weigh_terms() {
    const double count = static_cast<double>(pool_.pages.size());
    for (const std::uint64_t term : query_.terms) {
      double pages = 0;
      for (const PoolPage& page : pool_.pages) pages += holds(page.digest->terms, term) ? 1 : 0;
      // A term on no page at all cannot be found anywhere: it does not count against the pages.
      const double weight = pages == 0 ? 0 : std::log((count + 1.0) / (pages + 0.5)) + 0.1;
      weights_[term] = weight;
      total_ += weight;
    }
  }

  double share(const std::vector<std::uint64_t>& sorted) const {
    double sum = 0;
    for (const auto& [term, weight] : weights_) sum += holds(sorted, term) ? weight : 0;
    return total_ > 0 ? sum / total_ : 0;
  }

  // Agreement with one row label: the harmonic mean of how much of the label is in the question and how much
  // of the question is in the label (against the part that any label could hold).
  double agreement(const std::vector<std::uint64_t>& terms, bool& whole) const {
    constexpr double unknown_weight = 1.0;
    double common = 0, own = 0;
    std::size_t hits = 0;
    for (const std::uint64_t term : terms) {
      const auto at = weights_.find(term);
      own += at == weights_.end() || at->second == 0 ? unknown_weight : at->second;
      if (at != weights_.end() && at->second > 0) common += at->second, ++hits;
    }
    whole = hits == terms.size();
    if (common <= 0) return 0;
    const double precision = common / own, recall = std::min(1.0, 2 * common / std::max(total_, 1e-9));
    return 2 * precision * recall / (precision + recall);
  }

  void add_words(const PoolPage& page, PageFeatures& out) const {
    const PageDigest& digest = *page.digest;
    const auto put = [&](Feature feature, double value) { out[feature] = static_cast<float>(value); };
    put(coverage, share(digest.terms));
    put(heading, share(digest.heading_terms));
    double best = 0, wholes = 0;
    for (const auto& terms : digest.labels) {
      bool whole = false;
      best = std::max(best, agreement(terms, whole));
      wholes += whole ? 1 : 0;
    }
    put(label, best);
    put(labels, std::min(1.0, wholes / 3));
    if (!query_.years.empty()) {
      const int latest = query_.years.front();
      put(years, holds(digest.heading_years, latest) ? 1.0 : holds(digest.years, latest) ? 0.5 : 0.0);
    }
    const double share_of_figures = std::min(1.0, digest.figure_share / 0.5);
    put(figures, share_of_figures);
    put(figures_wanted, share_of_figures * query_.wants_figure);
    put(table, digest.table_share);
    put(table_wanted, digest.table_share * query_.wants_figure);
    if (pool_.document_best > 0) put(document, page.document / pool_.document_best);
    put(document_trust, page.document);
    put(listing, digest.listing_share);
    put(short_text, digest.words < 40 ? 1.0 - digest.words / 40.0 : 0.0);
    double found = 0;
    for (const std::uint64_t number : query_.numbers) found += holds(digest.terms, number) ? 1 : 0;
    if (!query_.numbers.empty()) put(numbers, found / static_cast<double>(query_.numbers.size()));
  }

  void add_first_stage() {
    add_placed(first_stage, 0.05, [](const PoolPage& page) { return page.first_stage; });
  }

  void add_neighbours() {
    std::map<PageUnit, double> quality;
    for (std::size_t i = 0; i < features_.size(); ++i)
      quality[pool_.pages[i].unit] = (features_[i][vector] + features_[i][asked] + features_[i][keyword]) / 3;
    for (std::size_t i = 0; i < features_.size(); ++i) {
      double best = 0;
      for (const int step : {-1, 1}) {
        PageUnit unit = pool_.pages[i].unit;
        unit.page += step;
        unit.run = 0;
        if (const auto at = quality.find(unit); at != quality.end()) best = std::max(best, at->second);
      }
      set(i, neighbours, best);
    }
  }

  const PagePool& pool_;
  const QueryView& query_;
  std::vector<PageFeatures> features_;
  std::unordered_map<std::uint64_t, double> weights_;
  double total_ = 0;
};

}  // namespace

std::vector<PageFeatures> page_features(const PagePool& pool, const QueryView& query) {
  return Computer(pool, query).run();
}

std::vector<double> chunk_fitness(const PoolPage& page) {
  constexpr double keyword_weight = 0.15;
  const float most = page.keyword.empty() ? 0 : *std::max_element(page.keyword.begin(), page.keyword.end());
  std::vector<double> fitness;
  for (std::size_t i = 0; i < page.chunks.size(); ++i) {
    double value = most > 0 ? keyword_weight * page.keyword[i] / most : 0;
    if (!page.cosines.empty() && !page.cosines[i].empty()) {
      value += (page.cosines[i][question_vector] + page.cosines[i][asked_vector]) / 2;
      double parts_sum = 0;
      for (std::size_t part = first_part; part < page.cosines[i].size(); ++part)
        parts_sum += page.cosines[i][part];
      if (page.cosines[i].size() > first_part)
        value += parts_sum / static_cast<double>(page.cosines[i].size() - first_part);
    }
    fitness.push_back(value);
  }
  return fitness;
}

}  // namespace loadline
