#include "extract/version.h"

#include <unicode/uvernum.h>

namespace loadline {

std::string extractor_version() {
  return "extract-" + std::to_string(readers_version) + " icu-" U_ICU_VERSION;
}

}  // namespace loadline
