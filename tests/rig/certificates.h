// TLS certificates of one test process, made by the openssl program when first asked for.
#ifndef TRANSLOAD_TESTS_RIG_CERTIFICATES_H_
#define TRANSLOAD_TESTS_RIG_CERTIFICATES_H_

#include <string>

#include "tests/rig/server.h"

namespace transload::rig {

const TlsFiles& ClientTlsFiles();

struct ServerTlsFiles {
  std::string ca;
  std::string cert;
  std::string key;
};
// Puts a server's files into `folder`, readable by the server's account. The certificate is for
// `name` alone, or for localhost and 127.0.0.1 when that is empty.
ServerTlsFiles MakeServerTlsFiles(const std::string& folder, const std::string& name);

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_CERTIFICATES_H_
