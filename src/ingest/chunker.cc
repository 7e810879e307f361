#include "ingest/chunker.h"

#include <algorithm>
#include <numeric>

#include "base/assert.h"

namespace loadline {
namespace {

std::size_t tokens_of(const auto& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                         [](std::size_t sum, const auto& part) { return sum + part.tokens; });
}

bool ends_sentence(std::string_view text) {
  while (!text.empty() && (text.back() == '"' || text.back() == ')' || text.back() == '\''))
    text.remove_suffix(1);
  if (text.empty()) return true;
  return text.back() == '.' || text.back() == '!' || text.back() == '?' || text.back() == ':' ||
         text.ends_with("\xE2\x80\x9D");
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (!is_blank(c))
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

void append_line(std::string& text, std::string_view line) {
  if (line.empty()) return;
  if (!text.empty()) text += '\n';
  text += line;
}

std::size_t less(std::size_t a, std::size_t b) { return a - std::min(a, b); }

// The defaults are made for an embedder that reads 256 tokens; one that reads less gets less of everything.
ChunkerOptions fitted(ChunkerOptions options, std::size_t indexed_tokens_max) {
  const std::size_t front = options.document_tokens_max + options.headings_tokens_max;
  const std::size_t table_front = front + options.caption_tokens_max + options.header_tokens_max;
  if (table_front * 3 / 2 > indexed_tokens_max) {
    const auto scale = [&](std::size_t& tokens) {
      tokens = tokens * indexed_tokens_max / (table_front * 3 / 2);
    };
    scale(options.document_tokens_max), scale(options.headings_tokens_max);
    scale(options.caption_tokens_max), scale(options.header_tokens_max);
  }
  options.target_tokens =
      std::min(options.target_tokens,
               less(indexed_tokens_max, options.document_tokens_max + options.headings_tokens_max));
  options.target_tokens = std::max<std::size_t>(options.target_tokens, 2);
  return options;
}

}  // namespace

std::string Chunker::version() { return "chunks-2"; }

Chunker::Chunker(const Embedder& embedder, std::string_view document_line, ChunkerOptions options, Sink sink)
    : embedder_(embedder),
      indexed_tokens_max_(less(embedder.info().max_tokens, options.special_tokens)),
      options_(fitted(options, indexed_tokens_max_)),
      document_line_(front_tokens(one_line(document_line), options_.document_tokens_max, embedder)),
      sink_(std::move(sink)) {
  measure(path_);
  path_before_ = path_;
}

Status Chunker::add_page(const ExtractedPage& page) {
  for (const Block& block : page.blocks)
    if (in_extracted_text(block)) LOADLINE_TRY(add_block(block, page.number));
  return {};
}

Status Chunker::finish() {
  LOADLINE_TRY(end_list());
  return flush();
}

Status Chunker::add_block(const Block& block, int page) {
  if (text_size_ > 0) {
    text_ += block_separator;
    text_size_ += block_separator.size();
  }
  const std::uint64_t begin = text_size_;
  text_ += block.text;
  text_size_ += block.text.size();
  if (block.kind == BlockKind::table && block.table) {
    LOADLINE_TRY(end_list());
    LOADLINE_TRY(flush());
    return add_table(*block.table, block, begin, page);
  }
  std::vector<Part> parts = text_parts(block, begin, page);
  if (parts.empty()) return {};
  if (block.kind == BlockKind::list_item) return add_list_item(std::move(parts));
  LOADLINE_TRY(end_list());
  if (block.kind == BlockKind::heading) return add_heading(block, std::move(parts));
  lead_in_ = text_of(parts.back().begin, parts.back().end);
  return add_text(std::move(parts));
}

std::vector<Chunker::Part> Chunker::text_parts(const Block& block, std::uint64_t begin, int page) const {
  const PieceLimits limits{options_.target_tokens, options_.text_bytes_max};
  const std::vector<TextPiece> pieces =
      block.kind == BlockKind::heading ? whole_pieces(block.text, 0, block.text.size(), embedder_, limits)
                                       : sentence_pieces(block.text, embedder_, limits);
  std::vector<Part> parts;
  for (const TextPiece& piece : pieces)
    parts.push_back({begin + piece.begin, begin + piece.end, piece.tokens, page, block.box, false});
  return parts;
}

// Headings that follow each other directly stay together as long as each is below the one before.
Status Chunker::add_heading(const Block& block, std::vector<Part> parts) {
  const int level = std::max(1, block.level);
  std::vector<Heading>& headings = path_.headings;
  const bool deeper =
      !pending_.empty() && pending_.back().heading && !headings.empty() && level > headings.back().level;
  if (!deeper || pending_tokens() + tokens_of(parts) > room()) LOADLINE_TRY(flush());
  while (!headings.empty() && headings.back().level >= level) headings.pop_back();
  if (pending_.empty()) {
    measure(path_);
    path_before_ = path_;
  }
  headings.push_back({level, one_line(block.text)});
  measure(path_);
  lead_in_.clear();
  for (Part& part : parts) {
    part.heading = true;
    if (!pending_.empty() && pending_tokens() + part.tokens > room()) LOADLINE_TRY(flush());
    pending_.push_back(part);
  }
  return {};
}

Status Chunker::add_text(std::vector<Part> parts) {
  if (!pending_.empty() && ends_with_page(parts.front())) LOADLINE_TRY(flush());
  const std::size_t tokens = tokens_of(parts);
  const std::size_t limit = room();
  const bool only_headings = !pending_.empty() && pending_.back().heading;
  // A paragraph that fits into a chunk of its own is not cut to fill up one that is half full.
  if (!pending_.empty() && !only_headings && pending_tokens() + tokens > limit && tokens <= limit &&
      pending_tokens() * 2 >= limit)
    LOADLINE_TRY(flush());
  return add_evenly(parts);
}

// Into as few chunks as it takes, of about the same size.
Status Chunker::add_evenly(const std::vector<Part>& parts) {
  const std::size_t all = pending_tokens() + tokens_of(parts);
  const std::size_t limit = std::max<std::size_t>(1, room());
  const std::size_t chunks = std::max<std::size_t>(1, (all + limit - 1) / limit);
  const std::size_t share = (all + chunks - 1) / chunks;
  for (const Part& part : parts) {
    const bool full =
        !pending_.empty() && !pending_.back().heading && pending_tokens() + part.tokens / 2 >= share;
    if (chunks > 1 && full) LOADLINE_TRY(flush());
    LOADLINE_TRY(add_part(part));
  }
  return {};
}

Status Chunker::add_part(const Part& part) {
  if (!pending_.empty()) {
    const std::uint64_t bytes = part.end - pending_.front().begin;
    if (pending_tokens() + part.tokens > room() || bytes > options_.text_bytes_max) LOADLINE_TRY(flush());
  }
  if (pending_.empty()) path_before_ = path_;
  pending_.push_back(part);
  return {};
}

Status Chunker::add_list_item(std::vector<Part> parts) {
  lead_in_.clear();
  if (list_.empty() && !pending_.empty() && ends_with_page(parts.front())) LOADLINE_TRY(flush());
  list_.push_back(std::move(parts));
  std::size_t tokens = 0;
  for (const auto& item : list_) tokens += tokens_of(item);
  return tokens > options_.target_tokens ? end_list() : Status();
}

Status Chunker::end_list() {
  const std::vector<std::vector<Part>> items = std::exchange(list_, {});
  std::size_t tokens = 0;
  for (const auto& item : items) tokens += tokens_of(item);
  if (!items.empty() && !pending_.empty() && !pending_.back().heading && pending_tokens() + tokens > room()) {
    // The sentence that introduces the list goes with it.
    std::vector<Part> lead;
    const Part last = pending_.back();
    if (pending_.size() > 1 && text_of(last.begin, last.end).ends_with(':')) {
      lead.push_back(last);
      pending_.pop_back();
    }
    LOADLINE_TRY(flush());
    for (const Part& part : lead) LOADLINE_TRY(add_part(part));
  }
  for (const auto& item : items) {
    const bool fits_alone = tokens_of(item) <= options_.target_tokens / 2;
    if (fits_alone && !pending_.empty() && !pending_.back().heading &&
        pending_tokens() + tokens_of(item) > room())
      LOADLINE_TRY(flush());
    for (const Part& part : item) LOADLINE_TRY(add_part(part));
  }
  return {};
}

// A chunk ends where its page does, unless a sentence goes on or there is hardly anything in it.
bool Chunker::ends_with_page(const Part& next) const {
  const Part& last = pending_.back();
  if (last.page == next.page || last.heading || pending_tokens() < options_.page_end_tokens) return false;
  const std::string_view following = text_of(next.begin, next.end);
  const bool continues = !ends_sentence(text_of(last.begin, last.end)) && !following.empty() &&
                         following.front() >= 'a' && following.front() <= 'z';
  return !continues;
}

// Tables ------------------------------------------------------------------------------------------------

std::vector<Chunker::Part> Chunker::table_parts(const Table& table, const Block& block, std::uint64_t begin,
                                                int page, std::size_t& header_parts) const {
  const PieceLimits limits{options_.target_tokens / 2, options_.text_bytes_max / 2};
  std::vector<Part> parts;
  std::size_t at = 0;
  auto cell = table.cells.begin();
  for (std::uint32_t row = 0; row < table.rows; ++row) {
    const std::size_t size = table_row_text(table, row).size();
    Box box;
    for (; cell != table.cells.end() && cell->row <= row; ++cell) box = united(box, cell->box);
    for (const TextPiece& piece : whole_pieces(block.text, at, at + size, embedder_, limits))
      parts.push_back(
          {begin + piece.begin, begin + piece.end, piece.tokens, page, box.empty() ? block.box : box, false});
    at += size + 1;
    if (row < table.header_rows) header_parts = parts.size();
  }
  return parts;
}

Status Chunker::add_table(const Table& table, const Block& block, std::uint64_t begin, int page) {
  TableFrame frame;
  frame.stated_caption = one_line(table.caption);
  const std::string& caption = frame.stated_caption.empty() ? lead_in_ : frame.stated_caption;
  frame.caption = front_tokens(one_line(caption), options_.caption_tokens_max, embedder_);
  lead_in_.clear();
  std::vector<Part> parts;
  std::size_t header_parts = 0;
  if (block.text == table_text(table)) {
    for (std::uint32_t row = 0; row < std::min(table.header_rows, table.rows); ++row)
      append_line(frame.header, table_row_text(table, row));
    parts = table_parts(table, block, begin, page, header_parts);
  } else {  // a text of its own: its lines are the rows
    for (std::size_t at = 0; at < block.text.size();) {
      const std::size_t end = std::min(block.text.find('\n', at), block.text.size());
      const PieceLimits limits{options_.target_tokens / 2, options_.text_bytes_max / 2};
      for (const TextPiece& piece : whole_pieces(block.text, at, end, embedder_, limits))
        parts.push_back({begin + piece.begin, begin + piece.end, piece.tokens, page, block.box, false});
      at = end + 1;
    }
  }
  return emit_rows(parts, header_parts, frame);
}

Status Chunker::emit_rows(const std::vector<Part>& parts, std::size_t header_parts, const TableFrame& frame) {
  path_before_ = path_;
  const std::size_t context = embedder_.count_tokens(context_of(path_, &frame, false));
  const std::size_t limit =
      std::max<std::size_t>(1, std::min(options_.target_tokens, less(indexed_tokens_max_, context)));
  const std::size_t all = tokens_of(parts);
  const std::size_t chunks = std::max<std::size_t>(1, (all + limit - 1) / limit);
  const std::size_t share = std::min(limit, (all + chunks - 1) / chunks);
  std::vector<Part> rows;
  bool with_header = header_parts > 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t tokens = tokens_of(rows);
    const bool full = !rows.empty() && i > header_parts &&
                      (tokens + parts[i].tokens > limit || tokens + parts[i].tokens / 2 >= share ||
                       parts[i].end - rows.front().begin > options_.text_bytes_max);
    if (full) {
      LOADLINE_TRY(emit(rows, &frame, with_header));
      rows.clear();
      with_header = false;
    }
    rows.push_back(parts[i]);
  }
  if (!rows.empty()) LOADLINE_TRY(emit(rows, &frame, with_header));
  forget_text_before(text_size_);
  return {};
}

// Emitting ----------------------------------------------------------------------------------------------

std::string Chunker::context_of(const Path& headings, const TableFrame* table, bool header_included) const {
  std::string context = document_line_;
  // The nearest headings say most: from the inside out, as many as fit.
  std::string path;
  for (auto heading = headings.headings.rbegin(); heading != headings.headings.rend(); ++heading) {
    std::string longer = path.empty() ? heading->text : heading->text + " > " + path;
    if (embedder_.count_tokens(longer) > options_.headings_tokens_max) {
      if (path.empty()) path = front_tokens(longer, options_.headings_tokens_max, embedder_);
      break;
    }
    path = std::move(longer);
  }
  append_line(context, path);
  if (table == nullptr) return context;
  append_line(context, table->caption);
  if (!header_included)
    append_line(context, front_tokens(table->header, options_.header_tokens_max, embedder_));
  return context;
}

Chunk Chunker::chunk_of(const std::vector<Part>& parts) const {
  Chunk chunk;
  chunk.text_begin = parts.front().begin;
  chunk.text_end = parts.back().end;
  chunk.text = text_of(chunk.text_begin, chunk.text_end);
  for (const Part& part : parts) {
    if (chunk.pages.empty() || chunk.pages.back().page != part.page) chunk.pages.push_back({part.page, {}});
    std::vector<TextBox>& boxes = chunk.pages.back().boxes;
    const auto end = static_cast<std::uint32_t>(part.end - chunk.text_begin);
    if (!boxes.empty() && boxes.back().box == part.box)
      boxes.back().end = end;
    else
      boxes.push_back({static_cast<std::uint32_t>(part.begin - chunk.text_begin), end, part.box});
  }
  return chunk;
}

Status Chunker::emit(const std::vector<Part>& parts, const TableFrame* table, bool header_included) {
  Chunk chunk = chunk_of(parts);
  chunk.context = context_of(path_before_, table, header_included);
  chunk.tokens = static_cast<std::uint32_t>(embedder_.count_tokens(chunk.text));
  chunk.is_table = table != nullptr;
  if (table != nullptr) {
    chunk.table_header = table->header;
    chunk.table_caption = table->stated_caption;
  }
  for (const Heading& heading : path_.headings) chunk.headings.push_back(heading.text);
  if (embedder_.count_tokens(indexed_text(chunk)) > indexed_tokens_max_) {
    // The parts' tokens did not add up (a tokenizer that looks across blanks): the rule holds all the same.
    if (parts.size() > 1) {
      const auto middle = parts.begin() + static_cast<std::ptrdiff_t>(parts.size() / 2);
      LOADLINE_TRY(emit({parts.begin(), middle}, table, header_included));
      return emit({middle, parts.end()}, table, false);
    }
    chunk.context = front_tokens(chunk.context, less(indexed_tokens_max_, chunk.tokens), embedder_);
    if (embedder_.count_tokens(indexed_text(chunk)) > indexed_tokens_max_) chunk.context.clear();
  }
  chunk.ordinal = ordinal_++;
  return sink_(std::move(chunk));
}

Status Chunker::flush() {
  if (pending_.empty()) return {};
  const std::vector<Part> parts = std::exchange(pending_, {});
  LOADLINE_TRY(emit(parts, nullptr, false));
  forget_text_before(parts.back().end);
  path_before_ = path_;
  return {};
}

std::size_t Chunker::pending_tokens() const { return tokens_of(pending_); }

// Tokens of text that the chunk in progress may have in all.
std::size_t Chunker::room() const {
  const Path& path = pending_.empty() ? path_ : path_before_;
  return std::max<std::size_t>(
      1, std::min(options_.target_tokens, less(indexed_tokens_max_, path.context_tokens)));
}

void Chunker::measure(Path& path) const {
  path.context_tokens = embedder_.count_tokens(context_of(path, nullptr, false));
}

std::string_view Chunker::text_of(std::uint64_t begin, std::uint64_t end) const {
  LOADLINE_ASSERT(begin >= text_begin_ && end <= text_begin_ + text_.size());
  return std::string_view(text_).substr(begin - text_begin_, end - begin);
}

void Chunker::forget_text_before(std::uint64_t offset) {
  text_.erase(0, offset - text_begin_);
  text_begin_ = offset;
}

}  // namespace loadline
