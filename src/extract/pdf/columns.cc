#include "extract/pdf/columns.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "extract/pdf/cells.h"
#include "extract/pdf/characters.h"

namespace loadline::pdf {
namespace {

constexpr int split_depth_max = 12;
constexpr std::size_t chains_max = 64;
constexpr float gutter_width_min = 0.7F;  // of the size of the letters
constexpr std::size_t side_rows_min = 3;
// Running text: what a side of a gutter must have on average.
constexpr float side_letters_min = 15, side_words_min = 2.4F, side_fill_min = 0.55F, side_figures_max = 0.3F;
constexpr float leading_max = 2.0F;  // of the size: how far lines of one column stand apart

struct Interval {
  float x0 = 0, x1 = 0;
  float width() const { return x1 - x0; }
};

// A white strip that the rows first..last have in common.
struct Chain {
  Interval gap;
  std::size_t first = 0, last = 0;
};

struct Cut {
  float x = 0;
  std::size_t first = 0, last = 0;
};

Interval extent_of(const Region& region) {
  Interval extent{std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()};
  for (const Row& row : region) {
    extent.x0 = std::min(extent.x0, row.box.x0);
    extent.x1 = std::max(extent.x1, row.box.x1);
  }
  return extent;
}

// What a row leaves free of the region's width.
void free_intervals(const Row& row, const Interval& extent, float width_min, std::vector<Interval>& out) {
  out.clear();
  float edge = extent.x0;
  for (const Word* word : row.words) {
    if (word->box.x0 - edge >= width_min) out.push_back({edge, word->box.x0});
    edge = std::max(edge, word->box.x1);
  }
  if (extent.x1 - edge >= width_min) out.push_back({edge, extent.x1});
}

class ChainFinder {
 public:
  explicit ChainFinder(const Region& region) : region_(region), extent_(extent_of(region)) {}

  std::vector<Chain> find() {
    for (std::size_t at = 0; at < region_.size(); ++at) {
      const Row& row = region_[at];
      const float width_min = gutter_width_min * row.size;
      free_intervals(row, extent_, width_min, free_);
      go_on(at, width_min);
      begin(at);
    }
    for (const Chain& chain : open_) close(chain);
    return std::move(done_);
  }

 private:
  void go_on(std::size_t at, float width_min) {
    next_.clear();
    for (const Chain& chain : open_) {
      bool continued = false;
      for (const Interval& gap : free_) {
        const Interval both{std::max(gap.x0, chain.gap.x0), std::min(gap.x1, chain.gap.x1)};
        if (both.width() < width_min) continue;
        add(next_, {both, chain.first, at});
        continued = true;
      }
      if (!continued) close(chain);
    }
    open_.swap(next_);
  }

  void begin(std::size_t at) {
    constexpr float clearly_wider = 1.2F;
    for (const Interval& gap : free_) {
      const bool known = std::any_of(open_.begin(), open_.end(), [&](const Chain& chain) {
        return chain.gap.x0 >= gap.x0 && chain.gap.x1 <= gap.x1 &&
               chain.gap.width() * clearly_wider >= gap.width();
      });
      if (!known) add(open_, {gap, at, at});
    }
  }

  static void add(std::vector<Chain>& chains, const Chain& chain) {
    if (chains.size() >= chains_max) return;
    for (const Chain& other : chains)
      if (std::abs(other.gap.x0 - chain.gap.x0) < 0.5F && std::abs(other.gap.x1 - chain.gap.x1) < 0.5F)
        return;
    chains.push_back(chain);
  }

  void close(const Chain& chain) {
    // At the margins nothing stands on the other side.
    if (chain.last - chain.first + 1 < side_rows_min) return;
    if (chain.gap.x0 <= extent_.x0 || chain.gap.x1 >= extent_.x1) return;
    done_.push_back(chain);
  }

  const Region& region_;
  const Interval extent_;
  std::vector<Interval> free_;
  std::vector<Chain> open_, next_, done_;
};

struct SideFacts {
  std::size_t rows = 0, words = 0, letters = 0, figures = 0;
  std::size_t grid_rows = 0;        // with a figure in a cell of its own
  std::size_t first = 0, last = 0;  // rows of the region
  float filled = 0;
  Interval extent{std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()};

  bool is_running_text() const {
    if (rows < side_rows_min) return false;
    // Figures that stand apart from their line, row after row: columns of a table.
    if (grid_rows * 2 > rows) return false;
    const auto count = static_cast<float>(rows);
    return static_cast<float>(letters) >= side_letters_min * count &&
           static_cast<float>(words) >= side_words_min * count &&
           static_cast<float>(figures) <= side_figures_max * static_cast<float>(words) &&
           filled >= side_fill_min * extent.width() * count;
  }
};

bool is_grid_row(std::vector<const Word*> words) {
  const Row row = row_of(std::move(words));
  const std::vector<Cell> cells = split_cells(row);
  return cells.size() >= 2 && std::any_of(cells.begin(), cells.end(),
                                          [](const Cell& cell) { return cell.kind == CellKind::value; });
}

bool on_left(const Word& word, float x) { return (word.box.x0 + word.box.x1) / 2 < x; }

SideFacts side_facts(const Region& region, const Cut& cut, bool left) {
  SideFacts facts;
  for (std::size_t at = cut.first; at <= cut.last; ++at) {
    Interval line{std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()};
    std::vector<const Word*> words;
    for (const Word* word : region[at].words) {
      if (on_left(*word, cut.x) != left) continue;
      words.push_back(word);
      line = {std::min(line.x0, word->box.x0), std::max(line.x1, word->box.x1)};
      ++facts.words;
      facts.letters += word->text.size();
      const char32_t first = first_character(word->text);
      if (!is_letter(first) && !is_letter(last_character(word->text))) ++facts.figures;
    }
    if (line.x1 < line.x0) continue;
    facts.grid_rows += is_grid_row(std::move(words)) ? 1 : 0;
    if (facts.rows++ == 0) facts.first = at;
    facts.last = at;
    facts.filled += line.width();
    facts.extent = {std::min(facts.extent.x0, line.x0), std::max(facts.extent.x1, line.x1)};
  }
  return facts;
}

bool follows_closely(const Row& upper, const Row& lower) {
  return lower.baseline - upper.baseline <= leading_max * std::max(upper.size, lower.size);
}

// From the rows where both sides have text outwards, over rows of one side that go on without a gap.
Cut with_overhang(const Region& region, const Chain& chain, Cut cut) {
  while (cut.last < chain.last && follows_closely(region[cut.last], region[cut.last + 1])) ++cut.last;
  std::size_t first = cut.first;
  while (first > chain.first && follows_closely(region[first - 1], region[first])) --first;
  const bool cuts_paragraph =
      first > 0 && first == chain.first && follows_closely(region[first - 1], region[first]);
  if (!cuts_paragraph) cut.first = first;
  return cut;
}

std::optional<Cut> cut_of(const Region& region, const Chain& chain) {
  Cut cut{(chain.gap.x0 + chain.gap.x1) / 2, chain.first, chain.last};
  SideFacts left = side_facts(region, cut, true), right = side_facts(region, cut, false);
  if (left.rows < side_rows_min || right.rows < side_rows_min) return std::nullopt;
  cut.first = std::max(left.first, right.first);
  cut.last = std::min(left.last, right.last);
  if (cut.last < cut.first + side_rows_min - 1) return std::nullopt;
  left = side_facts(region, cut, true), right = side_facts(region, cut, false);
  if (!left.is_running_text() || !right.is_running_text()) return std::nullopt;
  return with_overhang(region, chain, cut);
}

std::optional<Cut> best_cut(const Region& region) {
  if (region.size() < side_rows_min) return std::nullopt;
  std::optional<Cut> best;
  float width_best = 0;
  for (const Chain& chain : ChainFinder(region).find()) {
    const std::optional<Cut> cut = cut_of(region, chain);
    if (!cut) continue;
    const std::size_t rows = cut->last - cut->first, rows_best = best ? best->last - best->first : 0;
    if (best && (rows < rows_best || (rows == rows_best && chain.gap.width() <= width_best))) continue;
    best = cut;
    width_best = chain.gap.width();
  }
  return best;
}

Region side_of(const Region& region, const Cut& cut, bool left) {
  Region side;
  for (std::size_t at = cut.first; at <= cut.last; ++at) {
    std::vector<const Word*> words;
    for (const Word* word : region[at].words)
      if (on_left(*word, cut.x) == left) words.push_back(word);
    if (!words.empty()) side.push_back(row_of(std::move(words)));
  }
  return side;
}

void append_in_order(Region region, int depth, std::vector<Region>& out) {
  if (region.empty()) return;
  const std::optional<Cut> cut = depth < split_depth_max ? best_cut(region) : std::nullopt;
  if (!cut) {
    out.push_back(std::move(region));
    return;
  }
  const auto row = [&](std::size_t at) {
    return std::make_move_iterator(region.begin() + static_cast<std::ptrdiff_t>(at));
  };
  Region left = side_of(region, *cut, true), right = side_of(region, *cut, false);
  append_in_order(Region(row(0), row(cut->first)), depth + 1, out);
  append_in_order(std::move(left), depth + 1, out);
  append_in_order(std::move(right), depth + 1, out);
  append_in_order(Region(row(cut->last + 1), row(region.size())), depth + 1, out);
}

}  // namespace

std::vector<Region> reading_order(Region page) {
  std::vector<Region> regions;
  append_in_order(std::move(page), 0, regions);
  return regions;
}

}  // namespace loadline::pdf
