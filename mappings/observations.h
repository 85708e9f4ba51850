// What a scan's counts say about a column as a whole: the words that a rule's `observed` uses.
//
//   empty            no value but NULL (every other word but finite's opposites holds too)
//   integer          only INTEGER values
//   int2, int4       all of the integers fit a smallint, an integer
//   integral         INTEGER values, and REAL values that are whole numbers within 2^53
//   number           INTEGER and REAL values
//   exact_in_double  no INTEGER beyond 2^53, or no REAL beside it
//   finite           no infinity
//   declared_digits  no more digits before and after the point than the declared type has
//   boolean          0, 1, and words that mean true or false
//   text, blob       only TEXT, only BLOB values
//   text_like        TEXT values, and BLOB values that are UTF-8 without U+0000
//   text_or_blob     TEXT and BLOB values
//   date, datetime, datetime_zone, time   only texts of that form (no more than 6 digits of a
//                    second are looked at: ts_excess decides about the rest)
//   uuid             texts of 36 characters, and BLOB values of 16 bytes
//   json, jsonb      only texts that json, that jsonb takes
//   unix_seconds, unix_millis, unix_micros   only integers that may be such a time
//   julian           only REAL values that may be a Julian day
#ifndef TRANSLOAD_MAPPINGS_OBSERVATIONS_H_
#define TRANSLOAD_MAPPINGS_OBSERVATIONS_H_

#include <set>
#include <string>

#include "core/source_facts.h"
#include "core/source_schema.h"

namespace transload {

// None for facts that are not known.
std::set<std::string> Observations(const ColumnFacts& facts, const SourceColumn& column);

// One finding's count; 0 when it is missing.
std::uint64_t Count(const ColumnFacts& facts, const std::string& finding);

// Whether every value lies in a rule's range: numbers as numbers, [-]h:mm:ss[.f] as times. Columns
// without any value do.
bool WithinRange(const ColumnFacts& facts, const std::string& lowest, const std::string& highest);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_OBSERVATIONS_H_
