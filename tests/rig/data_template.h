// Freshly initialised data folders, made once per server version and copied for each server.
#ifndef TRANSLOAD_TESTS_RIG_DATA_TEMPLATE_H_
#define TRANSLOAD_TESTS_RIG_DATA_TEMPLATE_H_

#include <functional>
#include <string>

namespace transload::rig {

// Copies the template called `key` to `target`, which must not exist. When there is no such
// template yet, `make(folder)` fills one first; processes that do so at the same time don't disturb
// each other. Templates stay in ServerCache()/templates.
void CopyDataTemplate(const std::string& key, const std::string& target,
                      const std::function<void(const std::string& folder)>& make);

// A folder of the server's account, readable by everyone.
void MakeServerFolder(const std::string& folder);

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_DATA_TEMPLATE_H_
