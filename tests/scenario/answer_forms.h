#pragma once
// Answers of every dialect that clients speak: the text in them, and whether a stream ends as its dialect
// wants. Written from the providers' documents, apart from the gateway's own dialect code. Pure functions.
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

/// Each event of a stream: {"event": NAME, "data": its data, as JSON where it is JSON}.
boost::json::array events_json(std::string_view body);

/// The answer's text, of a stream or a whole answer.
std::string answer_text(std::string_view body);

enum class StreamEnd {
  whole,   // the answer ended by itself
  length,  // it ended because it may be no longer
  error,   // a typed error, after which nothing comes
};
/// invalid_argument names what there is.
Result<StreamEnd> stream_end_named(std::string_view name);

/// ok, or failed_precondition with what is wrong. `path`: where the request went. `complete`: the body's end
/// was said.
Status check_stream_end(std::string_view path, std::string_view body, bool complete, StreamEnd wanted);

}  // namespace loadline
