// The generated pages of docs/: they can't say other than what the code does.
#ifndef TRANSLOAD_MAPPINGS_TYPE_DOCS_H_
#define TRANSLOAD_MAPPINGS_TYPE_DOCS_H_

#include <string>

namespace transload {

std::string TypesPage();     // docs/types.md
std::string PoliciesPage();  // docs/policies.md

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_TYPE_DOCS_H_
