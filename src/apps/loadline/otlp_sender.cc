#include "apps/loadline/otlp_sender.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "net/http_client.h"

namespace loadline {
namespace {

namespace asio = boost::asio;

constexpr std::size_t answer_bytes_max = 65536;

class Sender {
 public:
  Sender(HttpUrl url, std::shared_ptr<TlsTrust> trust, const Clock& clock)
      : url_(std::move(url)), target_(url_.path + "/v1/traces"), trust_(std::move(trust)), clock_(clock) {}

  Status send(std::string body) {
    asio::io_context io(1);
    HttpClient client(io.get_executor(), clock_, {.trust = trust_});
    HttpOriginOptions options;
    options.url = url_;
    LOADLINE_ASSIGN(std::shared_ptr<HttpOrigin> origin, client.origin(std::move(options)));
    Status result = Error(Code::internal, "the export did not run");
    asio::co_spawn(io, post(*origin, body, result), asio::detached);
    while (!done_) io.run_one();
    done_ = false;
    origin.reset();
    return result;
  }

 private:
  asio::awaitable<void> post(HttpOrigin& origin, const std::string& body, Status& result) {
    {
      const HttpField fields[] = {{"content-type", "application/json"}};
      HttpCall call(origin);
      HttpClientRequest request;
      request.target = target_;
      request.fields = fields;
      request.body = body;
      request.times.first_byte = request.times.total = std::chrono::seconds(10);
      request.may_open = [] { return Status(); };  // spans hold no content
      result = co_await call.start(request);
      if (result.ok()) {
        std::string answer;
        const int status = call.head().status;
        const Status read = co_await call.read_rest(answer, answer_bytes_max);
        if (status >= 300)
          result = Error(Code::unavailable, "the collector answered with status " + std::to_string(status));
        else if (!read)
          result = read.error();
      }
    }
    done_ = true;
  }

  const HttpUrl url_;
  const std::string target_;
  const std::shared_ptr<TlsTrust> trust_;
  const Clock& clock_;
  bool done_ = false;
};

}  // namespace

Result<std::function<Status(std::string)>> make_otlp_sender(const std::string& endpoint, const Clock& clock) {
  LOADLINE_ASSIGN(HttpUrl url, parse_http_url(endpoint));
  std::shared_ptr<TlsTrust> trust;
  if (url.tls) {
    LOADLINE_ASSIGN(trust, TlsTrust::system());
  }
  auto sender = std::make_shared<Sender>(std::move(url), std::move(trust), clock);
  return std::function<Status(std::string)>(
      [sender](std::string body) { return sender->send(std::move(body)); });
}

}  // namespace loadline
