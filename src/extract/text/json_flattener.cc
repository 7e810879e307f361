#include "extract/text/json_flattener.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>

#include "extract/table_shape.h"
#include "extract/text/json_reader.h"

namespace loadline {
namespace {

namespace json = boost::json;

// Where a value stands: in which container, and under which name in it.
struct Level {
  bool is_array = false;
  std::size_t next_index = 0;
  std::size_t path_size = 0;  // of `path_` outside this container
};

class Handler {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  /// `whole`: everything is one record.
  Handler(const JsonRecords& records, bool whole) : records_(records), whole_(whole) {}

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code& error) { return open(true, error); }
  bool on_object_begin(json::error_code& error) { return open(false, error); }
  bool on_array_end(std::size_t size, json::error_code& error) { return close(size, error); }
  bool on_object_end(std::size_t size, json::error_code& error) { return close(size, error); }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    return text_.append(part), true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code& error) {
    text_.append(part);
    return value(error);
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return key_.append(part), true; }
  bool on_key(json::string_view part, std::size_t, json::error_code&) { return key_.append(part), true; }
  bool on_number_part(json::string_view part, json::error_code&) { return text_.append(part), true; }
  bool on_int64(std::int64_t, json::string_view part, json::error_code& error) { return number(part, error); }
  bool on_uint64(std::uint64_t, json::string_view part, json::error_code& error) {
    return number(part, error);
  }
  bool on_double(double, json::string_view part, json::error_code& error) { return number(part, error); }
  bool on_bool(bool truth, json::error_code& error) {
    text_ = truth ? "true" : "false";
    return value(error);
  }
  bool on_null(json::error_code& error) {
    text_ = "null";
    return value(error);
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  Status take_status() { return std::move(status_); }
  bool failed() const { return !status_.ok(); }
  JsonRecord take_record() { return std::move(record_); }

 private:
  bool number(json::string_view part, json::error_code& error) {
    text_.append(part);
    return value(error);
  }

  // Moves `path_` to the value that begins now.
  void enter_name() {
    if (levels_.empty()) return;
    Level& level = levels_.back();
    path_.resize(level.path_size);
    if (level.is_array) {
      const std::size_t index = level.next_index++;
      if (!is_record_list()) path_ += "[" + std::to_string(index) + "]";
    } else {
      path_ += (path_.empty() ? "" : ".") + std::exchange(key_, {});
    }
  }

  // The container whose elements are records: the outermost array, or an array right in the outermost object.
  bool is_record_list() const {
    if (whole_ || !levels_.back().is_array) return false;
    return levels_.size() == 1 || (levels_.size() == 2 && !levels_[0].is_array);
  }

  bool open(bool is_array, json::error_code& error) {
    const bool in_outermost_object = !whole_ && levels_.size() == 1 && !levels_[0].is_array;
    enter_name();
    if (in_outermost_object) {
      // What is inside stands under a heading and is named from there.
      if (!give(error)) return false;
      status_ = records_.heading(path_);
      if (!status_.ok()) return stop(error);
      path_.clear();
    }
    levels_.push_back({is_array, 0, path_.size()});
    return true;
  }

  bool close(std::size_t size, json::error_code& error) {
    path_.resize(levels_.back().path_size);
    const bool is_array = levels_.back().is_array;
    if (size == 0 && levels_.size() > 1) record_.push_back({path_, is_array ? "[]" : "{}"});
    levels_.pop_back();
    const bool was_member = levels_.size() == 1 && !levels_[0].is_array;
    return was_member && !whole_ ? give(error) : end_of_value(error);
  }

  bool value(json::error_code& error) {
    enter_name();
    record_.push_back({path_, one_line(text_)});
    text_.clear();
    return end_of_value(error);
  }

  // A record ends with an element of a list of records, with a member of the outermost object that holds
  // others, and with the outermost value. Plain members of the outermost object are gathered.
  bool end_of_value(json::error_code& error) {
    if (whole_) return true;
    return levels_.empty() || is_record_list() ? give(error) : true;
  }

  bool give(json::error_code& error) {
    if (record_.empty()) return true;
    status_ = records_.record(std::exchange(record_, {}));
    return status_.ok() || stop(error);
  }

  static bool stop(json::error_code& error) {
    error = make_error_code(json::error::exception);
    return false;
  }

  const JsonRecords& records_;
  const bool whole_;
  Status status_;
  std::vector<Level> levels_;
  std::string path_;
  std::string key_;
  std::string text_;
  JsonRecord record_;
};

Status parse(std::string_view text, json::basic_parser<Handler>& parser) {
  json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (parser.handler().failed()) return parser.handler().take_status();
  if (error == json::error::too_deep)
    return Error(Code::resource_exhausted, "The JSON has more than 100 values inside one another.");
  const bool rest_is_blank = text.find_first_not_of(" \t\r\n", used) == std::string_view::npos;
  if (!error && rest_is_blank) return {};
  const auto line =
      1 +
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(used, text.size())), '\n');
  return Error(Code::invalid_argument,
               "It is no valid JSON: see line " + std::to_string(line) +
                   (error == json::error::incomplete ? ", where it is cut off." : "."));
}

json::parse_options options() {
  json::parse_options result;
  result.max_depth = json_nesting_max;
  return result;
}

}  // namespace

Status flatten_json(std::string_view text, const JsonRecords& records) {
  json::basic_parser<Handler> parser(options(), records, false);
  return parse(text, parser);
}

Result<JsonRecord> flatten_json_record(std::string_view text) {
  const JsonRecords nowhere;
  json::basic_parser<Handler> parser(options(), nowhere, true);
  LOADLINE_TRY(parse(text, parser));
  return parser.handler().take_record();
}

}  // namespace loadline
