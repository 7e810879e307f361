#pragma once
// Uploaded documents on their way into the store: accepted at once, ingested one after the other by a thread
// of their own.
//
// What was accepted survives a crash: each upload is a file in `folder` with a small description beside it,
// written before the client is told, and removed when the ingestor is done with it; the next start goes on
// with what is there. Thread-safe.
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "api/document_admin.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/body_budget.h"
#include "net/spool_file.h"

namespace loadline {

struct UploadMeta {
  std::string collection;
  std::string name;                                           // raw bytes
  std::string label;                                          // data class; "": keeps
  std::vector<std::pair<std::string, std::string>> metadata;  // empty: keeps
};

struct Upload {
  UploadMeta meta;
  SpoolFile file;
  BodyCharge charge;  // for its bytes
};

/// Uploads that are not done.
struct WaitingUploads {
  std::size_t count = 0;
  std::uint64_t bytes = 0;  // on disk, with those that are being received
};

/// What GET shows of an upload that is not done.
struct PendingUpload {
  std::string name;  // as the store will call it
  bool running = false;
  std::string waits_for;  // a sentence
  std::string failure;    // "": not failed
};

class UploadJobs {
 public:
  static constexpr std::size_t batch_max = 64;      // ingested together
  static constexpr std::size_t failures_max = 256;  // remembered

  struct Limits {
    std::size_t pending_max = 0;          // files that wait
    std::uint64_t pending_bytes_max = 0;  // of these and of those that are being received, on disk
  };

  /// Takes up what an earlier process left. unavailable: the folder.
  static Result<std::unique_ptr<UploadJobs>> open(const std::string& folder, const Limits& limits,
                                                  DocumentAdmin& documents, Log& log, const Clock& clock);
  /// Stops the running ingestion; what is not done stays for the next start.
  ~UploadJobs();
  UploadJobs(const UploadJobs&) = delete;
  UploadJobs& operator=(const UploadJobs&) = delete;

  /// An empty file in the folder, to be filled with `write`. unavailable: the folder.
  Result<Upload> begin(UploadMeta meta) const;
  /// resource_exhausted: all uploads together would take too many bytes, or the disk is full; unavailable:
  /// disk.
  Status write(Upload& upload, std::string_view bytes) const;
  /// All or none. resource_exhausted: too many wait; unavailable: disk.
  Status accept(std::vector<Upload> uploads);
  std::vector<PendingUpload> pending(std::string_view collection) const;
  WaitingUploads waiting() const;
  /// Names of collections that uploads wait for, or failed in; each once, sorted.
  std::vector<std::string> collections() const;
  /// Forgets uploads of this name that are not being ingested. Whether there were any.
  bool drop(std::string_view collection, std::string_view name);

  /// Nothing is ingested while one of these lives. What was interrupted goes on afterwards where it stopped.
  class Pause {
   public:
    explicit Pause(UploadJobs& jobs) : jobs_(&jobs) {}
    ~Pause();
    Pause(Pause&& other) noexcept : jobs_(std::exchange(other.jobs_, nullptr)) {}
    Pause& operator=(Pause&&) = delete;

   private:
    UploadJobs* jobs_;
  };
  /// Interrupts the running ingestion and waits until it stopped: a page or a batch of chunks at most. Errors
  /// of the context.
  Result<Pause> pause(const CallContext& context);

 private:
  struct Job {
    std::string id;  // of its files
    UploadMeta meta;
    std::string shown_name;
    bool running = false;
    std::string waits_for = "waits for its turn";
    std::shared_ptr<BodyCharge> charge{};  // for its bytes on disk
  };
  struct Failure {
    std::string collection, name, reason;
  };

  UploadJobs(std::string folder, const Limits& limits, DocumentAdmin& documents, Log& log,
             const Clock& clock);
  Status recover();
  Status store(Upload& upload, const std::string& id);
  void remove_files(const std::string& id) const;
  void work();
  std::vector<Job> take_batch();  // with the lock held
  Result<IngestSummary> ingest_caught(const IngestRequest& request, const CallContext& context);
  void ingest(const std::vector<Job>& batch, const CancelToken& cancel);
  void settle(const std::vector<Job>& batch, const Result<IngestSummary>& result);

  const std::string folder_;
  const Limits limits_;
  DocumentAdmin& documents_;
  Log& log_;
  const Clock& clock_;
  std::atomic<std::uint64_t> bytes_{0};
  const BodyBudget space_{limits_.pending_bytes_max, bytes_};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;          // guarded by mutex_; in order of arrival
  std::deque<Failure> failures_;  // guarded by mutex_
  std::size_t accepting_ = 0;     // guarded by mutex_; uploads being written
  CancelToken running_cancel_;    // guarded by mutex_; of the running batch, a new one for each
  bool running_ = false;          // guarded by mutex_
  std::size_t pauses_ = 0;        // guarded by mutex_
  bool closing_ = false;          // guarded by mutex_
  bool retry_later_ = false;      // guarded by mutex_; the last batch could not be ingested now
  std::thread thread_;
};

}  // namespace loadline
