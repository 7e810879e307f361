#pragma once
// Path patterns: "*" and "?" within a name, "[a-z]" and "[!a-z]" for one byte, "**" for any number of
// folders. Bytes, not characters; case counts. Pure functions, no backtracking over folders.
#include <string_view>

namespace loadline {

bool has_wildcards(std::string_view path);

/// Whether a relative path ("a/b.pdf") matches a relative pattern ("**/*.pdf"). A last "**" matches all files
/// below; "**/" matches no folder, too.
bool glob_matches(std::string_view pattern, std::string_view path);

}  // namespace loadline
