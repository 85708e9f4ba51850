#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "core/url.h"

// Any text is a URL or a usage error, and a password is always masked in what is shown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)transload::Redacted(text);
  try {
    transload::Url url = transload::ParseUrl(text);
    // One masked span of the original at least, whatever the password's escapes.
    if (url.password && url.redacted.find("***") == std::string::npos) std::abort();
  } catch (const transload::Error& error) {
    if (error.exit_code != transload::ExitCode::kUsage) std::abort();
  }
  return 0;
}
