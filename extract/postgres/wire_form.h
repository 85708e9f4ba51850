// Whether a column's values may cross in their binary form.
//
// Binary is the rule: send and receive functions read one another from PostgreSQL 10 to 18. Text
// goes what has no such pair, what names catalogue rows by number, which in another cluster are
// others (regclass and its kin), and what holds such numbers inside (composite types, and arrays
// and domains of them).
#ifndef TRANSLOAD_EXTRACT_POSTGRES_WIRE_FORM_H_
#define TRANSLOAD_EXTRACT_POSTGRES_WIRE_FORM_H_

#include <string>

#include "core/cell.h"

namespace transload::postgres {

// A column's type after domains and arrays have been followed down to what is stored.
struct StoredType {
  std::string schema;
  std::string name;
  char kind = 'b';         // pg_type.typtype: b base, e enum, c composite, r range, m multirange
  bool has_binary = true;  // both a send and a receive function
};

CellFormat WireForm(const StoredType& type);
// What a user should know of columns of this type: values that mean nothing in another cluster.
std::string WireNote(const StoredType& type);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_WIRE_FORM_H_
