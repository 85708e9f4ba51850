// Where a table is cut: along a key of integers, and where the system is known of text and UUIDs.
#ifndef TRANSLOAD_EXTRACT_ODBC_SPLIT_H_
#define TRANSLOAD_EXTRACT_ODBC_SPLIT_H_

#include <string>
#include <vector>

#include "core/source_schema.h"
#include "extract/odbc/handle.h"
#include "extract/odbc/reading_context.h"
#include "extract/source.h"

namespace transload::odbc {

// The columns of the key to cut along, none if there is no such: primary first, else unique and not
// nullable.
std::vector<std::string> ChooseKey(const SourceTable& table, const DbmsTraits& traits);
// Columns of such keys whose values stand in quotes.
void FindQuotedColumns(const SourceCatalogue& catalogue, ReadingContext& context);
// Bytes of a row, guessed from the columns' types.
std::uint64_t GuessRowBytes(const SourceTable& table);

// The syntax for "one row after so many" that the source understands, by trying; empty for none.
std::string FindOneRowAfter(Connection& connection, const DbmsTraits& traits, const Naming& naming,
                            const SourceTable& table, const std::string& column);

SplitPlan PlanSplit(Connection& connection, ReadingContext& context, const SourceTable& table,
                    const std::string& where, std::uint64_t partition_bytes);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_SPLIT_H_
