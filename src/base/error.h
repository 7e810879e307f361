#pragma once
// The closed set of ways an operation can fail, and the value that carries one of them.
//
// `Error` is a plain value: safe to copy, to move between threads, to print. Its message is shown to users
// and written to logs, so it never holds document text, a prompt, a key or personal data. The `api` module
// has the one table that turns a `Code` into an HTTP status.
#include <cstdint>
#include <string>
#include <string_view>

namespace loadline {

enum class Code : std::uint8_t {
  cancelled = 1,        // the caller went away or asked to stop
  deadline_exceeded,    // the time allowed was used up
  invalid_argument,     // the request itself is wrong; repeating it cannot help
  not_found,            // what was named does not exist
  already_exists,       // what was to be made is there already
  unauthenticated,      // no valid identity
  permission_denied,    // a valid identity that may not do this
  resource_exhausted,   // a named limit was reached; later may work
  failed_precondition,  // the state of the system forbids it; the message says what to do first
  unavailable,          // a peer or a resource is away for now
  data_loss,            // stored data is damaged
  internal,             // our own bug
};

/// The stable lower-case name of a code, as used in JSON and logs.
std::string_view code_name(Code code);

class [[nodiscard]] Error {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  /// The same error with a note of where it happened put in front: "reading manifest: <message>".
  Error within(std::string_view context) &&;
  Error within(std::string_view context) const&;

  /// "<code name>: <message>", for logs and terminals.
  std::string to_string() const;

 private:
  Code code_;
  std::string message_;
};

}  // namespace loadline
