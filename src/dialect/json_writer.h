#pragma once
// JSON text written front to back. Private to this module.
#include <cstdint>
#include <string>
#include <string_view>

#include "dialect/json_string.h"

namespace loadline {

class JsonWriter {
 public:
  JsonWriter& open(char bracket) {
    separate();
    out_ += bracket;
    needs_comma_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    needs_comma_ = true;
    return *this;
  }
  JsonWriter& key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_ += ':';
    needs_comma_ = false;
    return *this;
  }
  JsonWriter& text(std::string_view value) {
    separate();
    append_json_string(out_, value);
    return *this;
  }
  /// JSON already.
  JsonWriter& raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
  }
  JsonWriter& text(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& raw(std::string_view name, std::string_view json) { return key(name).raw(json); }
  JsonWriter& number(std::string_view name, std::uint64_t value) {
    return key(name).raw(std::to_string(value));
  }
  JsonWriter& boolean(std::string_view name, bool value) { return key(name).raw(value ? "true" : "false"); }
  /// Left out if there is nothing in it.
  JsonWriter& text_if(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  JsonWriter& raw_if(std::string_view name, std::string_view json) {
    return json.empty() ? *this : raw(name, json);
  }

  std::string take() { return std::move(out_); }

 private:
  void separate() {
    if (needs_comma_) out_ += ',';
    needs_comma_ = true;
  }
  std::string out_;
  bool needs_comma_ = false;
};

}  // namespace loadline
