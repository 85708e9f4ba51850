// A rejected row as it is kept in the ledger and exported to rejects.jsonl.zst: readable, and whole
// enough to be loaded later.
#ifndef TRANSLOAD_PIPELINE_REJECTED_ROW_H_
#define TRANSLOAD_PIPELINE_REJECTED_ROW_H_

#include <string>

#include "pipeline/partition_move.h"
#include "transform/bound_table.h"

namespace transload {

// {"value": "...", "columns": {"id": "17", ...}, "cells_zstd": "<hex>"}
//
// "columns" shows each value as a person reads it, cut when it is long; "cells_zstd" is the row's
// framed cells (core/row_batch.h), compressed: every byte of it, binary or not.
std::string RejectedRowJson(const BadRow& row, const BoundTable& table);
// The framed cells again.
std::string RejectedCells(const std::string& row_json);
// What the row is known by when it is read from the source again.
std::string IdentifyRejected(const std::string& row_json, const BoundTable& table);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_REJECTED_ROW_H_
