// Asks a server at a fixed rate, whatever it answers, and tells how long answers took from when their request
// was due: a server that falls behind shows it (no coordinated omission). Whole answers and streams in turn.
//   loadline_open_loop PORT KEY RATE SECONDS
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t connections_max = 512;

struct Exchange {
  int socket = -1;
  bool busy = false, stream = false, first_seen = false;
  Clock::time_point due;
  std::string in;
};

double micros(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::exit(1);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

std::string request_of(const std::string& key, bool stream) {
  const std::string body =
      std::string(
          R"({"model":"r","messages":[{"role":"user","content":"What does section 4.2 of the loan agreement say?"}])") +
      (stream ? R"(,"stream":true})" : "}");
  return "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: "
         "application/json\r\nauthorization: Bearer " +
         key + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Where the whole answer ends; npos: not yet. Enough for what the servers here send.
std::size_t end_of(const std::string& in) {
  const std::size_t head = in.find("\r\n\r\n");
  if (head == std::string::npos) return head;
  std::string lower = in.substr(0, head);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const std::size_t length = lower.find("content-length: ");
  if (length != std::string::npos) {
    const std::size_t end = head + 4 + std::strtoul(lower.c_str() + length + 16, nullptr, 10);
    return in.size() >= end ? end : std::string::npos;
  }
  const std::size_t last = in.find("\r\n0\r\n\r\n", head);
  return last == std::string::npos ? last : last + 7;
}

double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return std::fprintf(stderr, "usage: loadline_open_loop PORT KEY RATE SECONDS\n"), 2;
  const int port = std::atoi(argv[1]);
  const std::string requests[] = {request_of(argv[2], false), request_of(argv[2], true)};
  const double rate = std::atof(argv[3]), seconds = std::atof(argv[4]);
  const auto interval = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / rate));
  const auto total = static_cast<std::size_t>(rate * seconds);
  std::vector<Exchange> exchanges;
  std::vector<double> whole, first;
  std::size_t sent = 0, failed = 0;
  const Clock::time_point start = Clock::now() + std::chrono::milliseconds(50);
  while (whole.size() + first.size() + failed < total) {
    const Clock::time_point now = Clock::now();
    if (sent < total && now >= start + interval * static_cast<std::int64_t>(sent)) {
      auto free = std::find_if(exchanges.begin(), exchanges.end(), [](const Exchange& e) { return !e.busy; });
      if (free == exchanges.end()) {
        if (exchanges.size() == connections_max) return std::fprintf(stderr, "the server is overloaded\n"), 1;
        exchanges.push_back({.socket = connect_to(port)});
        free = exchanges.end() - 1;
      }
      free->busy = true;
      free->stream = sent % 2 == 1;
      free->first_seen = false;
      free->due = start + interval * static_cast<std::int64_t>(sent);
      const std::string& request = requests[free->stream ? 1 : 0];
      if (::send(free->socket, request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size()))
        return 1;
      ++sent;
      continue;
    }
    std::vector<pollfd> polls;
    for (const Exchange& exchange : exchanges) polls.push_back({exchange.socket, POLLIN, 0});
    timespec wait{0, 200'000};
    if (sent < total) {
      const auto left = start + interval * static_cast<std::int64_t>(sent) - now;
      wait.tv_nsec = std::clamp<std::int64_t>(std::chrono::nanoseconds(left).count(), 0, 999'999'999);
    }
    if (::ppoll(polls.data(), polls.size(), &wait, nullptr) <= 0) continue;
    for (std::size_t i = 0; i < polls.size(); ++i) {
      if (polls[i].revents == 0) continue;
      Exchange& exchange = exchanges[i];
      char bytes[16384];
      const ssize_t size = ::recv(exchange.socket, bytes, sizeof bytes, 0);
      if (size <= 0) return std::fprintf(stderr, "the server closed a connection\n"), 1;
      exchange.in.append(bytes, static_cast<std::size_t>(size));
      const Clock::time_point at = Clock::now();
      if (exchange.stream && !exchange.first_seen && exchange.in.find("data: ") != std::string::npos) {
        exchange.first_seen = true;
        first.push_back(micros(at - exchange.due));
      }
      const std::size_t end = end_of(exchange.in);
      if (end == std::string::npos) continue;
      if (exchange.in.compare(9, 3, "200") != 0)
        ++failed;
      else if (!exchange.stream)
        whole.push_back(micros(at - exchange.due));
      exchange.in.erase(0, end);
      exchange.busy = false;
    }
  }
  std::printf("whole p50 %.0f us p99 %.0f us, first byte of a stream p50 %.0f us p99 %.0f us, %zu failed\n",
              quantile(whole, 0.5), quantile(whole, 0.99), quantile(first, 0.5), quantile(first, 0.99),
              failed);
  for (const Exchange& exchange : exchanges) ::close(exchange.socket);
  return 0;
}
