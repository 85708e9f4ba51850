// The verdict on one table, from its books and from what the target holds.
#ifndef TRANSLOAD_VERIFY_JUDGE_H_
#define TRANSLOAD_VERIFY_JUDGE_H_

#include "core/options.h"
#include "verify/accounts.h"
#include "verify/table_verdict.h"
#include "verify/target_sums.h"

namespace transload {

// `target` is what was read back, or null when nothing was. A contradiction, in the books or with
// the target, is a mismatch; a table is a match only when every check was made and agreed; all else
// is not verified, with the reason.
TableVerdict Judge(const TableAccount& account, VerifyLevel level, const TargetSum* target);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_JUDGE_H_
