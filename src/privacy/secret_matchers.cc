// Keys and passwords.
#include <algorithm>
#include <array>
#include <string>

#include "privacy/detector.h"
#include "privacy/matchers.h"

namespace loadline {
namespace {

enum class Body : std::uint8_t { base64url, alnum, upper, hex, dotted };

struct KeyForm {
  std::string_view prefix;
  Body body;
  std::size_t bytes_min, bytes_max;  // of the body
};

// Published prefixes of the providers. Longer prefixes first where one begins with another.
constexpr std::array key_forms = {
    KeyForm{"AKIA", Body::upper, 16, 16},  // AWS access key ids
    KeyForm{"ASIA", Body::upper, 16, 16},
    KeyForm{"ABIA", Body::upper, 16, 16},
    KeyForm{"ACCA", Body::upper, 16, 16},
    KeyForm{"AIza", Body::base64url, 35, 35},     // Google API
    KeyForm{"ya29.", Body::base64url, 20, 200},   // Google OAuth
    KeyForm{"GOCSPX-", Body::base64url, 20, 40},  // Google client secret
    KeyForm{"sk-", Body::base64url, 20, 200},     // OpenAI, Anthropic, DeepSeek, OpenRouter
    KeyForm{"sk_live_", Body::alnum, 16, 120},    // Stripe
    KeyForm{"sk_test_", Body::alnum, 16, 120},
    KeyForm{"rk_live_", Body::alnum, 16, 120},
    KeyForm{"rk_test_", Body::alnum, 16, 120},
    KeyForm{"whsec_", Body::alnum, 20, 80},
    KeyForm{"ghp_", Body::alnum, 36, 80},  // GitHub
    KeyForm{"gho_", Body::alnum, 36, 80},
    KeyForm{"ghu_", Body::alnum, 36, 80},
    KeyForm{"ghs_", Body::alnum, 36, 80},
    KeyForm{"ghr_", Body::alnum, 36, 80},
    KeyForm{"github_pat_", Body::base64url, 60, 100},
    KeyForm{"glpat-", Body::base64url, 20, 64},  // GitLab
    KeyForm{"glptt-", Body::base64url, 20, 64},
    KeyForm{"xoxb-", Body::base64url, 20, 120},  // Slack
    KeyForm{"xoxp-", Body::base64url, 20, 120},
    KeyForm{"xoxa-", Body::base64url, 20, 120},
    KeyForm{"xoxr-", Body::base64url, 20, 120},
    KeyForm{"xoxs-", Body::base64url, 20, 120},
    KeyForm{"xapp-", Body::base64url, 20, 120},
    KeyForm{"hf_", Body::alnum, 30, 60},         // Hugging Face
    KeyForm{"gsk_", Body::alnum, 40, 80},        // Groq
    KeyForm{"xai-", Body::alnum, 40, 120},       // xAI
    KeyForm{"pplx-", Body::alnum, 40, 80},       // Perplexity
    KeyForm{"r8_", Body::alnum, 30, 60},         // Replicate
    KeyForm{"npm_", Body::alnum, 36, 60},        // npm
    KeyForm{"pypi-", Body::base64url, 50, 220},  // PyPI
    KeyForm{"dop_v1_", Body::hex, 64, 64},       // DigitalOcean
    KeyForm{"doo_v1_", Body::hex, 64, 64},
    KeyForm{"shpat_", Body::hex, 32, 32},  // Shopify
    KeyForm{"shpca_", Body::hex, 32, 32},
    KeyForm{"shpss_", Body::hex, 32, 32},
    KeyForm{"SG.", Body::dotted, 60, 75},       // SendGrid
    KeyForm{"key-", Body::hex, 32, 32},         // Mailgun
    KeyForm{"AC", Body::hex, 32, 32},           // Twilio account
    KeyForm{"SK", Body::hex, 32, 32},           // Twilio key
    KeyForm{"dapi", Body::hex, 32, 34},         // Databricks
    KeyForm{"lin_api_", Body::alnum, 40, 60},   // Linear
    KeyForm{"hvs.", Body::base64url, 24, 200},  // Vault
    KeyForm{"hvb.", Body::base64url, 24, 200},
    KeyForm{"sq0atp-", Body::base64url, 22, 22},  // Square
    KeyForm{"sq0csp-", Body::base64url, 43, 43},
    KeyForm{"EAAA", Body::base64url, 60, 80},
    KeyForm{"PMAK-", Body::base64url, 50, 70},  // Postman
    KeyForm{"NRAK-", Body::upper, 27, 27},      // New Relic
    KeyForm{"AGE-SECRET-KEY-", Body::upper, 58, 58},
    KeyForm{"ops_eyJ", Body::base64url, 100, 220},  // 1Password
    KeyForm{"ntn_", Body::alnum, 40, 60},           // Notion
    KeyForm{"figd_", Body::base64url, 36, 60},      // Figma
    KeyForm{"nvapi-", Body::base64url, 60, 80},     // NVIDIA
    KeyForm{"tfp_", Body::base64url, 40, 80},       // Typeform
    KeyForm{"PRIVATE-", Body::hex, 64, 64},
};

bool in_body(Body body, unsigned char c) {
  switch (body) {
    case Body::base64url:
      return (byte_classes[c] & ByteClass::base64url) != 0;
    case Body::alnum:
      return is_alnum_byte(c);
    case Body::upper:
      return is_upper_byte(c) || is_digit_byte(c);
    case Body::hex:
      return is_digit_byte(c) || (byte_classes[c] & ByteClass::hex_letter) != 0;
    case Body::dotted:
      return c == '.' || (byte_classes[c] & ByteClass::base64url) != 0;
  }
  return false;
}

// Words end in dashes too ("sk-learn-based-classification"): a key has a digit and an upper-case letter, or
// many digits.
bool looks_random(const Window& w, std::size_t begin, std::size_t end) {
  std::size_t digits = 0, uppers = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const unsigned char c = w.at(i);
    digits += is_digit_byte(c);
    uppers += is_upper_byte(c);
  }
  return digits >= 1 && (uppers >= 1 || digits >= 4);
}

void match_key_form(const Window& w, std::size_t at, const KeyForm& form, Match& best) {
  if (!w.has(at, form.prefix)) return;
  const std::size_t begin = at + form.prefix.size();
  std::size_t end = begin;
  while (end - begin <= form.bytes_max && in_body(form.body, w.at(end))) ++end;
  while (end > begin && (w.before(end) == '-' || w.before(end) == '.')) --end;
  if (end - begin < form.bytes_min) return;
  if (end - begin > form.bytes_max) {
    if (form.bytes_min == form.bytes_max) return;
    end = begin + form.bytes_max;
  }
  const bool strict = form.bytes_min == form.bytes_max;
  if (strict && is_alnum_byte(w.at(end))) return;
  if (form.body == Body::base64url && !looks_random(w, begin, end)) return;
  best.offer(DataType::api_key, end, 0.98F);
}

// Forms by their first byte, so that a word costs one look.
struct FormIndex {
  std::array<std::uint8_t, 256> first{};
  FormIndex() {
    for (const KeyForm& form : key_forms) first[static_cast<unsigned char>(form.prefix[0])] = 1;
  }
};

void match_key(const Window& w, std::size_t at, Match& best) {
  static const FormIndex index;
  const unsigned char c = w.at(at);
  const unsigned char left = w.before(at);
  if (index.first[c] == 0 || left == '-' || left == '_') return;
  for (const KeyForm& form : key_forms)
    if (static_cast<unsigned char>(form.prefix[0]) == c) match_key_form(w, at, form, best);
}

// header "." payload "." signature, the first two JSON objects in base64url ("eyJ").
void match_jwt(const Window& w, std::size_t at, Match& best) {
  const unsigned char left = w.before(at);
  if (left == '-' || left == '_' || !w.has(at, "eyJ")) return;
  const std::size_t limit = at + Detector::long_reach_bytes;
  const std::size_t header = w.skip(at, ByteClass::base64url, limit);
  if (header == limit || header - at < 12 || !w.has(header, ".eyJ")) return;
  const std::size_t payload = w.skip(header + 1, ByteClass::base64url, limit);
  if (payload - header < 8) return;
  std::size_t end = payload;
  if (payload < limit && w.at(payload) == '.') end = w.skip(payload + 1, ByteClass::base64url, limit);
  best.offer(DataType::jwt, end, 1);
}

struct SecretWord {
  std::string_view word;
  bool strong;  // a password: short values count too
};
constexpr std::array secret_words = {
    SecretWord{"password", true},   SecretWord{"passwd", true},         SecretWord{"pwd", true},
    SecretWord{"passphrase", true}, SecretWord{"passwort", true},       SecretWord{"kennwort", true},
    SecretWord{"contrasena", true}, SecretWord{"secret", false},        SecretWord{"token", false},
    SecretWord{"apikey", false},    SecretWord{"accesskey", false},     SecretWord{"privatekey", false},
    SecretWord{"authkey", false},   SecretWord{"accountkey", false},    SecretWord{"sharedkey", false},
    SecretWord{"secretkey", false}, SecretWord{"encryptionkey", false}, SecretWord{"bearer", false},
};

// The identifier that ends before `end`, in lower case without '_', '-' and blanks between its words.
std::string_view identifier_before(const Window& w, std::size_t end, std::array<char, 40>& buffer) {
  std::size_t n = buffer.size(), i = end;
  bool blank = false;
  while (n > 0 && i > 0) {
    const unsigned char c = w.before(i);
    if (is_letter_byte(c)) {
      buffer[--n] = static_cast<char>(to_lower_byte(c));
    } else if (c == ' ' && !blank) {
      blank = true;  // "api key"
    } else if (c != '_' && c != '-') {
      break;
    }
    --i;
    w.count(1);
  }
  return {buffer.data() + n, buffer.size() - n};
}

// 0: no, 1: a key's name, 2: a password's; 3: a password's with a sign between.
int names_secret(std::string_view identifier) {
  for (const SecretWord& entry : secret_words)
    if (identifier.ends_with(entry.word)) return entry.strong ? 2 : 1;
  return 0;
}

// What the text left of a value says: `password: `, `API_KEY="`, `passphrase is `, `Authorization: Bearer `.
int named_secret(const Window& w, std::size_t at) {
  std::size_t i = at;
  while (i > 0 && at - i < 4 &&
         (w.before(i) == ' ' || w.before(i) == '"' || w.before(i) == '\'' || w.before(i) == '`'))
    --i;
  std::array<char, 40> buffer{};
  const unsigned char sign = w.before(i);
  if (sign == ':' || sign == '=') {
    --i;
    if (w.before(i) == ':' || w.before(i) == '=' || w.before(i) == '!' || w.before(i) == '<' ||
        w.before(i) == '>')
      return 0;
    while (i > 0 && at - i < 12 && (w.before(i) == ' ' || w.before(i) == '"' || w.before(i) == '\'')) --i;
    const int kind = names_secret(identifier_before(w, i, buffer));
    return kind == 2 ? 3 : kind;
  }
  // "is" or "bearer" must be the word before; most words are neither
  if (i == at || i < 3 ||
      !((w.before(i) == 's' && w.before(i - 1) == 'i') || (w.before(i) == 'r' && w.before(i - 1) == 'e')))
    return 0;
  const std::string_view words = identifier_before(w, i, buffer);
  if (words.ends_with("bearer")) return 1;
  if (words.size() > 2 && words.ends_with("is")) return names_secret(words.substr(0, words.size() - 2));
  return 0;
}

bool value_byte(unsigned char c) {
  return c > ' ' && c != '"' && c != '\'' && c != '`' && c != ',' && c != ';' && c != '<' && c != '>' &&
         c != ')' && c != '}' && c != ']';
}

void match_named_secret(const Window& w, const Token& token, Match& best) {
  const unsigned char left = w.before(token.begin);
  if (left != ' ' && left != '"' && left != '\'' && left != '`' && left != ':' && left != '=') return;
  const int kind = named_secret(w, token.begin);
  if (kind == 0) return;
  std::size_t end = token.begin;
  bool digit = false, letter = false, other = false;
  while (end < token.begin + 200 && value_byte(w.at(end))) {
    const unsigned char c = w.at(end++);
    digit = digit || is_digit_byte(c);
    letter = letter || is_letter_byte(c);
    other = other || !is_alnum_byte(c);
  }
  while (end > token.begin && (w.before(end) == '.' || w.before(end) == '?' || w.before(end) == '!')) --end;
  const std::size_t size = end - token.begin;
  const bool mixed = digit && letter;
  if (kind >= 2 ? size >= 6 && (mixed || (kind == 3 && size >= 8) || (other && digit)) : size >= 16 && mixed)
    best.offer(DataType::secret, end, 0.7F);
}

}  // namespace

void match_secrets(const Window& w, const Token& token, Match& best) {
  match_key(w, token.begin, best);
  match_jwt(w, token.begin, best);
  match_named_secret(w, token, best);
}

namespace {

// The end of a key's armour from `i` on, its end line included, at most `limit`.
std::size_t armour_end(const Window& w, std::size_t i, std::size_t limit) {
  while (i < limit) {
    const unsigned char c = w.at(i);
    if (c == '-' && w.has(i, "-----END ")) {
      i += 9;
      const std::size_t line_end = i + 60;
      while (i < line_end && (is_upper_byte(w.at(i)) || w.at(i) == ' ')) ++i;
      while (i < line_end && w.at(i) == '-') ++i;
      return i;
    }
    const bool armour = is_alnum_byte(c) || c == '+' || c == '/' || c == '=' || c == '\n' || c == '\r' ||
                        c == ' ' || c == '\\' || c == ':' || c == ',' || c == '-' || c == '\t';
    if (!armour) break;
    ++i;
  }
  return i;
}

}  // namespace

Match match_rest(const Window& w, std::size_t at, DataType type) {
  Match best;
  const std::size_t limit = at + Detector::long_reach_bytes;
  std::size_t end = at;
  if (type == DataType::private_key) {
    end = armour_end(w, at, limit);
  } else {
    while (end < limit && (w.at(end) == '.' || (byte_classes[w.at(end)] & ByteClass::base64url) != 0)) ++end;
  }
  if (end > at) best.offer(type, end, 1);
  return best;
}

// RFC 7468 armour. Without an end line the key reaches to the first byte that cannot be in one.
void match_private_key(const Window& w, std::size_t at, Match& best) {
  if (w.before(at) == '-' || !w.has(at, "-----BEGIN ")) return;
  std::size_t i = at + 11;
  const std::size_t name = i;
  while (i < name + 40 && (is_upper_byte(w.at(i)) || w.at(i) == ' ')) ++i;
  const std::string_view label = w.text.substr(name, i - name);
  if (label.find("PRIVATE KEY") == std::string_view::npos || !w.has(i, "-----")) return;
  i += 5;
  i = armour_end(w, i, at + Detector::long_reach_bytes);
  best.offer(DataType::private_key, i, 1);
}

}  // namespace loadline
