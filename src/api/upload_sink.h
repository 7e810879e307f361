#pragma once
// The body of an upload: its files go to disk as they arrive, its fields say what they are. One thread at a
// time.
#include <string>
#include <vector>

#include "api/upload_jobs.h"
#include "net/http_handler.h"
#include "net/multipart.h"

namespace loadline {

/// Fields: any number of files; "name" gives the next file another name than its own (it may have folders);
/// "label" and "metadata" (a JSON object of strings) hold for all.
class UploadSink final : public BodySink, private MultipartReceiver {
 public:
  static constexpr std::size_t files_max = 64;
  static constexpr std::size_t field_bytes_max = 65536;
  static constexpr std::size_t name_bytes_max = 1024;

  UploadSink(std::string_view boundary, std::string collection, const UploadJobs& jobs)
      : parser_(boundary, *this), collection_(std::move(collection)), jobs_(jobs) {}

  Status write(std::string_view piece) override { return parser_.feed(piece); }
  /// invalid_argument: cut off, no file, a bad name.
  Status finish() override;
  /// After finish.
  std::vector<Upload>& uploads() { return uploads_; }

 private:
  Status on_part(const MultipartPart& part) override;
  Status on_data(std::string_view data) override;
  Status on_part_end() override;
  Status read_metadata();

  MultipartParser parser_;
  const std::string collection_;
  const UploadJobs& jobs_;
  std::vector<Upload> uploads_;
  bool in_file_ = false;
  std::string field_, value_;  // the field that is being read
  std::string next_name_, label_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

/// ok, or invalid_argument: a collection's name is 1 to 128 bytes of UTF-8 without slashes, backslashes and
/// control characters.
Status check_new_collection(std::string_view name);

}  // namespace loadline
