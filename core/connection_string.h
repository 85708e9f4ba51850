// Connection strings of name and value pairs: ODBC's "DSN=x;UID=y", libpq's "host=x user=y".
#ifndef TRANSLOAD_CORE_CONNECTION_STRING_H_
#define TRANSLOAD_CORE_CONNECTION_STRING_H_

#include <string_view>

#include "core/url.h"
#include "core/url_text.h"

namespace transload {

// Both fill `url` with what they find, every pair among its parameters, and hide the secrets'
// bytes. Throw usage errors for what is no connection string.
void ReadOdbc(std::string_view text, Url& url, url_text::Redactor& redactor);
void ReadKeywords(std::string_view text, Url& url, url_text::Redactor& redactor);

}  // namespace transload

#endif  // TRANSLOAD_CORE_CONNECTION_STRING_H_
