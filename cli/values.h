// Texts that options take, read strictly: sizes, durations, percentages, words. Each function
// throws a usage error that says what was wanted; who calls adds where the text stood.
#ifndef TRANSLOAD_CLI_VALUES_H_
#define TRANSLOAD_CLI_VALUES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/options.h"

namespace transload {

std::int64_t ParseInteger(std::string_view text, std::int64_t low, std::int64_t high);
// "64MiB", "50MB", "1000000"; kB, MB, GB are powers of 1000, KiB, MiB, GiB of 1024.
std::uint64_t ParseSize(std::string_view text);
// A size per second, "50MB/s"; the "/s" may be left out.
std::uint64_t ParseRate(std::string_view text);
// "500ms", "30s", "5m", "2h"; in milliseconds, never 0.
std::uint64_t ParseDuration(std::string_view text);
// "10%", above 0, at most 100.
double ParsePercent(std::string_view text);
// "100" or "0.5%".
MaxRejects ParseMaxRejects(std::string_view text);
// "a=b" at the first '='; neither side empty.
std::pair<std::string, std::string> ParsePair(std::string_view text, std::string_view form);
// "TYPE=TYPE" or "col:[schema.]table.column=TYPE".
MapRule ParseMap(std::string_view text);

// The known word nearest to `text`, or empty when none is near.
std::string NearMiss(std::string_view text, const std::vector<std::string>& known);

// One of `words`, by position; the enum's values stand in that order.
std::size_t WordIndex(std::string_view text, const std::vector<std::string>& words);
template <typename Enum>
Enum ParseWord(std::string_view text, const std::vector<std::string>& words) {
  return static_cast<Enum>(WordIndex(text, words));
}

}  // namespace transload

#endif  // TRANSLOAD_CLI_VALUES_H_
