// A folder of one test, removed with everything in it.
//
// Names are short ("/tmp/tl-Ab3dEf"), because a unix socket's path may hold 107 bytes only. Folders
// of test processes that were killed are swept by the next process that asks for one.
#ifndef TRANSLOAD_TESTS_RIG_TEMPORARY_DIR_H_
#define TRANSLOAD_TESTS_RIG_TEMPORARY_DIR_H_

#include <filesystem>
#include <string>

namespace transload::rig {

class TemporaryDir {
 public:
  TemporaryDir();
  ~TemporaryDir();
  TemporaryDir(TemporaryDir&& other) noexcept;
  TemporaryDir& operator=(TemporaryDir&& other) noexcept;
  TemporaryDir(const TemporaryDir&) = delete;
  TemporaryDir& operator=(const TemporaryDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // A path inside, as a string: dir / "file".
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  void Remove();

  std::filesystem::path path_;
  int lock_fd_ = -1;  // held while the folder is in use: tells the sweeper to leave it alone
};

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_TEMPORARY_DIR_H_
