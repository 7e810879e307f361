#pragma once
// The straightforward BM25 that the index has to equal: texts in a map, statistics counted anew for every
// query, every chunk scored, everything sorted. For tests and benchmarks.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/search_index.h"
#include "retrieval/keyword/analyzer.h"
#include "retrieval/keyword/bm25.h"
#include "retrieval/keyword/query_terms.h"

namespace loadline {

class ReferenceBm25 {
 public:
  explicit ReferenceBm25(Bm25Options options = {}) : options_(options) {}

  void add(ChunkId chunk, std::string_view text) {
    Document document;
    analyzer_.analyze(text, [&](std::string_view term, bool counts) {
      document.length += counts ? 1 : 0;
      ++document.terms[std::string(term)];
    });
    documents_[chunk] = std::move(document);
  }
  void remove(ChunkId chunk) { documents_.erase(chunk); }
  void clear() { documents_.clear(); }
  std::size_t size() const { return documents_.size(); }

  std::vector<ChunkId> ids() const {
    std::vector<ChunkId> ids;
    for (const auto& [chunk, document] : documents_) ids.push_back(chunk);
    return ids;
  }

  /// Scores in plain double arithmetic, before any rounding.
  std::vector<std::pair<ChunkId, double>> scores(std::string_view query) {
    const auto terms = parse_query(query, analyzer_);
    const auto n = static_cast<double>(documents_.size());
    double total_length = 0;
    std::vector<double> frequency(terms.size());
    for (const auto& [chunk, document] : documents_) {
      total_length += document.length;
      for (std::size_t t = 0; t < terms.size(); ++t)
        frequency[t] += document.terms.contains(terms[t].term) ? 1 : 0;
    }
    const double average = total_length > 0 ? total_length / n : 1;
    std::vector<std::pair<ChunkId, double>> result;
    for (const auto& [chunk, document] : documents_) {
      double score = 0;
      bool matches = false;
      for (std::size_t t = 0; t < terms.size(); ++t) {
        const auto found = document.terms.find(terms[t].term);
        if (found == document.terms.end()) continue;
        matches = true;
        const double idf = std::log(1 + (n - frequency[t] + 0.5) / (frequency[t] + 0.5));
        const double tf = found->second;
        const double norm = options_.k1 * (1 - options_.b + options_.b * document.length / average);
        score += terms[t].count * idf * (options_.k1 + 1) * tf / (tf + norm);
      }
      if (matches) result.emplace_back(chunk, score);
    }
    return result;
  }

  /// The same with the rounding that bm25.h defines.
  std::vector<ScoredChunk> search(std::string_view query, std::size_t k,
                                  const ChunkFilter* filter = nullptr) {
    const auto terms = parse_query(query, analyzer_);
    CollectionStatistics statistics{documents_.size(), 0};
    std::vector<std::uint64_t> frequency(terms.size());
    for (const auto& [chunk, document] : documents_) {
      statistics.total_length += document.length;
      for (std::size_t t = 0; t < terms.size(); ++t)
        frequency[t] += document.terms.contains(terms[t].term) ? 1 : 0;
    }
    const Bm25 bm25(options_, statistics);
    std::vector<ScoredChunk> result;
    for (const auto& [chunk, document] : documents_) {
      if (filter != nullptr && filter->accepts && !filter->accepts(chunk)) continue;
      double score = 0;
      bool matches = false;
      for (std::size_t t = 0; t < terms.size(); ++t) {
        const auto found = document.terms.find(terms[t].term);
        if (found == document.terms.end()) continue;
        matches = true;
        score +=
            bm25.contribution(bm25.term_weight(frequency[t], terms[t].count), found->second, document.length);
      }
      if (matches) result.push_back({chunk, static_cast<float>(score)});
    }
    std::sort(result.begin(), result.end(), [](const ScoredChunk& a, const ScoredChunk& b) {
      return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
    });
    if (result.size() > k) result.resize(k);
    return result;
  }

 private:
  struct Document {
    std::uint32_t length = 0;
    std::unordered_map<std::string, std::uint32_t> terms;
  };
  const Bm25Options options_;
  Analyzer analyzer_;
  std::map<ChunkId, Document> documents_;
};

}  // namespace loadline
