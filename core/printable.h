// Names, values and errors of servers on their way to a terminal or a text file.
#ifndef TRANSLOAD_CORE_PRINTABLE_H_
#define TRANSLOAD_CORE_PRINTABLE_H_

#include <string>
#include <string_view>

namespace transload {

// One line without a byte that a terminal would obey: control characters and bytes that are no
// UTF-8 become \x1b (\n and \t for line feeds and tabs), directions of writing that would reorder
// what follows become \u202e.
std::string Printable(std::string_view text);

// The same of text whose lines and tabs stay.
std::string PrintableLines(std::string_view text);

}  // namespace transload

#endif  // TRANSLOAD_CORE_PRINTABLE_H_
