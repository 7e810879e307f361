#pragma once
// The part of the output check that looks for what the model was given and must not repeat: canary tokens,
// and runs of words. Works on a stream; see output_check.h. One thread at a time.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "guard/output_check.h"

namespace loadline {

class HiddenContext::Impl {
 public:
  Impl(const std::vector<std::string_view>& texts, const std::vector<std::string_view>& canaries);

  const std::vector<std::string>& canaries() const { return canaries_; }
  bool has_words() const { return !table_.empty(); }
  /// Whether three words in a row stand in it, by their hashes.
  bool has(std::uint64_t first, std::uint64_t second, std::uint64_t third) const;
  std::size_t words_left_out() const { return words_left_out_; }

 private:
  void read(std::string_view text);
  void insert(std::uint64_t key);

  std::vector<std::string> canaries_;  // lower case
  std::vector<std::uint64_t> keys_;    // while reading
  std::vector<std::uint64_t> table_;   // open addressing; 0: free
  std::size_t words_ = 0, words_left_out_ = 0;
};

/// Finds canary tokens, whatever the case of their letters.
class CanaryStage {
 public:
  CanaryStage(const HiddenContext::Impl* hidden, OutputAction action, OutputReport& report)
      : hidden_(hidden), action_(action), report_(report) {}
  /// False: blocked. `last`: nothing follows.
  bool feed(std::string_view piece, bool last, std::string& out);
  std::size_t held_bytes() const { return held_.size(); }

 private:
  const HiddenContext::Impl* hidden_;
  OutputAction action_;
  OutputReport& report_;
  std::string held_;
};

/// Finds HiddenContext::echo_words words in a row, each three of which stand in the hidden context in a row.
/// The first two are released before the third shows that they are a run.
class EchoStage {
 public:
  static constexpr std::size_t word_bytes_max = 64, gap_bytes_max = 64;

  EchoStage(const HiddenContext::Impl* hidden, OutputAction action, OutputReport& report)
      : hidden_(hidden), action_(action), report_(report) {}
  bool feed(std::string_view piece, bool last, std::string& out);
  std::size_t held_bytes() const { return held_.size(); }

 private:
  bool end_word(std::string& out);
  void release(std::string& out);

  const HiddenContext::Impl* hidden_;
  OutputAction action_;
  OutputReport& report_;
  std::string held_;
  std::uint64_t hash_ = 0;
  std::size_t word_bytes_ = 0, gap_bytes_ = 0;
  std::uint64_t before_ = 0, before_that_ = 0;  // the words before; 0: none
  std::size_t run_ = 0;                         // words of the run; 0: none
  bool echoing_ = false;                        // the run was acted upon and goes on
};

}  // namespace loadline
