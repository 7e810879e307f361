#pragma once
// A scenario file as a list of statements. Pure functions over text; what the statements do is in runner.h.
//
// One statement a line, its verb first. Lines that begin with two blanks are the block of the statement above
// them. Lines that begin with '#' are comments.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace loadline {

struct Statement {
  int line = 0;       // from 1
  std::string verb;   // as in the table of verbs: "request", "expect json"
  std::string rest;   // of its line, without blanks at the ends
  std::string block;  // the indented lines below it, each without its two blanks and with its newline
};

/// What went wrong, and where.
struct Fault {
  int line = 0;
  std::string message;
};

struct Scenario {
  std::vector<Statement> statements;
};

/// Every verb of the language.
const std::vector<std::string_view>& scenario_verbs();

/// False: `fault` says which line is wrong. Also wrong: a scenario without an `expect` statement.
bool parse_scenario(std::string_view text, Scenario& scenario, Fault& fault);

/// The nearest known name as a half sentence: "; did you mean 'x'?"; without one: "; there are: a, b".
std::string meant(std::string_view typed, const std::vector<std::string_view>& known);

}  // namespace loadline
