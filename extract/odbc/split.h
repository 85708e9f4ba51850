// Where a table is cut: along a single integer column that no two rows share.
#ifndef TRANSLOAD_EXTRACT_ODBC_SPLIT_H_
#define TRANSLOAD_EXTRACT_ODBC_SPLIT_H_

#include <optional>
#include <string>

#include "core/source_schema.h"
#include "extract/odbc/handle.h"
#include "extract/odbc/row_reader.h"
#include "extract/source.h"

namespace transload::odbc {

// The key to cut along, if there is one: primary first, else unique and not nullable.
std::optional<std::string> ChooseKey(const SourceTable& table);
// Bytes of a row, guessed from the columns' types.
std::uint64_t GuessRowBytes(const SourceTable& table);

// The syntax for "one row after so many" that the source understands, by trying; empty for none.
std::string FindOneRowAfter(Connection& connection, const DbmsTraits& traits, const Naming& naming,
                            const SourceTable& table, const std::string& key);

SplitPlan PlanSplit(Connection& connection, ReadingContext& context, const SourceTable& table,
                    const std::string& where, std::uint64_t partition_bytes);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_SPLIT_H_
