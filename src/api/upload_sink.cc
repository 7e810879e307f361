#include "api/upload_sink.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/utf8.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr std::size_t collection_bytes_max = 128;

// Some clients send the path on their own disk.
std::string base_name(std::string name) {
  std::replace(name.begin(), name.end(), '\\', '/');
  return name.substr(name.rfind('/') + 1);
}

Status check_name(std::string_view name) {
  if (name.empty() || name.size() > UploadSink::name_bytes_max)
    return Error(Code::invalid_argument,
                 "a document's name has 1 to " + std::to_string(UploadSink::name_bytes_max) + " bytes");
  while (true) {
    const std::size_t end = std::min(name.find('/'), name.size());
    const std::string_view segment = name.substr(0, end);
    if (segment.empty() || segment == "." || segment == "..")
      return Error(Code::invalid_argument, "a document's name is a relative path without \".\" and \"..\"");
    if (end == name.size()) return {};
    name.remove_prefix(end + 1);
  }
}

}  // namespace

Status check_new_collection(std::string_view name) {
  const bool clean = std::none_of(name.begin(), name.end(), [](char c) {
    return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (name.empty() || name.size() > collection_bytes_max || !clean || !is_valid_utf8(name))
    return Error(
        Code::invalid_argument,
        "a collection's name has 1 to 128 bytes of UTF-8 and no slash, backslash or control character");
  return {};
}

Status UploadSink::on_part(const MultipartPart& part) {
  in_file_ = part.file_name.has_value();
  field_ = part.name;
  value_.clear();
  if (!in_file_) return {};
  if (uploads_.size() == files_max)
    return Error(Code::invalid_argument, "one upload has at most " + std::to_string(files_max) + " files");
  const std::string name = next_name_.empty() ? base_name(*part.file_name) : next_name_;
  next_name_.clear();
  LOADLINE_TRY(check_name(name));
  LOADLINE_ASSIGN(Upload upload, jobs_.begin({collection_, name, "", {}}));
  uploads_.push_back(std::move(upload));
  return {};
}

Status UploadSink::on_data(std::string_view data) {
  if (in_file_) return jobs_.write(uploads_.back(), data);
  if (value_.size() + data.size() > field_bytes_max)
    return Error(Code::invalid_argument,
                 "a field of an upload has at most " + std::to_string(field_bytes_max) + " bytes");
  value_ += data;
  return {};
}

Status UploadSink::on_part_end() {
  if (in_file_) return {};
  if (field_ == "name") next_name_ = value_;
  if (field_ == "label") {
    if (!is_valid_utf8(value_)) return Error(Code::invalid_argument, "the field \"label\" must be UTF-8");
    label_ = value_;
  }
  if (field_ == "metadata") return read_metadata();
  return {};
}

Status UploadSink::read_metadata() {
  const Error error(Code::invalid_argument, "the field \"metadata\" must be a JSON object of strings");
  json::error_code ec;
  const json::value value = json::parse(value_, ec);
  if (ec || !value.is_object()) return error;
  for (const auto& [key, entry] : value.get_object()) {
    if (!entry.is_string()) return error;
    metadata_.emplace_back(std::string(key), std::string(entry.get_string()));
  }
  return {};
}

Status UploadSink::finish() {
  LOADLINE_TRY(parser_.finish());
  if (uploads_.empty())
    return Error(Code::invalid_argument,
                 "the upload has no file; send one as a part with a filename, e.g. "
                 "curl -F file=@report.pdf");
  for (Upload& upload : uploads_) {
    upload.meta.label = label_;
    upload.meta.metadata = metadata_;
  }
  return {};
}

}  // namespace loadline
