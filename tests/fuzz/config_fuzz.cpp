#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cli/config_file.h"
#include "core/error.h"

// Any text is a configuration or a usage error that begins with the place.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  transload::Options options;
  try {
    transload::ReadConfigText(text, "c.toml", options);
  } catch (const transload::Error& error) {
    if (error.exit_code != transload::ExitCode::kUsage) std::abort();
    if (!std::string_view(error.what()).starts_with("c.toml:")) std::abort();
  }
  return 0;
}
