#include "scenario.h"

#include <algorithm>
#include <limits>

#include "base/nearest_name.h"

namespace loadline {
namespace {

constexpr std::size_t scenario_lines_max = 5000;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\t'))
    text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view first_words(std::string_view line, int count) {
  std::size_t at = 0;
  for (int i = 0; i < count && at < line.size(); ++i) {
    at = line.find_first_not_of(' ', at);
    at = std::min(line.find_first_of(" :", at), line.size());
  }
  return line.substr(0, at);
}

// The longest verb that the line begins with; "" if there is none.
std::string_view verb_of(std::string_view line) {
  std::string_view found;
  for (const std::string_view verb : scenario_verbs()) {
    const bool begins = line.substr(0, verb.size()) == verb;
    const bool ends =
        begins && (line.size() == verb.size() || line[verb.size()] == ' ' || line[verb.size()] == ':');
    if (ends && verb.size() > found.size()) found = verb;
  }
  return found;
}

std::string unknown_statement(std::string_view line) {
  std::string near;
  for (const int words : {3, 2, 1})
    if (near.empty()) near = nearest_name(first_words(line, words), scenario_verbs());
  return "unknown statement '" + std::string(first_words(line, 2)) + "'" +
         (near.empty() ? "; tests/scenario/README.md lists the statements"
                       : "; did you mean '" + near + "'?");
}

bool is_expectation(const Statement& statement) { return statement.verb.substr(0, 7) == "expect "; }

}  // namespace

const std::vector<std::string_view>& scenario_verbs() {
  static const std::vector<std::string_view> verbs{
      // what runs
      "limit", "key", "route", "model", "embedder", "extractor", "local only", "not ready",
      // the gateway
      "upstream", "manifest", "issue key", "using key", "disk full", "disk free", "again until status",
      // documents
      "document", "remove", "ingest", "verify",
      // requests
      "header", "request", "upload", "raw", "await", "read", "disconnect", "stop sending",
      // time and events
      "hold", "wait for", "wait until", "release", "advance", "restart", "kill",
      // what must be
      "expect status", "expect header", "expect json", "expect body", "expect sse", "expect cut",
      "expect metric", "expect log", "expect no log", "expect asked", "expect calls", "expect ingest",
      "expect streamed the same", "expect upstream", "expect events", "expect text", "expect end",
      "expect call", "expect bills agree", "expect ledger", "expect audit", "expect trace", "expect circuit"};
  return verbs;
}

bool parse_scenario(std::string_view text, Scenario& scenario, Fault& fault) {
  std::size_t blank_lines = 0;
  int number = 0;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    fault.line = ++number;
    if (static_cast<std::size_t>(number) > scenario_lines_max)
      return fault.message = "more than " + std::to_string(scenario_lines_max) + " lines", false;
    if (trimmed(line).empty()) {
      ++blank_lines;
      continue;
    }
    if (line.substr(0, 2) == "  ") {
      if (scenario.statements.empty())
        return fault.message = "an indented line, but no statement above it", false;
      std::string& block = scenario.statements.back().block;
      if (!block.empty()) block.append(blank_lines, '\n');
      block += std::string(line.substr(2)) + "\n";
      blank_lines = 0;
      continue;
    }
    blank_lines = 0;
    if (line.front() == '#') continue;
    if (line.front() == ' ' || line.front() == '\t')
      return fault.message = "a block is indented by two blanks, a statement by none", false;
    const std::string_view verb = verb_of(line);
    if (verb.empty()) return fault.message = unknown_statement(line), false;
    std::string_view rest = line.substr(verb.size());
    if (rest.substr(0, 1) == ":") rest.remove_prefix(1);
    scenario.statements.push_back({number, std::string(verb), std::string(trimmed(rest)), ""});
  }
  fault = {1, "the scenario expects nothing; add an 'expect' statement"};
  return std::any_of(scenario.statements.begin(), scenario.statements.end(), is_expectation);
}

std::string meant(std::string_view typed, const std::vector<std::string_view>& known) {
  const std::string near = nearest_name(typed, known);
  if (!near.empty()) return "; did you mean '" + near + "'?";
  std::string all = "; there are: ";
  for (std::size_t i = 0; i < known.size(); ++i) all += (i > 0 ? ", " : "") + std::string(known[i]);
  return all;
}

}  // namespace loadline
