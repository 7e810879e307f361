#include "extract/office/package.h"

#include <vector>

namespace loadline {
namespace {

// "word/document.xml" and "../media/a.png" make "media/a.png".
std::string resolved(std::string_view part, std::string_view target) {
  std::string path;
  if (target.starts_with('/')) {
    path = target.substr(1);
  } else {
    path = std::string(part.substr(0, part.rfind('/') + 1)) + std::string(target);
  }
  std::vector<std::string_view> pieces;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view piece = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), piece.size() + 1));
    if (piece == "..") {
      if (!pieces.empty()) pieces.pop_back();
    } else if (piece != "." && !piece.empty()) {
      pieces.push_back(piece);
    }
  }
  std::string result;
  for (const std::string_view piece : pieces) result += (result.empty() ? "" : "/") + std::string(piece);
  return result;
}

std::string relationships_part(std::string_view part) {
  const std::size_t name = part.rfind('/') + 1;  // npos + 1 is 0
  return std::string(part.substr(0, name)) + "_rels/" + std::string(part.substr(name)) + ".rels";
}

}  // namespace

Result<std::unique_ptr<OfficePackage>> OfficePackage::open(const ReadInput& input) {
  LOADLINE_ASSIGN(std::unique_ptr<ZipArchive> zip, ZipArchive::open(input.bytes));
  std::unique_ptr<OfficePackage> package(new OfficePackage(std::move(zip), *input.budget));
  if (!package->has("[Content_Types].xml")) return package;
  LOADLINE_ASSIGN(const Relationships roots, package->relationships(""));
  package->main_part_ = target_of_type(roots, "officeDocument");
  return package;
}

Result<std::unique_ptr<XmlPart>> OfficePackage::part(std::string_view name) {
  const ZipMember* const member = zip_->find(name);
  if (member == nullptr)
    return Error(Code::not_found,
                 "The document is damaged: its part " + std::string(name.substr(0, 100)) + " is missing.");
  LOADLINE_ASSIGN(std::string bytes, zip_->read(*member, budget_));
  return XmlPart::parse(std::move(bytes));
}

Result<Relationships> OfficePackage::relationships(std::string_view part) {
  Relationships result;
  const std::string name = relationships_part(part);
  if (!has(name)) return result;
  LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> xml, this->part(name));
  for (const pugi::xml_node& node : xml->root().children()) {
    Relationship relationship;
    const std::string_view type = attribute_of(node, "Type");
    relationship.type = type.substr(type.rfind('/') + 1);
    if (attribute_of(node, "TargetMode") != "External")
      relationship.target = resolved(part, attribute_of(node, "Target"));
    result.emplace(attribute_of(node, "Id"), std::move(relationship));
  }
  return result;
}

DocumentProperties OfficePackage::properties() {
  DocumentProperties properties;
  const Result<Relationships> roots = relationships("");
  if (!roots.ok()) return properties;
  const Result<std::unique_ptr<XmlPart>> core = part(target_of_type(*roots, "core-properties"));
  if (!core.ok()) return properties;  // optional
  properties.title = child_of((*core)->root(), "title").text().get();
  properties.author = child_of((*core)->root(), "creator").text().get();
  properties.created = child_of((*core)->root(), "created").text().get();
  return properties;
}

std::string target_of_type(const Relationships& relationships, std::string_view type) {
  for (const auto& [id, relationship] : relationships)
    if (relationship.type == type) return relationship.target;
  return {};
}

std::string target_of_id(const Relationships& relationships, std::string_view id) {
  const auto found = relationships.find(id);
  return found == relationships.end() ? std::string() : found->second.target;
}

}  // namespace loadline
