#include "pipeline/last_stop.h"

#include "load/pg_programs.h"

namespace transload {

void EndChildPrograms() noexcept { KillPrograms(); }

}  // namespace transload
