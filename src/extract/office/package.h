#pragma once
// An Office document as a package: parts in a ZIP, and the relationships by which they name one another.
//
// Not thread-safe; the bytes and the budget must outlive it.
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "extract/archive/zip_archive.h"
#include "extract/office/xml_part.h"
#include "extract/reader.h"

namespace loadline {

struct Relationship {
  std::string type;    // the last piece of its URI: "header", "slide", "sharedStrings"
  std::string target;  // name of the part in the package; "" if it lies outside
};
/// By id ("rId7").
using Relationships = std::map<std::string, Relationship, std::less<>>;

class OfficePackage {
 public:
  /// Errors are ZipArchive's.
  static Result<std::unique_ptr<OfficePackage>> open(const ReadInput& input);

  /// Name of the part that everything hangs on ("word/document.xml"); "" if it is no Office document.
  const std::string& main_part() const { return main_part_; }
  bool has(std::string_view name) const { return zip_->find(name) != nullptr; }
  /// not_found if there is none; otherwise errors of ZipArchive and XmlPart.
  Result<std::unique_ptr<XmlPart>> part(std::string_view name);
  /// Of a part; empty if it has none.
  Result<Relationships> relationships(std::string_view part);
  /// Title, author and creation date as the document states them.
  DocumentProperties properties();
  ZipArchive& zip() { return *zip_; }

 private:
  OfficePackage(std::unique_ptr<ZipArchive> zip, ReadBudget& budget)
      : zip_(std::move(zip)), budget_(budget) {}

  std::unique_ptr<ZipArchive> zip_;
  ReadBudget& budget_;
  std::string main_part_;
};

/// The first target among relationships of that type; "" if there is none.
std::string target_of_type(const Relationships& relationships, std::string_view type);
/// The target of the relationship with that id; "" if there is none.
std::string target_of_id(const Relationships& relationships, std::string_view id);

}  // namespace loadline
