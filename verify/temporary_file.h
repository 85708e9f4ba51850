// A file without a name in the folder for temporary files: gone when it is closed, however the
// process ends. Only its owner can open it while it is there.
#ifndef TRANSLOAD_VERIFY_TEMPORARY_FILE_H_
#define TRANSLOAD_VERIFY_TEMPORARY_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace transload {

// One thread.
class TemporaryFile {
 public:
  TemporaryFile() = default;  // made by the first Append
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  // Returns where the bytes begin.
  std::uint64_t Append(std::string_view bytes);
  void Read(std::uint64_t at, std::size_t bytes, std::string& into) const;
  std::uint64_t size() const { return size_; }

 private:
  void Make();

  std::string folder_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_TEMPORARY_FILE_H_
