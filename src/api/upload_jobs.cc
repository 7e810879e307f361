#include "api/upload_jobs.h"

#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "ingest/source_name.h"

namespace loadline {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds retry_pause{2};
constexpr std::string_view content_end = ".bin", meta_end = ".json", part_end = ".part";

std::string new_id() {
  unsigned char bytes[12];
  randombytes_buf(bytes, sizeof bytes);
  char text[sizeof bytes * 2 + 1];
  sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
  return text;
}

// Names are bytes; JSON is UTF-8: they travel escaped.
std::string meta_text(const UploadMeta& meta) {
  json::object metadata;
  for (const auto& [key, value] : meta.metadata) metadata[key] = value;
  return json::serialize(json::object{{"collection", meta.collection},
                                      {"name", escaped_name(meta.name)},
                                      {"label", meta.label},
                                      {"metadata", std::move(metadata)}});
}

std::optional<UploadMeta> read_meta(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  json::error_code ec;
  const json::value value = json::parse(text.str(), ec);
  if (ec || !value.is_object()) return std::nullopt;
  const auto field = [&](const char* name) {
    const json::value* found = value.get_object().if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  UploadMeta meta{field("collection"), unescaped_name(field("name")), field("label"), {}};
  if (const json::value* metadata = value.get_object().if_contains("metadata");
      metadata && metadata->is_object())
    for (const auto& [key, entry] : metadata->get_object())
      if (entry.is_string()) meta.metadata.emplace_back(std::string(key), std::string(entry.get_string()));
  if (meta.collection.empty() || meta.name.empty()) return std::nullopt;
  return meta;
}

bool may_go_together(const UploadMeta& a, const UploadMeta& b) {
  return a.collection == b.collection && a.label == b.label && a.metadata == b.metadata;
}

bool worth_a_retry(Code code) {
  return code == Code::failed_precondition || code == Code::unavailable || code == Code::resource_exhausted ||
         code == Code::deadline_exceeded || code == Code::cancelled;
}

bool is_over(DocumentState state) {
  return state != DocumentState::queued && state != DocumentState::running;
}

}  // namespace

UploadJobs::UploadJobs(std::string folder, const Limits& limits, DocumentAdmin& documents, Log& log,
                       const Clock& clock)
    : folder_(std::move(folder)), limits_(limits), documents_(documents), log_(log), clock_(clock) {}

Result<std::unique_ptr<UploadJobs>> UploadJobs::open(const std::string& folder, const Limits& limits,
                                                     DocumentAdmin& documents, Log& log, const Clock& clock) {
  std::unique_ptr<UploadJobs> jobs(new UploadJobs(folder, limits, documents, log, clock));
  LOADLINE_TRY(jobs->recover());
  jobs->thread_ = std::thread([raw = jobs.get()] { raw->work(); });
  return jobs;
}

UploadJobs::~UploadJobs() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    running_cancel_.cancel();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// In order of arrival, as far as the file system's clock tells.
Status UploadJobs::recover() {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!error) fs::permissions(folder_, fs::perms::owner_all, error);
  if (error) return Error(Code::unavailable, "the folder for uploads, " + folder_ + ": " + error.message());
  std::vector<std::pair<fs::file_time_type, Job>> found;
  std::vector<fs::path> leftover;  // of what was not accepted
  std::size_t unreadable = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    const fs::path& path = entry.path();
    const bool is_meta = path.extension() == meta_end;
    const bool has_other = fs::exists(fs::path(path).replace_extension(is_meta ? content_end : meta_end));
    std::optional<UploadMeta> meta;
    if (is_meta && has_other) meta = read_meta(path);
    if (meta) {
      std::error_code ignored;
      Job job{path.stem().string(), *meta, escaped_name(meta->name)};
      job.charge = std::make_shared<BodyCharge>(space_);
      const auto bytes = fs::file_size(fs::path(path).replace_extension(content_end), ignored);
      if (!ignored) job.charge->adopt(bytes);
      found.emplace_back(entry.last_write_time(ignored), std::move(job));
    } else if (is_meta && has_other) {
      ++unreadable;  // accepted once; left where it is for who looks into it
    } else if (path.extension() == part_end || !has_other) {
      leftover.push_back(path);
    }
  }
  if (error) return Error(Code::unavailable, "the folder for uploads, " + folder_ + ": " + error.message());
  for (const fs::path& path : leftover) fs::remove(path, error);
  if (unreadable > 0) log_.warning("uploads_unreadable", {{"documents", unreadable}, {"folder", folder_}});
  if (!found.empty()) log_.info("uploads_resumed", {{"documents", found.size()}});
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [time, job] : found) jobs_.push_back(std::move(job));
  return {};
}

Result<Upload> UploadJobs::begin(UploadMeta meta) const {
  LOADLINE_ASSIGN(SpoolFile file, SpoolFile::create(folder_ + "/" + new_id() + std::string(part_end)));
  return Upload{std::move(meta), std::move(file), BodyCharge(space_)};
}

Status UploadJobs::write(Upload& upload, std::string_view bytes) const {
  if (!upload.charge.grow_to(upload.file.size() + bytes.size()))
    return Error(
        Code::resource_exhausted,
        "the uploads that wait may take " + std::to_string(limits_.pending_bytes_max) +
            " bytes together (pending_upload_bytes_max), and this one does not fit now; send it when some "
            "are done");
  return upload.file.write(bytes);
}

Status UploadJobs::store(Upload& upload, const std::string& id) {
  const std::string base = folder_ + "/" + id;
  LOADLINE_TRY(upload.file.keep_as(base + std::string(content_end)));
  LOADLINE_ASSIGN(SpoolFile meta, SpoolFile::create(base + ".meta" + std::string(part_end)));
  LOADLINE_TRY(meta.write(meta_text(upload.meta)));
  return meta.keep_as(base + std::string(meta_end));
}

void UploadJobs::remove_files(const std::string& id) const {
  // The description first: content without one is leftover.
  ::unlink((folder_ + "/" + id + std::string(meta_end)).c_str());
  ::unlink((folder_ + "/" + id + std::string(content_end)).c_str());
}

Status UploadJobs::accept(std::vector<Upload> uploads) {
  {
    std::lock_guard lock(mutex_);
    if (jobs_.size() + accepting_ + uploads.size() > limits_.pending_max)
      return Error(
          Code::resource_exhausted,
          std::to_string(jobs_.size()) + " uploaded documents wait already; send more when some are done");
    accepting_ += uploads.size();
  }
  std::vector<Job> jobs;
  Status status;
  for (Upload& upload : uploads) {
    Job job{new_id(), upload.meta, escaped_name(upload.meta.name)};
    job.charge = std::make_shared<BodyCharge>(std::move(upload.charge));
    jobs.push_back(job);
    status = store(upload, job.id);
    if (!status) break;
  }
  if (!status)
    for (const Job& job : jobs) remove_files(job.id);
  {
    std::lock_guard lock(mutex_);
    accepting_ -= uploads.size();
    if (status) std::move(jobs.begin(), jobs.end(), std::back_inserter(jobs_));
  }
  changed_.notify_all();
  return status;
}

std::vector<PendingUpload> UploadJobs::pending(std::string_view collection) const {
  std::vector<PendingUpload> out;
  std::lock_guard lock(mutex_);
  for (const Failure& failure : failures_)
    if (failure.collection == collection) out.push_back({failure.name, false, "", failure.reason});
  for (const Job& job : jobs_)
    if (job.meta.collection == collection) out.push_back({job.shown_name, job.running, job.waits_for, ""});
  return out;
}

WaitingUploads UploadJobs::waiting() const {
  std::lock_guard lock(mutex_);
  return {jobs_.size(), bytes_.load()};
}

bool UploadJobs::drop(std::string_view collection, std::string_view name) {
  std::vector<std::string> dropped;
  bool any = false;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(jobs_, [&](const Job& job) {
      if (job.running || job.meta.collection != collection || job.shown_name != name) return false;
      dropped.push_back(job.id);
      return true;
    });
    any = !dropped.empty();
    any |= std::erase_if(failures_, [&](const Failure& failure) {
             return failure.collection == collection && failure.name == name;
           }) > 0;
  }
  for (const std::string& id : dropped) remove_files(id);
  return any;
}

std::vector<std::string> UploadJobs::collections() const {
  std::set<std::string> names;
  std::lock_guard lock(mutex_);
  for (const Failure& failure : failures_) names.insert(failure.collection);
  for (const Job& job : jobs_) names.insert(job.meta.collection);
  return {names.begin(), names.end()};
}

Result<UploadJobs::Pause> UploadJobs::pause(const CallContext& context) {
  constexpr std::chrono::milliseconds look{20};  // how often the context is asked
  std::unique_lock lock(mutex_);
  ++pauses_;
  if (running_) running_cancel_.cancel();
  while (running_) {
    if (const Status go_on = context.check(); !go_on) {
      --pauses_;
      changed_.notify_all();
      return go_on.error();
    }
    changed_.wait_for(lock, look);
  }
  return Pause(*this);
}

UploadJobs::Pause::~Pause() {
  if (jobs_ == nullptr) return;
  {
    std::lock_guard lock(jobs_->mutex_);
    --jobs_->pauses_;
    // The batch that was interrupted has no reason to wait.
    jobs_->retry_later_ = false;
  }
  jobs_->changed_.notify_all();
}

void UploadJobs::work() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    if (retry_later_) changed_.wait_for(lock, retry_pause, [this] { return closing_ || !retry_later_; });
    retry_later_ = false;
    changed_.wait(lock, [this] { return closing_ || (pauses_ == 0 && !jobs_.empty()); });
    if (closing_) return;
    const std::vector<Job> batch = take_batch();
    running_cancel_ = CancelToken();
    running_ = true;
    const CancelToken cancel = running_cancel_;
    lock.unlock();
    ingest(batch, cancel);
    lock.lock();
    running_ = false;
    changed_.notify_all();
  }
}

// The oldest job, and those behind it that go with it; a name only once, so that its versions keep their
// order.
std::vector<UploadJobs::Job> UploadJobs::take_batch() {
  std::vector<Job> batch;
  for (Job& job : jobs_) {
    if (batch.size() == batch_max) break;
    if (!batch.empty() && !may_go_together(job.meta, batch.front().meta)) break;
    const bool twice = std::any_of(batch.begin(), batch.end(),
                                   [&](const Job& other) { return other.shown_name == job.shown_name; });
    if (twice) break;
    job.running = true;
    job.waits_for = "is being ingested";
    batch.push_back(job);
  }
  return batch;
}

// What throws (memory that ran out) fails this batch; the service stays up.
Result<IngestSummary> UploadJobs::ingest_caught(const IngestRequest& request, const CallContext& context) {
  try {
    IngestObserver silent;
    return documents_.ingest(request, silent, context);
  } catch (const std::exception&) {
    return Error(Code::internal, "the ingestion failed inside the server");
  }
}

void UploadJobs::ingest(const std::vector<Job>& batch, const CancelToken& cancel) {
  IngestRequest request;
  request.collection = batch.front().meta.collection;
  request.label = batch.front().meta.label;
  request.metadata = batch.front().meta.metadata;
  for (const Job& job : batch)
    request.uploads.push_back({folder_ + "/" + job.id + std::string(content_end), job.meta.name});
  CallContext context;
  context.clock = &clock_;
  context.cancel = cancel;
  const Result<IngestSummary> result = ingest_caught(request, context);
  settle(batch, result);
  if (result.ok())
    log_.info("uploads_ingested", {{"documents", batch.size()},
                                   {"done", result->done},
                                   {"partial", result->partial},
                                   {"failed", result->failed},
                                   {"unchanged", result->unchanged},
                                   {"waiting", result->waiting}});
  else if (!cancel.cancelled())
    log_.warning("uploads_not_ingested",
                 {{"documents", batch.size()}, {"code", code_name(result.error().code())}});
}

void UploadJobs::settle(const std::vector<Job>& batch, const Result<IngestSummary>& result) {
  std::vector<std::string> over;
  {
    std::lock_guard lock(mutex_);
    for (const Job& done : batch) {
      const auto job =
          std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& j) { return j.id == done.id; });
      job->running = false;
      if (!result && worth_a_retry(result.error().code())) {
        const bool interrupted = result.error().code() == Code::cancelled;
        job->waits_for = interrupted ? "goes on after a deletion" : result.error().message();
        retry_later_ = true;
        continue;
      }
      if (!result) {
        failures_.push_back({done.meta.collection, done.shown_name, result.error().message()});
        if (failures_.size() > failures_max) failures_.pop_front();
      } else {
        const auto outcome =
            std::find_if(result->documents.begin(), result->documents.end(),
                         [&](const DocumentOutcome& o) { return o.name == done.shown_name; });
        if (outcome != result->documents.end() && !is_over(outcome->state)) {
          job->waits_for = outcome->reason.empty() ? "waits for another try" : outcome->reason;
          retry_later_ = true;
          continue;
        }
      }
      over.push_back(done.id);
      jobs_.erase(job);
    }
    // What cannot be ingested now does not hold up other collections; its own uploads keep their order.
    if (retry_later_)
      std::stable_partition(jobs_.begin(), jobs_.end(), [&](const Job& job) {
        return job.meta.collection != batch.front().meta.collection;
      });
  }
  for (const std::string& id : over) remove_files(id);
}

}  // namespace loadline
