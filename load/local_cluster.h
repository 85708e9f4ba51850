// A private PostgreSQL cluster in a folder: what a target URL "local:DIR" stands for.
//
// DIR holds the cluster (DIR/data), its log (DIR/server.log) and a note about it
// (DIR/transload-local). It listens on a unix socket only, lets in its owner (and root, who started
// it for the owner) by the name the kernel vouches for, and never opens a TCP port. Root cannot run
// a PostgreSQL server: for root the cluster belongs to the user postgres, else to nobody.
#ifndef TRANSLOAD_LOAD_LOCAL_CLUSTER_H_
#define TRANSLOAD_LOAD_LOCAL_CLUSTER_H_

#include <string>

namespace transload {

class LocalCluster {
 public:
  // `folder` as in local:DIR, relative or absolute. `pg_bin` is --pg-bin, or empty: then the newest
  // of /usr/lib/postgresql/*/bin, then PATH.

  // Makes the cluster when there is none, starts it when it is stopped, and returns its URL. A
  // folder that holds anything else is refused.
  static std::string EnsureStarted(const std::string& folder, const std::string& pg_bin = {});
  // Stops it, open transactions rolled back; false when it was not running. Refused when there is
  // no cluster.
  static bool Stop(const std::string& folder);
  // postgresql://user@/transload?host=... of a cluster that exists; refused when there is none.
  static std::string Url(const std::string& folder);

 private:
  LocalCluster(const std::string& folder, std::string pg_bin);

  struct Note {
    std::string user;    // whose cluster it is
    std::string socket;  // the folder of its socket
    std::string bin;     // the server programs it was made with
  };

  bool Exists() const;
  void RequireExists() const;
  bool Running(const Note& note) const;
  std::string UrlOf(const Note& note) const;
  Note ReadNote() const;
  void WriteNote(const Note& note) const;
  void RefuseForeignFolder() const;
  void Initialise();
  void WriteSettings(const Note& note) const;
  void Start(const Note& note) const;
  void CreateDatabase(const Note& note) const;
  std::string Data() const { return folder_ + "/data"; }

  std::string folder_;  // absolute
  std::string pg_bin_;
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_LOCAL_CLUSTER_H_
