#include "extract/mysql/option_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/ascii.h"

namespace transload::mysql {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  std::size_t start = text.find_first_not_of(kBlank);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kBlank) - start + 1);
}

char UnescapedOption(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'b':
      return '\b';
    case 's':
      return ' ';
    default:
      return c;
  }
}

bool IsEscape(char c) { return std::string_view("ntrbs\\\"'").find(c) != std::string_view::npos; }

// A value up to its closing quote or, bare, up to a comment.
std::string ReadValue(std::string_view text) {
  text = Trimmed(text);
  char quote = '\0';
  if (!text.empty() && (text[0] == '"' || text[0] == '\'')) {
    quote = text[0];
    text.remove_prefix(1);
  }
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quote != '\0' ? c == quote : c == '#') break;
    if (c == '\\' && i + 1 < text.size() && IsEscape(text[i + 1])) {
      value += UnescapedOption(text[++i]);
    } else {
      value += c;
    }
  }
  return quote != '\0' ? value : std::string(Trimmed(value));
}

bool IsOff(std::string_view value) {
  return value == "0" || EqualIgnoringCase(value, "off") || EqualIgnoringCase(value, "false");
}

void Set(OptionFile& file, std::string name, const std::string& value) {
  std::replace(name.begin(), name.end(), '_', '-');
  if (name == "user") file.user = value;
  if (name == "password") file.password = value;
  if (name == "host") file.host = value;
  if (name == "port") file.port = value;
  if (name == "socket") file.socket = value;
  if (name == "ssl-mode") file.ssl_mode = value;
  if (name == "ssl-ca") file.ssl_ca = value;
  if (name == "ssl-cert") file.ssl_cert = value;
  if (name == "ssl-key") file.ssl_key = value;
  if (name == "ssl-verify-server-cert" && !IsOff(value)) {
    file.ssl_mode = "verify_identity";
  }
}

}  // namespace

OptionFile ParseOptionFile(std::string_view text) {
  OptionFile file;
  bool ours = false;
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line[0] == '#' || line[0] == ';' || line[0] == '!') continue;
    if (line[0] == '[') {
      ours = line.starts_with("[client]") || line.starts_with("[client-mariadb]");
      continue;
    }
    std::size_t equals = line.find('=');
    if (!ours) continue;
    if (equals != std::string_view::npos) {
      Set(file, std::string(Trimmed(line.substr(0, equals))), ReadValue(line.substr(equals + 1)));
    } else if (line.starts_with("ssl")) {  // a switch
      Set(file, ReadValue(line), "1");
    }
  }
  return file;
}

OptionFile ReadUserOptionFile() {
  const char* home = std::getenv("HOME");
  if (home == nullptr) return {};
  std::string path = std::string(home) + "/.my.cnf";
  struct stat info {};
  // Like the servers' own clients: a file that everybody may write is not believed.
  if (stat(path.c_str(), &info) != 0 || (info.st_mode & S_IWOTH) != 0) return {};
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return ParseOptionFile(text.str());
}

}  // namespace transload::mysql
