#pragma once
// The binary form of ledger and audit records: numbers of 7 bits a byte, texts with their length in front.
#include <cstdint>
#include <string>
#include <string_view>

namespace loadline {

class RecordWriter {
 public:
  RecordWriter& byte(std::uint8_t value) {
    out_ += static_cast<char>(value);
    return *this;
  }
  RecordWriter& number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
    return *this;
  }
  RecordWriter& text(std::string_view value) {
    number(value.size());
    out_ += value;
    return *this;
  }
  RecordWriter& bytes(std::string_view value) {
    out_ += value;
    return *this;
  }
  void clear() { out_.clear(); }
  const std::string& out() const { return out_; }

 private:
  std::string out_;
};

/// Reads what a RecordWriter wrote. Of anything else it reads zeros, and `whole` is false at the end.
class RecordReader {
 public:
  explicit RecordReader(std::string_view record) : rest_(record) {}

  std::uint8_t byte() {
    if (rest_.empty()) return fail();
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t part = byte();
      value |= std::uint64_t{part & 0x7FU} << shift;
      if (part < 0x80) return value;
    }
    return fail();
  }
  std::uint32_t number32() {
    const std::uint64_t value = number();
    return value > UINT32_MAX ? fail() : static_cast<std::uint32_t>(value);
  }
  /// Money, times and other numbers that are never negative.
  std::int64_t amount() {
    const std::uint64_t value = number();
    return value > INT64_MAX ? fail() : static_cast<std::int64_t>(value);
  }
  std::string_view text() { return bytes(number()); }
  std::string_view bytes(std::uint64_t size) {
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  bool good() const { return good_; }
  bool whole() const { return good_ && rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

 private:
  std::uint8_t fail() {
    good_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace loadline
