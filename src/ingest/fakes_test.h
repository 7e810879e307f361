#pragma once
// Small working stand-ins for the ports that ingestion meets, all in memory: an embedder that hashes words,
// an extractor of a line format, exact indexes. They do the real thing in little; they record, and fail on
// request.
#include <algorithm>
#include <atomic>
#include <cctype>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <sstream>

#include "base/hash.h"
#include "base/utf8.h"
#include "model/document_extractor.h"
#include "model/embedder.h"
#include "model/index_catalogue.h"

namespace loadline {

/// Tokens: up to six characters of a word, or one character that is neither letter, digit nor blank.
class HashEmbedder final : public Embedder {
 public:
  explicit HashEmbedder(std::size_t max_tokens = 256, std::string digest = "d1", std::size_t dimensions = 8)
      : info_{"hash", std::move(digest), "f32", dimensions, max_tokens} {}

  const EmbedderInfo& info() const override { return info_; }

  Result<Matrix> embed(std::span<const std::string_view> texts, const CallContext& context) const override {
    if (fail) LOADLINE_TRY(fail());
    LOADLINE_TRY(context.check());
    Matrix rows{texts.size(), info_.dimensions, std::vector<float>(texts.size() * info_.dimensions)};
    for (std::size_t r = 0; r < texts.size(); ++r) {
      ++embedded;
      float* row = rows.values.data() + r * info_.dimensions;
      for (const TokenSpan& token : tokenize(texts[r]))
        row[hash64(texts[r].substr(token.begin, token.end - token.begin)) % info_.dimensions] += 1.0F;
      float norm = 0;
      for (std::size_t i = 0; i < info_.dimensions; ++i) norm += row[i] * row[i];
      if (norm == 0) row[0] = norm = 1;
      for (std::size_t i = 0; i < info_.dimensions; ++i) row[i] /= std::sqrt(norm);
    }
    return rows;
  }

  Result<Matrix> token_vectors(std::string_view, std::vector<TokenSpan>&, const CallContext&) const override {
    return Error(Code::invalid_argument, "this embedder has no token vectors");
  }

  std::vector<TokenSpan> tokenize(std::string_view text) const override {
    constexpr std::uint32_t piece_max = 6;
    std::vector<TokenSpan> tokens;
    const auto is_word = [](char c) {
      return (c & 0x80) != 0 || std::isalnum(static_cast<unsigned char>(c)) != 0;
    };
    for (std::uint32_t at = 0; at < text.size();) {
      std::uint32_t end = at + 1;
      if (is_word(text[at]))
        while (end < text.size() && end - at < piece_max && is_word(text[end])) ++end;
      else if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
        at = end;
        continue;
      }
      tokens.push_back({1, at, end});
      at = end;
    }
    return tokens;
  }

  mutable std::atomic<std::size_t> embedded = 0;
  std::function<Status()> fail;  // asked before each batch

 private:
  const EmbedderInfo info_;
};

/// Reads a line format: "# x" heading, "- x" list item, "| a | b" table row (the first is the header),
/// "%page" a page break, "%lost why" a page that cannot be read, "%crash" a page that stops the extractor,
/// "%bad why" a file that it refuses; other lines are paragraphs.
class LineExtractor final : public DocumentExtractor {
 public:
  Status extract(const ExtractRequest& request, PageSink& sink, const CallContext& context) override {
    ++runs;
    std::ifstream in(request.path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (const std::size_t bad = text.find("%bad "); bad != std::string::npos)
      return Error(Code::invalid_argument, text.substr(bad + 5, text.find('\n', bad) - bad - 5));
    const std::vector<std::vector<std::string>> pages = pages_of(text);
    DocumentProperties properties;
    properties.media_type = "text/plain";
    properties.page_count = static_cast<int>(pages.size());
    if (!sink.on_properties(properties)) return {};
    for (int number = request.first_page; number <= properties.page_count; ++number) {
      LOADLINE_TRY(context.check());
      if (before_page) LOADLINE_TRY(before_page(request.file_name, number, context));
      const std::vector<std::string>& lines = pages[static_cast<std::size_t>(number - 1)];
      if (std::find(lines.begin(), lines.end(), "%crash") != lines.end())
        return Error(Code::internal, "the extractor crashed on page " + std::to_string(number));
      {
        std::lock_guard lock(mutex_);
        ++reads_[{request.file_name, number}];
      }
      if (!sink.on_page(page_of(number, lines))) return {};
    }
    return {};
  }
  std::string version() const override { return version_name; }

  /// How often each page was read.
  std::map<std::pair<std::string, int>, int> reads() const {
    std::lock_guard lock(mutex_);
    return reads_;
  }

  std::string version_name = "lines-1";
  std::atomic<int> runs = 0;
  std::function<Status(const std::string& file, int page, const CallContext& context)> before_page;

 private:
  static std::vector<std::vector<std::string>> pages_of(const std::string& text) {
    std::vector<std::vector<std::string>> pages(1);
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
      if (line == "%page")
        pages.emplace_back();
      else
        pages.back().push_back(line);
    return pages;
  }

  static ExtractedPage page_of(int number, const std::vector<std::string>& lines) {
    ExtractedPage page;
    page.number = number;
    std::vector<std::string> rows;
    const auto end_table = [&] {
      if (rows.empty()) return;
      Table table;
      table.header_rows = 1;
      for (const std::string& row : rows) {
        std::istringstream cells(row.substr(2));
        std::uint32_t column = 0;
        for (std::string cell; std::getline(cells, cell, '|'); ++column) {
          cell.erase(0, cell.find_first_not_of(' '));
          while (cell.ends_with(' ')) cell.pop_back();
          table.columns = std::max(table.columns, column + 1);
          if (!cell.empty()) table.cells.push_back({table.rows, column, 1, 1, cell, {}});
        }
        ++table.rows;
      }
      const std::string text = table_text(table);
      page.blocks.push_back({BlockKind::table, 0, text, {}, std::move(table)});
      rows.clear();
    };
    for (const std::string& line : lines) {
      if (line.starts_with("%lost ")) page.lost_reason = line.substr(6);
      if (line.starts_with("| ")) {
        rows.push_back(line);
        continue;
      }
      end_table();
      if (line.starts_with("# "))
        page.blocks.push_back({BlockKind::heading, 1, line.substr(2), {}, {}});
      else if (line.starts_with("- "))
        page.blocks.push_back({BlockKind::list_item, 1, line.substr(2), {}, {}});
      else if (!line.empty() && !line.starts_with("%"))
        page.blocks.push_back({BlockKind::paragraph, 0, line, {10, 20, 300, 40}, {}});
    }
    end_table();
    return page;
  }

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, int> reads_;
};

/// What an index keeps over a crash: the "disk" that FakeIndex objects share.
template <class Payload>
struct FakeIndexDisk {
  std::map<ChunkId, Payload> rows;
  std::map<ChunkId, Payload> removed;  // not purged yet
  std::uint64_t change = 0;
  std::function<Status(bool after)> on_apply;  // asked before and after each change of the disk
};

template <class Payload>
Status fake_apply(FakeIndexDisk<Payload>& disk, std::vector<std::pair<ChunkId, Payload>> adds,
                  std::span<const ChunkId> removes, std::uint64_t change) {
  if (disk.on_apply) LOADLINE_TRY(disk.on_apply(false));
  for (auto& [id, payload] : adds) disk.rows[id] = std::move(payload);
  for (const ChunkId id : removes)
    if (auto node = disk.rows.extract(id)) disk.removed.insert(std::move(node));
  disk.change = change;
  return disk.on_apply ? disk.on_apply(true) : Status();
}

template <class Payload>
std::vector<ChunkId> fake_ids(const FakeIndexDisk<Payload>& disk) {
  std::vector<ChunkId> ids;
  for (const auto& [id, payload] : disk.rows) ids.push_back(id);
  return ids;
}

class FakeKeywordIndex final : public KeywordIndex {
 public:
  using Disk = FakeIndexDisk<std::string>;
  explicit FakeKeywordIndex(Disk& disk) : disk_(disk) {}

  Status apply(std::span<const KeywordEntry> adds, std::span<const ChunkId> removes,
               std::uint64_t change) override {
    std::vector<std::pair<ChunkId, std::string>> rows;
    for (const KeywordEntry& add : adds) rows.emplace_back(add.chunk, std::string(add.text));
    return fake_apply(disk_, std::move(rows), removes, change);
  }
  std::uint64_t applied_change() const override { return disk_.change; }
  Result<std::vector<ScoredChunk>> search(std::string_view query, std::size_t k, const ChunkFilter* filter,
                                          const CallContext&) const override {
    std::vector<ScoredChunk> found;
    for (const auto& [id, text] : disk_.rows)
      if (found.size() < k && text.find(query) != std::string::npos &&
          (filter == nullptr || filter->accepts(id)))
        found.push_back({id, 1});
    return found;
  }
  IndexStats stats() const override { return {disk_.rows.size(), disk_.removed.size(), 1, 0}; }
  Result<std::vector<ChunkId>> chunk_ids() const override { return fake_ids(disk_); }
  Status purge() override { return disk_.removed.clear(), Status(); }
  Status clear() override { return disk_.rows.clear(), disk_.change = 0, Status(); }
  Status refresh() override { return {}; }

 private:
  Disk& disk_;
};

class FakeVectorIndex final : public VectorIndex {
 public:
  using Disk = FakeIndexDisk<std::vector<float>>;
  FakeVectorIndex(Disk& disk, std::size_t dimensions) : disk_(disk), dimensions_(dimensions) {}

  std::size_t dimensions() const override { return dimensions_; }
  Status apply(std::span<const VectorEntry> adds, std::span<const ChunkId> removes,
               std::uint64_t change) override {
    std::vector<std::pair<ChunkId, std::vector<float>>> rows;
    for (const VectorEntry& add : adds)
      rows.emplace_back(add.chunk, std::vector<float>(add.vector.begin(), add.vector.end()));
    return fake_apply(disk_, std::move(rows), removes, change);
  }
  std::uint64_t applied_change() const override { return disk_.change; }
  Result<std::vector<ScoredChunk>> search(std::span<const float>, std::size_t, const ChunkFilter*,
                                          const CallContext&) const override {
    return std::vector<ScoredChunk>();
  }
  IndexStats stats() const override { return {disk_.rows.size(), disk_.removed.size(), 1, 0}; }
  Result<std::vector<ChunkId>> chunk_ids() const override { return fake_ids(disk_); }
  Status purge() override { return disk_.removed.clear(), Status(); }
  Status clear() override { return disk_.rows.clear(), disk_.change = 0, Status(); }
  Status refresh() override { return {}; }

 private:
  Disk& disk_;
  const std::size_t dimensions_;
};

class FakeCatalogue final : public IndexCatalogue {
 public:
  Result<CollectionIndexes> open(CollectionId, std::size_t dimensions) override {
    if (!vector_ || vector_->dimensions() != dimensions) {
      if (vector_) vector_disk.rows.clear(), vector_disk.change = 0;
      old_.push_back(std::move(vector_));
      vector_ = std::make_unique<FakeVectorIndex>(vector_disk, dimensions);
    }
    return CollectionIndexes{&keyword_, vector_.get()};
  }
  FakeKeywordIndex::Disk keyword_disk;
  FakeVectorIndex::Disk vector_disk;

 private:
  FakeKeywordIndex keyword_{keyword_disk};
  std::unique_ptr<FakeVectorIndex> vector_;
  std::vector<std::unique_ptr<FakeVectorIndex>> old_;
};

}  // namespace loadline
