#include "extract/archive/nested_files.h"

#include <algorithm>
#include <optional>

#include "base/printable.h"
#include "extract/format.h"
#include "extract/page_writer.h"

namespace loadline {
namespace {

// Takes the page count and stops.
class CountSink final : public PageSink {
 public:
  bool on_properties(const DocumentProperties& properties) override {
    pages_ = properties.page_count;
    return false;
  }
  bool on_page(ExtractedPage) override { return false; }
  int pages() const { return pages_; }

 private:
  int pages_ = 0;
};

// One inner file's pages with their numbers in the outer one.
class RunSink final : public PageSink {
 public:
  RunSink(PageSink& sink, int pages_before, const std::string& heading)
      : sink_(sink), pages_before_(pages_before), heading_(heading) {}

  bool on_properties(const DocumentProperties&) override { return true; }
  bool on_page(ExtractedPage page) override {
    last_ = page.number;
    if (page.number == 1) {
      Block block;
      block.kind = BlockKind::heading, block.level = 1, block.text = heading_;
      page.blocks.insert(page.blocks.begin(), std::move(block));
    }
    page.number += pages_before_;
    wanted_ = sink_.on_page(std::move(page));
    return wanted_;
  }
  /// The last number that the inner file gave; 0 before the first.
  int last() const { return last_; }
  bool wanted() const { return wanted_; }

 private:
  PageSink& sink_;
  const int pages_before_;
  const std::string& heading_;
  int last_ = 0;
  bool wanted_ = true;
};

// The inner file's page numbers, as the outer one counts them.
class RunHost final : public ReaderHost {
 public:
  RunHost(ReaderHost& outer, int pages_before) : outer_(outer), pages_before_(pages_before) {}
  bool begins(int page) override { return outer_.begins(pages_before_ + page); }
  void needs(ForeignLibrary library) override { outer_.needs(library); }

 private:
  ReaderHost& outer_;
  const int pages_before_;
};

// While pages are counted their numbers are not known yet.
class CountHost final : public ReaderHost {
 public:
  explicit CountHost(ReaderHost& outer) : outer_(outer) {}
  bool begins(int) override { return true; }
  void needs(ForeignLibrary library) override { outer_.needs(library); }

 private:
  ReaderHost& outer_;
};

}  // namespace

NestedFiles::NestedFiles(const ReadInput& outer, std::vector<NestedFile> files) : outer_(outer) {
  for (NestedFile& file : files) entries_.push_back({std::move(file), 1, ""});
}

ReadInput NestedFiles::inner_input(const Entry& entry, const std::string& bytes, ReadBudget& budget) const {
  ReadInput input;
  input.bytes = std::as_bytes(std::span(bytes));
  input.file_name = entry.file.name;
  input.recognise_scans = outer_.recognise_scans;
  input.depth = outer_.depth + 1;
  input.budget = &budget;
  return input;
}

Status NestedFiles::count() {
  if (entries_.empty()) return {};
  if (outer_.depth >= nesting_depth_max) {
    outer_.budget->exceeded = true;
    return Error(Code::resource_exhausted,
                 "Files lie inside one another more than 5 deep. Unpack them first.");
  }
  ReadBudget budget = *outer_.budget;  // what counting uses is needed again for reading
  for (Entry& entry : entries_) {
    if (--budget.members_left < 0) {
      outer_.budget->exceeded = true;
      return Error(Code::resource_exhausted, "It holds more than 10,000 files. Split it.");
    }
    const Result<int> pages = count_pages(entry, budget);
    if (pages.ok()) {
      entry.pages = *pages;
      continue;
    }
    outer_.budget->exceeded = budget.exceeded;
    if (budget.exceeded) return pages.error();
    entry.reason = pages.error().message();
  }
  return {};
}

Result<int> NestedFiles::count_pages(const Entry& entry, ReadBudget& budget) const {
  LOADLINE_ASSIGN(const std::string bytes, entry.file.content(budget));
  ReadInput input = inner_input(entry, bytes, budget);
  std::optional<CountHost> host;
  if (outer_.host != nullptr) input.host = &host.emplace(*outer_.host);
  CountSink sink;
  const Status status = read_document(input, sink);
  if (sink.pages() > 0) return sink.pages();
  if (status.ok()) return Error(Code::invalid_argument, "It has no pages.");
  return status.error();
}

int NestedFiles::pages() const {
  int pages = 0;
  for (const Entry& entry : entries_) pages += entry.pages;
  return pages;
}

std::size_t NestedFiles::unreadable() const {
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(),
                                                [](const Entry& entry) { return !entry.reason.empty(); }));
}

std::string NestedFiles::first_reason() const {
  const auto bad = std::find_if(entries_.begin(), entries_.end(),
                                [](const Entry& entry) { return !entry.reason.empty(); });
  if (bad == entries_.end()) return {};
  const bool all_same =
      std::all_of(bad, entries_.end(), [&](const Entry& entry) { return entry.reason == bad->reason; });
  return all_same ? bad->reason : printable(bad->file.name) + ": " + bad->reason;
}

Status NestedFiles::give(int pages_before, PageSink& sink) {
  for (const Entry& entry : entries_) {
    if (pages_before + entry.pages >= outer_.first_page) LOADLINE_TRY(give_file(entry, pages_before, sink));
    pages_before += entry.pages;
  }
  return {};
}

Status NestedFiles::give_file(const Entry& entry, int pages_before, PageSink& sink) {
  RunSink run(sink, pages_before, entry.file.heading);
  std::string reason = entry.reason;
  const int first = std::max(1, outer_.first_page - pages_before);
  if (reason.empty()) {
    LOADLINE_ASSIGN(const std::string bytes, entry.file.content(*outer_.budget));
    ReadInput input = inner_input(entry, bytes, *outer_.budget);
    input.first_page = first;
    std::optional<RunHost> host;
    if (outer_.host != nullptr) input.host = &host.emplace(*outer_.host, pages_before);
    const Status status = read_document(input, run);
    if (!run.wanted()) return sink_stopped();
    if (outer_.budget->exceeded) return status;
    if (!status.ok()) reason = status.error().message();
  }
  // As many pages as were counted, so that the numbers behind them hold.
  for (int number = std::max(first, run.last() + 1); number <= entry.pages; ++number) {
    ExtractedPage lost;
    lost.number = pages_before + number;
    lost.lost_reason = printable(entry.file.name) + ": " + (reason.empty() ? "The page is missing." : reason);
    if (!sink.on_page(std::move(lost))) return sink_stopped();
  }
  return {};
}

}  // namespace loadline
