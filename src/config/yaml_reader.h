#pragma once
// YAML text checked against a schema. Errors name file, line, what was expected and the nearest known key;
// all errors are found in one go, not one a run.
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.h"

namespace loadline {

inline constexpr std::size_t manifest_bytes_max = 1 << 20;
inline constexpr std::size_t manifest_nodes_max = 100'000;  // aliases count each time they are used
inline constexpr std::size_t manifest_errors_max = 50;      // more are counted, not listed

struct ConfigError {
  int line = 0;    // from 1
  int column = 0;  // from 1
  std::string message;
};

struct CheckedConfig {
  ConfigValue root;
  std::vector<ConfigError> errors;  // empty: `root` is valid and complete
};

/// Never throws; never fails otherwise than through `errors`. Secrets do not belong in a manifest: values are
/// quoted in messages only where the schema's node is a choice, a number or a boolean.
CheckedConfig read_config(std::string_view yaml, const SchemaNode& schema);

/// "file.yaml:12:3: message", one line each.
std::string describe(const std::string& file, const std::vector<ConfigError>& errors);

}  // namespace loadline
