#include "api/sse.h"

namespace loadline {

void append_sse_event(std::string& out, std::string_view data) {
  out += "data: ";
  for (std::size_t at = 0; at < data.size(); ++at) {
    const char c = data[at];
    if (c == '\r' && at + 1 < data.size() && data[at + 1] == '\n') continue;
    if (c == '\n' || c == '\r')
      out += "\ndata: ";
    else
      out += c;
  }
  out += "\n\n";
}

}  // namespace loadline
