// Reads COLUMN_TYPE of the catalogue: "bigint(20) unsigned zerofill", "enum('a,b','it''s')".
//
// Members of enum and set may hold anything, commas, parentheses and quotes too, so this is a
// tokenizer and not a search for separators. Comments such as /*!100301 COMPRESSED*/ are skipped,
// except that the SRID in /*!80003 SRID 4326 */ is taken.
#ifndef TRANSLOAD_EXTRACT_MYSQL_COLUMN_TYPE_H_
#define TRANSLOAD_EXTRACT_MYSQL_COLUMN_TYPE_H_

#include <string_view>

#include "core/source_schema.h"

namespace transload::mysql {

// Fills type, full_type, is_unsigned, zerofill, length, precision, scale, labels, srid.
void ParseColumnType(std::string_view column_type, SourceColumn& column);

// How the column's values arrive over the binary protocol. Needs what ParseColumnType fills, and
// the character set: empty means binary.
CellFormat WireFormat(const SourceColumn& column);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_COLUMN_TYPE_H_
