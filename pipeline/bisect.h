// Finds the rows that the target refuses, a constraint of a table that was there before, a trigger
// or a domain, by halving what is sent.
#ifndef TRANSLOAD_PIPELINE_BISECT_H_
#define TRANSLOAD_PIPELINE_BISECT_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/copy_block.h"
#include "core/error.h"

namespace transload {

struct RefusedTuple {
  std::size_t tuple = 0;  // in the block, from 0
  Error error;            // what the target said of it
};

// What an error says of a row, without where in the COPY the row stood, which counts from a point
// that no reader knows.
std::string WithoutLine(const Error& error);
// The same as a reject's reason.
std::string RefusalReason(const Error& error);

// Whether an error is about a row's values: another row of the same table may be taken.
bool IsAboutARow(const Error& error);

// Sends the tuples of a block, which must have its row_starts, so that as many as possible arrive,
// in their order. `send` writes tuples all or none; it returns why the target refused them, and
// throws what is not about a row. Returns the refused ones. A lone refused tuple among n costs
// about 2 log2(n) calls.
using SendTuples = std::function<std::optional<Error>(std::string_view tuples)>;
std::vector<RefusedTuple> SendBisecting(const CopyBlock& block, const SendTuples& send);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_BISECT_H_
