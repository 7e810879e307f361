#include "ingest/storing_sink.h"

#include <algorithm>

namespace loadline {
namespace {

std::size_t bytes_of(const ExtractedPage& page) {
  std::size_t bytes = sizeof(ExtractedPage);
  for (const Block& block : page.blocks) {
    bytes += sizeof(Block) + block.text.size();
    if (block.table)
      for (const TableCell& cell : block.table->cells) bytes += sizeof(TableCell) + cell.text.size();
  }
  return bytes;
}

// Nothing is ever passed over in silence.
ExtractedPage missing_page(int number) {
  ExtractedPage page;
  page.number = number;
  page.lost_reason = "the extractor did not deliver this page";
  return page;
}

}  // namespace

// False: it must not be stored; the reason is kept.
template <class Part>
bool StoringSink::redact(Part& part) {
  if (parts_.redactor == nullptr) return true;
  const Status redacted = parts_.redactor->redact(part);
  if (redacted) return true;
  if (redacted.error().code() == Code::permission_denied)
    refused_ = redacted.error();
  else
    status_ = redacted;
  return false;
}

bool StoringSink::on_properties(const DocumentProperties& given) {
  DocumentProperties properties = given;
  pages_ = static_cast<std::size_t>(std::max(0, properties.page_count));
  if (!redact(properties)) return false;
  if (status_.ok()) status_ = parts_.store.store_properties(document_.version.id, properties);
  return status_.ok();
}

bool StoringSink::on_page(ExtractedPage page) {
  if (parts_.stopped()) {
    stopped_ = true;
    return false;
  }
  if (page.number < next_page_) return status_.ok();  // stored by an earlier attempt
  if (!redact(page)) return false;
  constexpr int gap_max = 10'000;
  if (page.number - next_page_ <= gap_max)
    for (; next_page_ < page.number; ++next_page_) add(missing_page(next_page_));
  next_page_ = page.number + 1;
  add(std::move(page));
  parts_.progress(document_.name, IngestStage::extract, static_cast<std::size_t>(next_page_ - 1), pages_);
  if (held_.size() >= parts_.limits.pages_per_commit || held_bytes_ >= parts_.limits.page_bytes_per_commit)
    (void)flush();
  return status_.ok();
}

void StoringSink::add(ExtractedPage page) {
  held_bytes_ += bytes_of(page);
  held_.push_back(std::move(page));
}

Status StoringSink::flush() {
  if (refused_) held_.clear();
  if (status_.ok() && !held_.empty() && parts_.redactor != nullptr) status_ = parts_.redactor->settle();
  if (status_.ok() && !held_.empty()) status_ = parts_.store.store_pages(document_.version.id, held_, lease_);
  held_.clear();
  held_bytes_ = 0;
  return status_;
}

}  // namespace loadline
