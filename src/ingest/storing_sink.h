#pragma once
// A PageSink that puts pages into the store as they come, in bounded pieces. One thread; used for one
// extraction.
#include <optional>
#include <vector>

#include "ingest/document_pipeline.h"

namespace loadline {

class StoringSink final : public PageSink {
 public:
  StoringSink(const PipelineParts& parts, const DocumentInWork& document, StageLease lease)
      : parts_(parts),
        document_(document),
        lease_(std::move(lease)),
        next_page_(document.version.next_page),
        pages_(static_cast<std::size_t>(std::max(0, document.version.pages))) {}

  bool on_properties(const DocumentProperties& properties) override;
  bool on_page(ExtractedPage page) override;

  /// Stores what is held. The first error of the store, also of earlier calls.
  Status flush();
  /// Whether it ended the extraction because the job ends.
  bool stopped() const { return stopped_; }
  /// Set if the collection's rule does not let the document in.
  const std::optional<Error>& refused() const { return refused_; }

 private:
  void add(ExtractedPage page);
  template <class Part>
  bool redact(Part& part);

  const PipelineParts& parts_;
  const DocumentInWork& document_;
  const StageLease lease_;
  int next_page_;
  std::size_t pages_;
  std::vector<ExtractedPage> held_;
  std::size_t held_bytes_ = 0;
  Status status_;
  bool stopped_ = false;
  std::optional<Error> refused_;
};

}  // namespace loadline
