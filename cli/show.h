// Results as they go to stdout, as text for people or one JSON document.
#ifndef TRANSLOAD_CLI_SHOW_H_
#define TRANSLOAD_CLI_SHOW_H_

#include <string>
#include <vector>

#include "core/source_facts.h"
#include "pipeline/commands.h"

namespace transload {

std::string PlanText(const PlanResult& result);
std::string PlanJson(const PlanResult& result);

std::string PreflightText(const std::vector<PreflightItem>& items);
std::string PreflightJson(const std::vector<PreflightItem>& items);

std::string StatusText(const std::vector<StatusRun>& runs);
std::string StatusJson(const std::vector<StatusRun>& runs);

std::string UndoText(const UndoneRun& result);
std::string UndoJson(const UndoneRun& result);

// The error that ended a command, for stdout with --format json.
std::string ErrorJson(int exit_code, const std::string& message);

}  // namespace transload

#endif  // TRANSLOAD_CLI_SHOW_H_
