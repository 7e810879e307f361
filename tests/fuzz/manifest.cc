// Fuzz target: any bytes as loadline.yaml. It is refused with a message that names the file, or what `config
// show` prints of it is a manifest again, with the same settings.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/utf8.h"
#include "config/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace loadline;
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const std::string file = "loadline.yaml";
  const Result<Manifest> manifest = parse_manifest(yaml, file);
  if (!manifest.ok()) {
    LOADLINE_ASSERT(manifest.error().code() == Code::invalid_argument);
    LOADLINE_ASSERT(manifest.error().message().starts_with(file));
    LOADLINE_ASSERT(is_valid_utf8(manifest.error().message()));
    return 0;
  }
  const Result<std::string> shown = show_manifest(yaml, file, false);
  LOADLINE_ASSERT(shown.ok());
  const Result<std::string> settings = show_manifest(yaml, file, true);
  const Result<std::string> again = show_manifest(*shown, file, true);
  LOADLINE_ASSERT(settings.ok() && again.ok() && *settings == *again);
  return 0;
}
