#pragma once
// The property "an answer that is streamed equals the one that is not", as a scenario made from a seed.
#include <cstdint>
#include <string>

namespace loadline {

/// A scenario with `cases` random answers (supported and unsupported sentences, right, wrong and invented
/// markers, repetitions, refusals, cut ends, any division into pieces) over a small collection and without
/// one; expects a number of citations of either kind and of abstentions. The same seed gives the
/// same text.
std::string random_streams(std::uint64_t seed, int cases);

}  // namespace loadline
