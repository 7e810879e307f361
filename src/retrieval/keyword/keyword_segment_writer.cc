#include "retrieval/keyword/keyword_segment_writer.h"

#include <algorithm>
#include <numeric>
#include <queue>
#include <unordered_map>

#include "base/assert.h"

namespace loadline {

KeywordSegmentWriter::KeywordSegmentWriter(std::vector<std::uint64_t> ids, std::vector<std::uint32_t> lengths,
                                           std::span<const std::uint32_t> distinct_terms)
    : ids_(std::move(ids)), lengths_(std::move(lengths)) {
  std::size_t total = 0;
  for (const std::uint32_t count : distinct_terms) {
    row_begin_.push_back(total);
    total += count;
  }
  row_end_ = row_begin_;
  row_terms_.resize(total);
}

void KeywordSegmentWriter::add_term(std::string_view term, std::span<const Posting> postings) {
  const bool is_first = terms_ % KeywordSegment::dictionary_block == 0;
  if (is_first) blocks_.push_back({dictionary_.size(), postings_.size()});
  std::size_t shared = 0;
  if (!is_first) {
    const std::size_t limit = std::min(term.size(), previous_.size());
    while (shared < limit && term[shared] == previous_[shared]) ++shared;
    append_varint(dictionary_, shared);
  }
  append_varint(dictionary_, term.size() - shared);
  for (const char c : term.substr(shared)) dictionary_.push_back(static_cast<std::byte>(c));
  const std::size_t before = postings_.size();
  encode_postings(postings, lengths_, postings_);
  append_varint(dictionary_, postings.size());
  append_varint(dictionary_, postings_.size() - before);
  for (const Posting& posting : postings) row_terms_[row_end_[posting.row]++] = terms_;
  previous_ = term;
  ++terms_;
}

std::vector<std::byte> KeywordSegmentWriter::encode_row_terms(std::vector<std::uint64_t>& offsets) const {
  std::vector<std::byte> out;
  for (std::size_t row = 0; row < ids_.size(); ++row) {
    offsets.push_back(out.size());
    std::uint32_t next = 0;
    for (std::size_t i = row_begin_[row]; i < row_end_[row]; ++i) {
      append_varint(out, row_terms_[i] - next);
      next = row_terms_[i] + 1;
    }
  }
  offsets.push_back(out.size());
  offsets.push_back(terms_);
  return out;
}

std::vector<std::byte> KeywordSegmentWriter::finish() && {
  std::vector<std::uint64_t> offsets;
  const std::vector<std::byte> row_terms = encode_row_terms(offsets);
  SectionFileWriter file(keyword_segment_magic);
  file.expect(ids_.size() * 20 + dictionary_.size() + blocks_.size() * sizeof(KeywordSegment::BlockPlace) +
              postings_.size() + row_terms.size() + 16);
  file.add(KeywordSegment::section_ids, ids_);
  file.add(KeywordSegment::section_lengths, lengths_);
  file.add(KeywordSegment::section_dictionary, dictionary_);
  file.add(KeywordSegment::section_dictionary_index, blocks_);
  file.add(KeywordSegment::section_postings, postings_);
  file.add(KeywordSegment::section_row_terms, row_terms);
  file.add(KeywordSegment::section_row_index, offsets);
  return std::move(file).finish();
}

// From texts.

namespace {

// Terms of a batch of texts with their postings, by row in ascending order.
class Inversion {
 public:
  void add(std::uint32_t row, std::string_view text, Analyzer& analyzer) {
    std::uint32_t length = 0, distinct = 0;
    analyzer.analyze(text, [&](std::string_view term, bool counts) {
      length += counts ? 1 : 0;
      auto place = terms_.find(term);
      if (place == terms_.end()) place = terms_.emplace(std::string(term), std::vector<Posting>()).first;
      std::vector<Posting>& postings = place->second;
      if (postings.empty() || postings.back().row != row) {
        postings.push_back({row, 0});
        ++distinct;
      }
      ++postings.back().tf;
    });
    lengths.push_back(length);
    distinct_terms.push_back(distinct);
  }

  void write(KeywordSegmentWriter& writer) const {
    std::vector<const Terms::value_type*> sorted;
    sorted.reserve(terms_.size());
    for (const auto& term : terms_) sorted.push_back(&term);
    std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->first < b->first; });
    for (const auto* term : sorted) writer.add_term(term->first, term->second);
  }

  std::vector<std::uint32_t> lengths;
  std::vector<std::uint32_t> distinct_terms;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Terms = std::unordered_map<std::string, std::vector<Posting>, Hash, std::equal_to<>>;
  Terms terms_;
};

}  // namespace

std::vector<std::byte> build_keyword_segment(std::span<const KeywordEntry> entries, Analyzer& analyzer) {
  if (entries.empty()) return {};
  Inversion inversion;
  std::vector<std::uint64_t> ids;
  for (const KeywordEntry& entry : entries) {
    inversion.add(static_cast<std::uint32_t>(ids.size()), entry.text, analyzer);
    ids.push_back(entry.chunk.value);
  }
  KeywordSegmentWriter writer(std::move(ids), inversion.lengths, inversion.distinct_terms);
  inversion.write(writer);
  return std::move(writer).finish();
}

// From segments.

namespace {

constexpr std::uint32_t no_row = 0xFFFFFFFF;
constexpr std::uint32_t stop_check_terms = 1024;

struct MergeInput {
  const KeywordSegment* segment = nullptr;
  const Tombstones* deleted = nullptr;
  std::vector<std::uint32_t> new_row;  // of each old row
};

struct MergedRows {
  std::vector<std::uint64_t> ids;
  std::vector<std::uint32_t> lengths, distinct_terms;
};

// Numbers the live rows of all inputs by ascending id.
MergedRows merge_rows(std::vector<MergeInput>& inputs) {
  struct Row {
    std::uint64_t id;
    std::uint32_t input, row;
  };
  std::vector<Row> rows;
  for (std::uint32_t i = 0; i < inputs.size(); ++i) {
    const MergeInput& input = inputs[i];
    for (std::uint32_t row = 0; row < input.segment->rows(); ++row) {
      if (!input.deleted->contains(row)) rows.push_back({input.segment->ids().id(row).value, i, row});
    }
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.id < b.id; });
  MergedRows merged;
  for (const Row& row : rows) {
    MergeInput& input = inputs[row.input];
    input.new_row[row.row] = static_cast<std::uint32_t>(merged.ids.size());
    merged.ids.push_back(row.id);
    merged.lengths.push_back(input.segment->lengths()[row.row]);
    std::uint32_t distinct = 0;
    input.segment->for_each_term_of(row.row, [&](std::uint32_t) { ++distinct; });
    merged.distinct_terms.push_back(distinct);
  }
  return merged;
}

void append_renumbered(const MergeInput& input, const PostingList& list, std::vector<Posting>& decoded,
                       std::vector<Posting>& out) {
  decoded.clear();
  list.decode_all(decoded);
  for (const Posting& posting : decoded) {
    const std::uint32_t row = input.new_row[posting.row];
    if (row != no_row) out.push_back({row, posting.tf});
  }
}

Status merge_terms(const std::vector<MergeInput>& inputs, KeywordSegmentWriter& writer,
                   const StopFlag& stop) {
  std::vector<KeywordSegment::Cursor> cursors;
  cursors.reserve(inputs.size());
  for (const MergeInput& input : inputs) cursors.emplace_back(*input.segment);
  const auto later = [&](std::size_t a, std::size_t b) { return cursors[a].term() > cursors[b].term(); };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> queue(later);
  for (std::size_t i = 0; i < cursors.size(); ++i) {
    if (!cursors[i].done()) queue.push(i);
  }
  std::vector<Posting> postings, decoded;
  for (std::uint32_t count = 1; !queue.empty(); ++count) {
    if (count % stop_check_terms == 0 && stop.stopping())
      return Error(Code::cancelled, "the merge was stopped");
    const std::string term = cursors[queue.top()].term();
    postings.clear();
    while (!queue.empty() && cursors[queue.top()].term() == term) {
      const std::size_t i = queue.top();
      queue.pop();
      append_renumbered(inputs[i], cursors[i].postings(), decoded, postings);
      cursors[i].next();
      if (!cursors[i].done()) queue.push(i);
    }
    const auto by_row = [](const Posting& a, const Posting& b) { return a.row < b.row; };
    if (!std::is_sorted(postings.begin(), postings.end(), by_row)) {
      std::sort(postings.begin(), postings.end(), by_row);
    }
    if (!postings.empty()) writer.add_term(term, postings);
  }
  return {};
}

}  // namespace

Result<std::vector<std::byte>> merge_keyword_segments(std::span<const LiveSegment> live,
                                                      const StopFlag& stop) {
  std::vector<MergeInput> inputs;
  for (const LiveSegment& input : live) {
    const auto& segment = static_cast<const KeywordSegment&>(*input.segment);
    inputs.push_back({&segment, input.deleted.get(), std::vector<std::uint32_t>(segment.rows(), no_row)});
  }
  MergedRows rows = merge_rows(inputs);
  if (rows.ids.empty()) return std::vector<std::byte>();
  KeywordSegmentWriter writer(std::move(rows.ids), std::move(rows.lengths), rows.distinct_terms);
  LOADLINE_TRY(merge_terms(inputs, writer, stop));
  return std::move(writer).finish();
}

}  // namespace loadline
