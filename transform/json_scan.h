// JSON as PostgreSQL's json and jsonb accept it, and the canonical form of a document.
//
// Canonical form of a document, by value:
//   null 'n', true 't', false 'f'
//   string  's', int32 length, UTF-8 bytes without escapes
//   number  'd', the payload of a binary NUMERIC with dscale 0
//   array   '[', its elements, ']'
//   object  '{', per member the key as a string and the value, '}'; members ordered as jsonb does
//           (length of the key in bytes, then bytes), of equal keys the last one
#ifndef TRANSLOAD_TRANSFORM_JSON_SCAN_H_
#define TRANSLOAD_TRANSFORM_JSON_SCAN_H_

#include <string>
#include <string_view>

#include "core/row_batch.h"

namespace transload {

struct JsonFindings {
  bool duplicate_keys = false;
  bool negative_zero = false;
  std::string why;  // what makes it no document, when Scan… returned false
};

// Is this a document for `json`: the grammar only? \u0000, lone surrogates and any number pass.
bool ScanJson(std::string_view text, JsonFindings& findings);

// Is this a document for `jsonb`? Appends its canonical form to `canonical`; when false is returned
// what was appended is void.
bool ScanJsonb(std::string_view text, ByteBuffer& canonical, JsonFindings& findings);

// The document without its \u0000 escapes. Replaces `out`.
void StripNulEscapes(std::string_view text, std::string& out);

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_JSON_SCAN_H_
