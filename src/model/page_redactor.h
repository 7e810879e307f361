#pragma once
// The PageRedactor port: takes out of a document's pages what the collection's rule does not let in, before
// anything of them is stored, cut, embedded or indexed.
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/document.h"

namespace loadline {

/// Thread-safe.
class PageRedactor {
 public:
  virtual ~PageRedactor() = default;
  /// Changes the texts of blocks, cells and captions in place (boxes and order stay) and counts in
  /// `page.redacted`. The same page gives the same result. permission_denied: it has a value of a type that
  /// the collection blocks; the message names type and page, never the value. unavailable: a value's
  /// pseudonym could not be made.
  virtual Status redact(ExtractedPage& page) const = 0;
  /// The same for what a file says of itself.
  virtual Status redact(DocumentProperties& properties) const = 0;
  /// Makes durable what stands for the values. Before what was redacted is stored.
  virtual Status settle() const = 0;
  /// Names everything that determines the result; part of the extract stage's version.
  virtual std::string version() const = 0;
};

/// Which collections have one.
class PageRedactors {
 public:
  virtual ~PageRedactors() = default;
  /// Null: documents of the collection are stored as they are.
  virtual const PageRedactor* of(std::string_view collection) const = 0;
};

}  // namespace loadline
