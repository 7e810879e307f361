#pragma once
// Shell completion made from the command line's own grammar, so that it never lags behind.
#include <string>

namespace CLI {
class App;
}

namespace loadline {

/// `shell` is "bash", "zsh" or "fish".
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace loadline
