#pragma once
// What a person sees: colours and progress bars on a terminal, plain lines elsewhere. One thread at a time.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

enum class Style : std::uint8_t { plain, bold, dim, good, warning, bad };

class Terminal {
 public:
  /// Colours only if standard output is a terminal, NO_COLOR is not set and TERM is not "dumb".
  Terminal();

  std::string styled(Style style, std::string_view text) const;
  void line(std::string_view text);  // standard output, flushed

  /// On standard error, only on a terminal: a bar that replaces itself. `all` 0: no bar, just the count.
  void progress(std::string_view label, std::size_t done, std::size_t all);
  void clear_progress();

  /// Columns padded to their widest cell; the first row is the header.
  void table(const std::vector<std::vector<std::string>>& rows);

 private:
  bool colours_ = false;
  bool bars_ = false;
  bool bar_shown_ = false;
};

/// Text of documents, models and names for a terminal, which must not obey it: what `printable` of base makes
/// visible is made visible here too, but the characters `kept` stay. A backslash does: names come escaped,
/// and are typed as they are shown.
std::string visible(std::string_view text, std::string_view kept = "\\");
/// One line of at most `bytes_max` bytes of it.
std::string beginning(std::string_view text, std::size_t bytes_max);

}  // namespace loadline
