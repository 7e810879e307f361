#pragma once
// JSON forms that several verbs print. The stable ones are documented in docs/command-line.md.
#include <boost/json.hpp>

#include "model/document.h"
#include "retrieval/retriever.h"

namespace loadline {

boost::json::value json_of(const Box& box);        // [x0, y0, x1, y1] in points, null if there is none
void print_json(const boost::json::value& value);  // one line on standard output, flushed

}  // namespace loadline
