// The verdict on one table, from its books and from what the target holds.
#ifndef TRANSLOAD_VERIFY_JUDGE_H_
#define TRANSLOAD_VERIFY_JUDGE_H_

#include <cstdint>
#include <string>

#include "core/options.h"
#include "verify/accounts.h"
#include "verify/table_verdict.h"
#include "verify/target_sums.h"

namespace transload {

// How a target differs that should hold so many rows, and whose checksum is another.
std::string WhyOther(std::uint64_t written, std::uint64_t target_rows);

// `target` is what was read back, or null when nothing was. A contradiction, in the books or with
// the target, is a mismatch; a table is a match only when every check was made and agreed; all else
// is not verified, with the reason.
TableVerdict Judge(const TableAccount& account, VerifyLevel level, const TargetSum* target);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_JUDGE_H_
