#pragma once
// Every way in which an upstream can fail, at every place, under each word of a route, streamed and whole, as
// one scenario for each pair of dialects. The table of faults in fault_grid.cc says what must come of each.
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

/// Names of dialect pairs.
const std::vector<std::string>& fault_pairs();

/// The scenario's text; `cells`: how many requests it makes (0: there is no such pair).
std::string fault_grid(std::string_view pair, int& cells);

}  // namespace loadline
