// Feeds one cell of arbitrary bytes to an encoder; what comes out must be readable again.
#ifndef TRANSLOAD_TESTS_FUZZ_ONE_CELL_H_
#define TRANSLOAD_TESTS_FUZZ_ONE_CELL_H_

#include <cstdlib>
#include <string_view>

#include "core/row_batch.h"
#include "transform/canonical.h"
#include "transform/render.h"
#include "transform/row_encoder.h"

namespace transload {

class OneCell {
 public:
  OneCell(CellFormat format, std::string_view target, std::string_view policy_name = {},
          std::string_view policy_value = {})
      : target_(Target(target)),
        encoder_({Column(format, policy_name, policy_value)}, {target_}, 1),
        canonicaliser_({target_}, 1) {}

  void Try(std::string_view cell) const {
    RowBatch batch;
    batch.BeginRow();
    batch.AppendCell(cell);
    CopyBlock block;
    encoder_.Encode(batch, block, true);
    if (block.rows + block.faults.size() != 1) std::abort();
    if (block.rows == 0) return;
    const std::string_view fields = block.bytes.view().substr(2);
    CellCursor cursor(fields);
    const Cell field = cursor.Next();
    if (!cursor.done()) std::abort();
    if (!field.null) (void)RenderField(field.view(), target_.type);
    // The tuple as encoded hashes as the tuple read back.
    RowChecksum again;
    ByteBuffer scratch;
    canonicaliser_.AddRow(fields, again, scratch);
    if (!(again == block.checksum)) std::abort();
  }

 private:
  static TargetColumn Target(std::string_view sql) {
    TargetColumn target;
    target.type = ParsePgType(sql);
    return target;
  }
  static ColumnPlan Column(CellFormat format, std::string_view name, std::string_view value) {
    ColumnPlan column;
    column.source.format = format;
    if (!name.empty()) SetPolicy(column.policies, name, value);
    return column;
  }

  TargetColumn target_;
  RowEncoder encoder_;
  RowCanonicaliser canonicaliser_;
};

}  // namespace transload

#endif  // TRANSLOAD_TESTS_FUZZ_ONE_CELL_H_
