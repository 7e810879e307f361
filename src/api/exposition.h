#pragma once
// Lines of the Prometheus text format. Pure functions.
#include <string>

namespace loadline {

inline void append_metric_head(std::string& out, const char* name, const char* type, const char* help) {
  out += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

inline void append_sample(std::string& out, const std::string& name, const std::string& label_text,
                          const std::string& value) {
  out += name;
  if (!label_text.empty()) out += "{" + label_text + "}";
  out += " " + value + "\n";
}

}  // namespace loadline
