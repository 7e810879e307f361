#include "apps/loadline/completion.h"

#include <CLI/CLI.hpp>

namespace loadline {
namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string words_of(const CLI::App& app, const CLI::App& verb) {
  std::string words;
  for (const CLI::App* sub : verbs_of(verb)) words += sub->get_name() + " ";
  for (const CLI::App* level : {&verb, &app})
    for (const CLI::Option* option : level->get_options())
      for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  if (!words.empty()) words.pop_back();
  return words;
}

std::string bash_script(const CLI::App& app) {
  std::string text =
      "_loadline() {\n"
      "  local verb= word cur=${COMP_WORDS[COMP_CWORD]}\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $word in -*) ;; *) [ -n \"$verb\" ] || verb=$word ;; esac\n"
      "  done\n"
      "  case $verb in\n";
  for (const CLI::App* verb : verbs_of(app))
    text += "    " + verb->get_name() + ") COMPREPLY=($(compgen -W '" + words_of(app, *verb) +
            "' -- \"$cur\")) ;;\n";
  text += "    *) COMPREPLY=($(compgen -W '" + words_of(app, app) + "' -- \"$cur\")) ;;\n  esac\n";
  text +=
      "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$cur\"))\n}\ncomplete -o filenames -F "
      "_loadline loadline";
  return text;
}

std::string fish_script(const CLI::App& app) {
  std::string text;
  for (const CLI::App* verb : verbs_of(app)) {
    text += "complete -c loadline -n __fish_use_subcommand -f -a " + verb->get_name() + " -d '" +
            verb->get_description() + "'\n";
    for (const CLI::App* sub : verbs_of(*verb))
      text += "complete -c loadline -n '__fish_seen_subcommand_from " + verb->get_name() + "' -f -a " +
              sub->get_name() + "\n";
    for (const CLI::Option* option : verb->get_options())
      for (const std::string& name : option->get_lnames())
        text += "complete -c loadline -n '__fish_seen_subcommand_from " + verb->get_name() + "' -l " + name +
                "\n";
  }
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) text += "complete -c loadline -l " + name + "\n";
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  if (shell == "fish") return fish_script(app);
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script(app);
  return bash_script(app);
}

}  // namespace loadline
