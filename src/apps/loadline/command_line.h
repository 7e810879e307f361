#pragma once
// The grammar of the command line: verbs, options, help texts, and the nearest spelling for what it does not
// know.
#include <functional>

namespace loadline {

/// Parses and runs; gives the exit code.
int run_command_line(int argc, char** argv);

}  // namespace loadline
