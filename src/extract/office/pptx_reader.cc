#include "extract/office/pptx_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "extract/grid_builder.h"
#include "extract/office/number_format.h"
#include "extract/office/slide_shapes.h"
#include "extract/page_writer.h"
#include "extract/table_shape.h"

namespace loadline {
namespace {

struct SlideSource {
  std::string part;
  Relationships relationships;
};

// A layout or a master: only its placeholders' boxes are wanted. Kept, since all slides share a few.
struct Backdrop {
  PlaceholderBoxes boxes;
  std::string behind;  // the master's part, "" for a master
};

std::string paragraph_text(const pugi::xml_node& paragraph) {
  std::string text;
  for (const pugi::xml_node& node : paragraph.children()) {
    const std::string_view name = local_name(node);
    if (name == "r" || name == "fld") text += child_of(node, "t").text().get();
    if (name == "br") text += '\n';
    if (name == "AlternateContent" || name == "m") text += one_line(node.text().get());
  }
  const std::size_t begin = text.find_first_not_of(" \t\n\v");
  if (begin == std::string::npos) return {};
  std::replace(text.begin(), text.end(), '\v', '\n');
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

std::string body_line(const pugi::xml_node& body) {
  std::string text;
  for (const pugi::xml_node& node : body.children())
    if (local_name(node) == "p") text += (text.empty() ? "" : " ") + paragraph_text(node);
  return one_line(text);
}

class SlideReader {
 public:
  SlideReader(OfficePackage& package, SlideSource source, std::map<std::string, Backdrop>& backdrops)
      : package_(package), source_(std::move(source)), backdrops_(backdrops) {}

  Status read(std::vector<Block>& blocks) {
    LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> slide, package_.part(source_.part));
    LOADLINE_ASSIGN(source_.relationships, package_.relationships(source_.part));
    LOADLINE_TRY(load_backdrops());
    LOADLINE_TRY(shapes(child_of(child_of(slide->root(), "cSld"), "spTree"), {}));
    // The title comes first, wherever it lies among the shapes.
    std::stable_partition(blocks_.begin(), blocks_.end(),
                          [](const Block& block) { return block.kind == BlockKind::heading; });
    LOADLINE_TRY(notes());
    blocks = std::move(blocks_);
    return {};
  }

 private:
  Status load_backdrops() {
    std::string part = target_of_type(source_.relationships, "slideLayout");
    for (int depth = 0; depth < 2 && !part.empty(); ++depth) {
      LOADLINE_ASSIGN(const Backdrop* backdrop, load_backdrop(part));
      behind_.push_back(backdrop);
      part = backdrop->behind;
    }
    return {};
  }

  Result<const Backdrop*> load_backdrop(const std::string& part) {
    const auto known = backdrops_.find(part);
    if (known != backdrops_.end()) return &known->second;
    if (!package_.has(part))
      return &backdrops_.emplace(part, Backdrop{PlaceholderBoxes({}), ""}).first->second;
    LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> xml, package_.part(part));
    LOADLINE_ASSIGN(const Relationships relationships, package_.relationships(part));
    Backdrop backdrop{PlaceholderBoxes(child_of(child_of(xml->root(), "cSld"), "spTree")),
                      target_of_type(relationships, "slideMaster")};
    return &backdrops_.emplace(part, std::move(backdrop)).first->second;
  }

  Status shapes(const pugi::xml_node& tree, const ShapeTransform& transform) {
    for (const pugi::xml_node& node : tree.children()) {
      const std::string_view name = local_name(node);
      if (name == "sp" || name == "cxnSp") {
        shape(node, transform);
      } else if (name == "grpSp") {
        LOADLINE_TRY(shapes(node, transform.inside(child_of(child_of(node, "grpSpPr"), "xfrm"))));
      } else if (name == "graphicFrame") {
        LOADLINE_TRY(frame(node, transform));
      } else if (name == "AlternateContent") {
        const pugi::xml_node choice = child_of(node, "Choice");
        LOADLINE_TRY(shapes(choice ? choice : child_of(node, "Fallback"), transform));
      }
    }
    return {};
  }

  Box box_of(const pugi::xml_node& shape, const std::optional<Placeholder>& placeholder,
             const ShapeTransform& transform) const {
    const std::optional<Box> own = box_of_xfrm(child_of(child_of(shape, "spPr"), "xfrm"));
    if (own && !own->empty()) return transform.apply(*own);
    // Some programs write only the half of a place that was changed.
    if (placeholder)
      for (const Backdrop* backdrop : behind_)
        if (const auto inherited = backdrop->boxes.find(*placeholder)) return completed(own, *inherited);
    return own ? transform.apply(*own) : Box{};
  }

  // Each axis from the slide if it says something about it.
  static Box completed(const std::optional<Box>& own, Box box) {
    if (own && own->x1 > own->x0) box.x0 = own->x0, box.x1 = own->x1;
    if (own && own->y1 > own->y0) box.y0 = own->y0, box.y1 = own->y1;
    return box;
  }

  void shape(const pugi::xml_node& node, const ShapeTransform& transform) {
    const pugi::xml_node body = child_of(node, "txBody");
    if (!body) return;
    const std::optional<Placeholder> placeholder = placeholder_of(node);
    const Box box = box_of(node, placeholder, transform);
    if (placeholder && placeholder->is_title()) {
      add(BlockKind::heading, 1, body_line(body), box);
      return;
    }
    if (placeholder &&
        (placeholder->type == "ftr" || placeholder->type == "sldNum" || placeholder->type == "dt")) {
      add(BlockKind::running_footer, 0, body_line(body), box);
      return;
    }
    // In the layout's body text has bullets unless it says otherwise; in boxes it has none unless it says so.
    const bool bullets = placeholder && (placeholder->type.empty() || placeholder->type == "body" ||
                                         placeholder->type == "obj");
    paragraphs(body, bullets, box);
  }

  void paragraphs(const pugi::xml_node& body, bool bullets, const Box& box) {
    int number = 0;
    for (const pugi::xml_node& node : body.children()) {
      if (local_name(node) != "p") continue;
      const pugi::xml_node properties = child_of(node, "pPr");
      const int level = std::clamp(number_of(properties, "lvl", 0), 0, 8) + 1;
      const pugi::xml_node numbered = child_of(properties, "buAutoNum");
      const bool marked = child_of(properties, "buChar") || child_of(properties, "buBlip") || numbered;
      const bool item = marked || (bullets && !child_of(properties, "buNone"));
      std::string text = paragraph_text(node);
      if (text.empty()) continue;
      if (numbered) text.insert(0, std::to_string(number_of(numbered, "startAt", 1) + number++) + ". ");
      add(item ? BlockKind::list_item : BlockKind::paragraph, item ? level : 0, std::move(text), box);
    }
  }

  Status frame(const pugi::xml_node& node, const ShapeTransform& transform) {
    Box box;
    if (const auto own = box_of_xfrm(child_of(node, "xfrm"))) box = transform.apply(*own);
    const pugi::xml_node data = child_of(child_of(node, "graphic"), "graphicData");
    if (const pugi::xml_node table = child_of(data, "tbl")) return add_table(table, box);
    if (const pugi::xml_node chart = child_of(data, "chart"))
      return add_chart(target_of_id(source_.relationships, attribute_of(chart, "id")), box);
    if (const pugi::xml_node diagram = child_of(data, "relIds"))
      return add_diagram(target_of_id(source_.relationships, attribute_of(diagram, "dm")), box);
    return {};
  }

  Status add_table(const pugi::xml_node& node, const Box& frame_box) {
    std::vector<float> column_edges{frame_box.x0};
    for (const pugi::xml_node& column : child_of(node, "tblGrid").children())
      if (local_name(column) == "gridCol")
        column_edges.push_back(column_edges.back() +
                               static_cast<float>(number_of(column, "w", 0)) / emu_per_point);
    GridBuilder grid;
    float top = frame_box.y0;
    for (const pugi::xml_node& row : node.children()) {
      if (local_name(row) != "tr") continue;
      const float bottom = top + static_cast<float>(number_of(row, "h", 0)) / emu_per_point;
      grid.start_row();
      add_cells(row, top, bottom, column_edges, grid);
      top = bottom;
    }
    if (grid.overflowed()) return Error(Code::resource_exhausted, "A table has more than 1,000,000 cells.");
    Table table = std::move(grid).finish();
    const std::string_view stated = attribute_of(child_of(node, "tblPr"), "firstRow");
    const std::uint32_t guess = guess_header_rows(table);
    table.header_rows = guess > 0 || table.rows < 2 ? guess : stated == "1" ? 1 : 0;
    add(std::move(table), frame_box);
    return {};
  }

  static void add_cells(const pugi::xml_node& row, float top, float bottom, const std::vector<float>& edges,
                        GridBuilder& grid) {
    std::size_t column = 0;
    for (const pugi::xml_node& cell : row.children()) {
      if (local_name(cell) != "tc") continue;
      const std::size_t place = column++;
      // Places under a merged cell have cells of their own, which say that they are covered.
      const bool covered = attribute_of(cell, "hMerge") == "1" || attribute_of(cell, "vMerge") == "1";
      if (covered) continue;
      const int columns = std::max(1, number_of(cell, "gridSpan", 1));
      const int rows = std::max(1, number_of(cell, "rowSpan", 1));
      const std::size_t end = place + static_cast<std::size_t>(columns);
      Box box;
      if (end < edges.size()) box = {edges[place], top, edges[end], bottom};
      grid.add(body_line(child_of(cell, "txBody")), static_cast<std::uint32_t>(columns),
               static_cast<std::uint32_t>(rows), box);
    }
  }

  // The figures that a chart was drawn from: categories down, series across.
  Status add_chart(const std::string& part, const Box& box) {
    if (part.empty() || !package_.has(part)) return {};
    LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> xml, package_.part(part));
    const pugi::xml_node chart = child_of(xml->root(), "chart");
    std::vector<std::vector<std::string>> rows(1, {""});
    collect_series(child_of(chart, "plotArea"), rows);
    if (rows.size() < 2) return {};
    Table table = table_from_rows(rows);
    table.header_rows = 1;
    for (const pugi::xml_node& node : child_of(child_of(child_of(chart, "title"), "tx"), "rich").children())
      if (local_name(node) == "p") table.caption += (table.caption.empty() ? "" : " ") + paragraph_text(node);
    add(BlockKind::paragraph, 0, table.caption, box);
    add(std::move(table), box);
    return {};
  }

  static void collect_series(const pugi::xml_node& plot, std::vector<std::vector<std::string>>& rows) {
    constexpr std::size_t points_max = 10'000;
    constexpr std::size_t series_max = 100;
    for (const pugi::xml_node& kind : plot.children()) {
      for (const pugi::xml_node& series : kind.children()) {
        if (local_name(series) != "ser" || rows[0].size() > series_max) continue;
        const std::size_t column = rows[0].size();
        rows[0].push_back(one_line(descendant_of(child_of(series, "tx"), "v").text().get()));
        const pugi::xml_node categories = child_of(series, child_of(series, "cat") ? "cat" : "xVal");
        const pugi::xml_node values = child_of(series, child_of(series, "val") ? "val" : "yVal");
        set_points(categories, 0, points_max, rows);
        set_points(values, column, points_max, rows);
      }
    }
  }

  static void set_points(const pugi::xml_node& node, std::size_t column, std::size_t points_max,
                         std::vector<std::vector<std::string>>& rows) {
    pugi::xml_node cache = descendant_of(node, "numCache");
    if (!cache) cache = descendant_of(node, "strCache");
    const std::string code = child_of(cache, "formatCode").text().get();
    for (const pugi::xml_node& point : cache.children()) {
      const int index = number_of(point, "idx", -1);
      if (local_name(point) != "pt" || index < 0 || static_cast<std::size_t>(index) >= points_max) continue;
      const std::size_t row = static_cast<std::size_t>(index) + 1;
      if (rows.size() <= row) rows.resize(row + 1);
      if (rows[row].size() <= column) rows[row].resize(column + 1);
      const pugi::xml_node value = child_of(point, "v");
      rows[row][column] = local_name(cache) == "numCache"
                              ? format_number(value.text().as_double(), code, false)
                              : one_line(value.text().get());
    }
  }

  // SmartArt: the texts of its points.
  Status add_diagram(const std::string& part, const Box& box) {
    if (part.empty() || !package_.has(part)) return {};
    LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> xml, package_.part(part));
    for (const pugi::xml_node& point : child_of(xml->root(), "ptLst").children())
      add(BlockKind::list_item, 1, body_line(child_of(point, "t")), box);
    return {};
  }

  Status notes() {
    const std::string part = target_of_type(source_.relationships, "notesSlide");
    if (part.empty() || !package_.has(part)) return {};
    LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> xml, package_.part(part));
    for (const pugi::xml_node& node : child_of(child_of(xml->root(), "cSld"), "spTree").children()) {
      const auto placeholder = placeholder_of(node);
      if (!placeholder || placeholder->type != "body") continue;
      for (const pugi::xml_node& paragraph : child_of(node, "txBody").children())
        if (local_name(paragraph) == "p") add(BlockKind::paragraph, 0, paragraph_text(paragraph), {});
    }
    return {};
  }

  void add(BlockKind kind, int level, std::string text, const Box& box) {
    if (text.empty()) return;
    Block block;
    block.kind = kind, block.level = level, block.text = std::move(text), block.box = box;
    blocks_.push_back(std::move(block));
  }
  void add(Table table, const Box& box) {
    if (!table.cells.empty()) blocks_.push_back(table_block(std::move(table), box));
  }

  OfficePackage& package_;
  SlideSource source_;
  std::map<std::string, Backdrop>& backdrops_;
  std::vector<const Backdrop*> behind_;  // the slide's layout, then its master
  std::vector<Block> blocks_;
};

struct Presentation {
  std::vector<std::string> slides;  // parts, in order
  float width = 0, height = 0;
};

Result<Presentation> open_presentation(OfficePackage& package) {
  LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> main, package.part(package.main_part()));
  LOADLINE_ASSIGN(const Relationships relationships, package.relationships(package.main_part()));
  Presentation presentation;
  const pugi::xml_node size = child_of(main->root(), "sldSz");
  presentation.width = static_cast<float>(number_of(size, "cx", 0)) / emu_per_point;
  presentation.height = static_cast<float>(number_of(size, "cy", 0)) / emu_per_point;
  for (const pugi::xml_node& node : child_of(main->root(), "sldIdLst").children()) {
    // r:id, not id: both have the same local name.
    for (const pugi::xml_attribute& attribute : node.attributes())
      if (std::string_view(attribute.name()).ends_with(":id"))
        presentation.slides.push_back(target_of_id(relationships, attribute.value()));
  }
  if (presentation.slides.empty()) return Error(Code::invalid_argument, "The presentation has no slides.");
  if (presentation.slides.size() > slides_max)
    return Error(Code::resource_exhausted, "The presentation has more than 5,000 slides. Split it.");
  return presentation;
}

}  // namespace

Status read_pptx(OfficePackage& package, const ReadInput& input, PageSink& sink) {
  LOADLINE_ASSIGN(const Presentation presentation, open_presentation(package));
  DocumentProperties properties = package.properties();
  properties.media_type = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
  properties.page_count = static_cast<int>(presentation.slides.size());
  if (!sink.on_properties(properties)) return sink_stopped();
  std::map<std::string, Backdrop> backdrops;
  for (int number = input.first_page; number <= properties.page_count; ++number) {
    ExtractedPage page;
    page.number = number;
    page.width = presentation.width, page.height = presentation.height;
    const std::string& part = presentation.slides[static_cast<std::size_t>(number - 1)];
    const Status status = input.may_begin(number)
                              ? SlideReader(package, {part, {}}, backdrops).read(page.blocks)
                              : Error(Code::internal, page_not_begun);
    if (!status.ok()) {
      if (input.budget->exceeded || properties.page_count == 1) return status;
      page.lost_reason = status.error().message();
    }
    if (!sink.on_page(std::move(page))) return sink_stopped();
  }
  return {};
}

}  // namespace loadline
