#include "extract/mysql/server_version.h"

#include "core/ascii.h"

namespace transload::mysql {

ServerVersion ServerVersion::Parse(std::string_view text) {
  ServerVersion version;
  version.text = text;
  version.mariadb = LowerAscii(text).find("mariadb") != std::string::npos;
  // Old protocol habit: MariaDB 10 announces itself as 5.5.5-10.x to clients that know only MySQL.
  if (version.mariadb && text.starts_with("5.5.5-")) text.remove_prefix(6);
  int parts[3] = {0, 0, 0};
  std::size_t at = 0;
  for (int& part : parts) {
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      part = part * 10 + (text[at++] - '0');
    }
    if (at >= text.size() || text[at] != '.') break;
    ++at;
  }
  version.number = parts[0] * 10000 + parts[1] * 100 + parts[2];
  return version;
}

}  // namespace transload::mysql
