#include "tests/rig/certificates.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "tests/rig/process.h"
#include "tests/rig/temporary_dir.h"

namespace transload::rig {
namespace {

void OpenSsl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  RunToEnd({.argv = arguments, .as_server_account = false});
}

// A self-signed authority: NAME.pem and NAME.key in the folder.
void MakeAuthority(const TemporaryDir& dir, const std::string& name) {
  OpenSsl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj",
           "/CN=transload test " + name, "-keyout", dir / (name + ".key"), "-out",
           dir / (name + ".pem")});
}

void Sign(const TemporaryDir& authority, const std::string& common_name,
          const std::string& alternative_names, const std::string& key, const std::string& cert) {
  const std::string request = cert + ".csr";
  const std::string extensions = cert + ".ext";
  OpenSsl({"req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + common_name, "-keyout", key,
           "-out", request});
  std::ofstream(extensions) << "basicConstraints=CA:FALSE\n"
                            << (alternative_names.empty()
                                    ? std::string()
                                    : "subjectAltName=" + alternative_names + "\n");
  OpenSsl({"x509", "-req", "-in", request, "-CA", authority / "ca.pem", "-CAkey",
           authority / "ca.key", "-CAcreateserial", "-days", "3650", "-extfile", extensions, "-out",
           cert});
  ::chmod(key.c_str(), 0600);
}

const TemporaryDir& AuthorityDir() {
  static const TemporaryDir dir = [] {
    TemporaryDir made;
    MakeAuthority(made, "ca");
    MakeAuthority(made, "other_ca");
    Sign(made, "transload_client", "", made / "client.key", made / "client.pem");
    return made;
  }();
  return dir;
}

}  // namespace

const TlsFiles& ClientTlsFiles() {
  const TemporaryDir& dir = AuthorityDir();
  static const TlsFiles files = {dir / "ca.pem", dir / "other_ca.pem", dir / "client.pem",
                                 dir / "client.key"};
  return files;
}

ServerTlsFiles MakeServerTlsFiles(const std::string& folder, const std::string& name) {
  const TemporaryDir& authority = AuthorityDir();
  const ServerTlsFiles files = {folder + "/ca.pem", folder + "/server.pem", folder + "/server.key"};
  std::filesystem::copy_file(authority / "ca.pem", files.ca);
  Sign(authority, name.empty() ? "localhost" : name,
       name.empty() ? "DNS:localhost,IP:127.0.0.1" : "DNS:" + name, files.key, files.cert);
  const Account& account = ServerAccount();
  if (::chown(files.key.c_str(), account.uid, account.gid) != 0) {
    throw std::runtime_error("cannot give " + files.key + " to the server's account");
  }
  return files;
}

}  // namespace transload::rig
