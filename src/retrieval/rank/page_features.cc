#include "retrieval/rank/page_features.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <unordered_map>

namespace loadline {
namespace {

enum Feature : std::size_t {
  vector,
  asked,
  parts,
  vector_mean,
  vector_inside,
  keyword,
  keyword_page,
  coverage,
  pairs,
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
  document_period,
  document_first,
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

// Of the three best chunks: a page that comes back to a subject.
double mean_cosine(const PoolPage& page, std::size_t which) {
  constexpr std::size_t chunks_max = 3;
  std::vector<float> all;
  for (const auto& cosines : page.cosines) all.push_back(cosines[which]);
  std::sort(all.rbegin(), all.rend());
  if (all.size() > chunks_max) all.resize(chunks_max);
  double sum = 0;
  for (const float cosine : all) sum += cosine;
  return all.empty() ? 0 : sum / static_cast<double>(all.size());
}

bool has_year(const std::vector<int>& sorted, int year) {
  return std::binary_search(sorted.begin(), sorted.end(), year);
}

// The keys of a question, of which each page holds some: bit i of a page's mask is key i.
struct QuestionKeys {
  std::vector<TermKey> keys;
  std::vector<std::uint64_t> pages;  // masks
  std::vector<double> weights;       // of the keys
  double total = 0;                  // of the weights

  double sum(std::uint64_t mask) const {
    double sum = 0;
    for (; mask != 0; mask &= mask - 1) sum += weights[static_cast<std::size_t>(std::countr_zero(mask))];
    return sum;
  }
  double share(std::uint64_t mask) const { return total > 0 ? sum(mask) / total : 0; }
  std::uint64_t mask_of(const std::vector<TermKey>& page) const {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) mask |= std::uint64_t{holds(page, keys[i])} << i;
    return mask;
  }
};

class Computer {
 public:
  Computer(const PagePool& pool, const QueryView& query)
      : pool_(pool), query_(query), features_(pool.pages.size(), PageFeatures{}) {}

  std::vector<PageFeatures> run() {
    if (!pool_.pages.empty() && !pool_.pages.front().cosines.empty() &&
        !pool_.pages.front().cosines.front().empty()) {
      add_cosines();
      add_inside();
      add_parts();
    }
    add_keywords();
    terms_ = look_up(query_.terms, &PageDigest::terms);
    pairs_ = look_up(query_.pairs, &PageDigest::pairs);
    for (const TermKey key : terms_.keys) common_ |= std::uint64_t{1} << (key % 64);
    for (std::size_t i = 0; i < features_.size(); ++i) add_words(i, features_[i]);
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
    add_placed(asked, cosine_spread_min, [](const PoolPage& p) { return best_cosine(p, asked_vector); });
  }

  // Which page of a document: documents differ in how near all of them is to any question.
  void add_inside() {
    constexpr double spread = 0.15;
    std::unordered_map<std::uint32_t, double> best;
    const auto both = [](const PoolPage& page) {
      return (best_cosine(page, question_vector) + best_cosine(page, asked_vector)) / 2;
    };
    for (const PoolPage& page : pool_.pages) {
      const auto [at, is_new] = best.try_emplace(page.unit.document, -1.0);
      at->second = std::max(at->second, both(page));
    }
    for (std::size_t i = 0; i < features_.size(); ++i) {
      const PoolPage& page = pool_.pages[i];
      set(i, vector_inside, std::max(0.0, 1.0 - (best[page.unit.document] - both(page)) / spread));
    }
    add_placed(vector_mean, cosine_spread_min,
               [](const PoolPage& p) { return mean_cosine(p, asked_vector); });
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

  double rarity(double pages) const {
    return std::log((static_cast<double>(pool_.pages.size()) + 1.0) / (pages + 0.5)) + 0.1;
  }

  // Terms that stand on most candidate pages tell them apart little. A term on no page at all cannot be found
  // anywhere: it does not count against the pages.
  QuestionKeys look_up(const std::vector<std::uint64_t>& hashes,
                       std::vector<TermKey> PageDigest::*where) const {
    QuestionKeys found;
    for (const std::uint64_t hash : hashes)
      if (found.keys.size() < query_terms_max) found.keys.push_back(term_key(hash));
    for (const PoolPage& page : pool_.pages) found.pages.push_back(found.mask_of((*page.digest).*where));
    for (std::size_t i = 0; i < found.keys.size(); ++i) {
      const auto pages = std::count_if(found.pages.begin(), found.pages.end(),
                                       [i](std::uint64_t mask) { return (mask >> i & 1) != 0; });
      found.weights.push_back(pages == 0 ? 0 : rarity(static_cast<double>(pages)));
      found.total += found.weights.back();
    }
    return found;
  }

  double weight_of(TermKey term) const {
    if ((common_ >> (term % 64) & 1) == 0) return 0;
    for (std::size_t i = 0; i < terms_.keys.size(); ++i)
      if (terms_.keys[i] == term) return terms_.weights[i];
    return 0;
  }

  // Agreement with one row label: the harmonic mean of how much of the label is in the question and how much
  // of the question is in the label (against the part that any label could hold).
  double agreement(std::span<const TermKey> label, bool& whole) const {
    constexpr double unknown_weight = 1.0;
    double common = 0, own = 0;
    std::size_t hits = 0;
    for (const TermKey term : label) {
      const double weight = weight_of(term);
      own += weight > 0 ? weight : unknown_weight;
      common += weight;
      hits += weight > 0 ? 1 : 0;
    }
    whole = hits == label.size();
    if (common <= 0) return 0;
    const double precision = common / own, recall = std::min(1.0, 2 * common / std::max(terms_.total, 1e-9));
    return 2 * precision * recall / (precision + recall);
  }

  void add_words(std::size_t index, PageFeatures& out) const {
    const PoolPage& page = pool_.pages[index];
    const PageDigest& digest = *page.digest;
    const auto put = [&](Feature feature, double value) { out[feature] = static_cast<float>(value); };
    put(coverage, terms_.share(terms_.pages[index]));
    put(pairs, pairs_.share(pairs_.pages[index]));
    put(heading, terms_.share(terms_.mask_of(digest.heading_terms)));
    double best = 0, wholes = 0;
    std::size_t begin = 0;
    for (const std::uint32_t end : digest.label_ends) {
      bool whole = false;
      best = std::max(best, agreement({digest.label_terms.data() + begin, end - begin}, whole));
      wholes += whole ? 1 : 0;
      begin = end;
    }
    put(label, best);
    put(labels, std::min(1.0, wholes / 3));
    if (!query_.years.empty()) {
      const int latest = query_.years.front();
      put(years, has_year(digest.heading_years, latest) ? 1.0 : has_year(digest.years, latest) ? 0.5 : 0.0);
    }
    const double share_of_figures = std::min(1.0, digest.figure_share / 0.5);
    put(figures, share_of_figures);
    put(figures_wanted, share_of_figures * query_.wants_figure);
    put(table, digest.table_share);
    put(table_wanted, digest.table_share * query_.wants_figure);
    if (pool_.document_best > 0) {
      put(document, page.document.score / pool_.document_best);
      put(document_first, page.document.score >= pool_.document_best ? 1.0 : 0.0);
    }
    put(document_trust, page.document.score);
    put(document_period, page.document.period);
    put(listing, digest.listing_share);
    put(short_text, digest.words < 40 ? 1.0 - digest.words / 40.0 : 0.0);
    double found = 0;
    for (const std::uint64_t number : query_.numbers) found += holds(digest.terms, term_key(number)) ? 1 : 0;
    if (!query_.numbers.empty()) put(numbers, found / static_cast<double>(query_.numbers.size()));
  }

  // How well a page does by both legs alone.
  double promise(std::size_t page) const {
    return (features_[page][vector] + features_[page][asked] + features_[page][keyword]) / 3;
  }

  void add_first_stage() {
    add_placed(first_stage, 0.05, [](const PoolPage& page) { return page.first_stage; });
  }

  void add_neighbours() {
    std::map<PageUnit, double> quality;
    for (std::size_t i = 0; i < features_.size(); ++i) quality[pool_.pages[i].unit] = promise(i);
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
  QuestionKeys terms_, pairs_;
  std::uint64_t common_ = 0;  // bit i: one of the terms is i modulo 64
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
