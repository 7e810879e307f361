#pragma once
// BM25 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond", section 3.3),
// with the idf that cannot become negative: ln(1 + (N - df + 0.5) / (df + 0.5)).
//
//   score(d, q) = sum over terms t of  count_q(t) * idf(t) * (k1 + 1) * tf / (tf + k1 * (1 - b + b * |d| /
//   avg))
//
// N, df and avg are those of the chunks that can be found at the moment: a deleted chunk leaves them at once,
// and a merge of segments changes nothing.
//
// Each term's contribution is rounded to a multiple of 2^-32, far below the precision of the float that is
// returned. Sums of such numbers are exact in a double, so the order of summation does not matter and every
// way to find the best k gives the same scores, bit for bit.
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace loadline {

struct Bm25Options {
  double k1 = 1.2;
  double b = 0.75;
};

/// Of all chunks that can be found.
struct CollectionStatistics {
  std::uint64_t chunks = 0;
  std::uint64_t total_length = 0;
};

/// What is the same for all chunks and terms of a query.
class Bm25 {
 public:
  Bm25(const Bm25Options& options, const CollectionStatistics& statistics)
      : chunks_(static_cast<double>(statistics.chunks)),
        k1_(options.k1),
        base_(options.k1 * (1 - options.b)),
        slope_(statistics.total_length == 0
                   ? 0
                   : options.k1 * options.b * chunks_ / static_cast<double>(statistics.total_length)) {}

  double term_weight(std::uint64_t document_frequency, std::uint32_t count_in_query) const {
    const auto df = static_cast<double>(document_frequency);
    return count_in_query * std::log(1 + (chunks_ - df + 0.5) / (df + 0.5)) * (k1_ + 1);
  }
  double norm(std::uint32_t length) const { return base_ + slope_ * length; }
  double contribution(double weight, std::uint32_t tf, std::uint32_t length) const {
    return rounded(weight * tf / (tf + norm(length)));
  }
  /// At least the contribution of any tf <= `tf_max` in any text of length >= `length_min`: it grows with tf
  /// and falls with length; a step is added for what the arithmetic may lose.
  double bound(double weight, std::uint32_t tf_max, std::uint32_t length_min) const {
    return contribution(weight, tf_max, length_min) + step;
  }

 private:
  static constexpr double step = 1.0 / 4294967296.0;
  static constexpr double shift = 1572864.0;  // 1.5 * 2^20: the last bit of a double near it is 2^-32
  static double rounded(double value) { return (value + shift) - shift; }

  double chunks_, k1_, base_, slope_;
};

}  // namespace loadline
