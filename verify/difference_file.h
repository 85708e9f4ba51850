// differences.jsonl.zst in the report's folder: one JSON object per row that differs.
//
//   {"table": "shop.orders", "kind": "value", "key": "id=17",
//    "columns": [{"column": "note", "source": "a", "target": "b"}]}
#ifndef TRANSLOAD_VERIFY_DIFFERENCE_FILE_H_
#define TRANSLOAD_VERIFY_DIFFERENCE_FILE_H_

#include <memory>
#include <string>

#include "verify/table_verdict.h"

namespace transload {

// The file is made, readable by its owner only, when the first difference is written. One thread.
class DifferenceFile {
 public:
  static constexpr const char* kName = "differences.jsonl.zst";

  explicit DifferenceFile(const std::string& report_dir);
  ~DifferenceFile();  // leaves an unfinished frame behind unless Finish() was called
  DifferenceFile(DifferenceFile&&) noexcept;
  DifferenceFile& operator=(DifferenceFile&&) noexcept;

  void Write(const std::string& table, const RowDifference& difference);
  // From here on rows are put aside, until they are kept or dropped.
  void Hold();
  void Keep();
  void Drop();
  // Keeps what is put aside, and ends the frame. Harmless when nothing was written.
  void Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_DIFFERENCE_FILE_H_
