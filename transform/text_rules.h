// What becomes of text on its way to PostgreSQL, by a column's policies and decoding.
#ifndef TRANSLOAD_TRANSFORM_TEXT_RULES_H_
#define TRANSLOAD_TRANSFORM_TEXT_RULES_H_

#include <string>
#include <string_view>

#include "core/plan.h"
#include "core/utf8.h"
#include "transform/encode_context.h"

namespace transload {

class TextRules {
 public:
  explicit TextRules(const ColumnPlan& column);

  // Makes `text` acceptable to PostgreSQL, in place when it already is and else in context.text.
  // False (with the fault said) when no policy allows a change.
  bool Clean(EncodeContext& context, std::string_view& text) const {
    if (latin1_is_utf8_) UndoDoubleEncoding(context, text);
    const std::size_t bad = FindBadText(text);
    return bad == text.size() || Repair(context, text, bad);
  }
  // Whether text stays as it is where FindBadText finds nothing.
  bool KeepsGoodText() const { return !latin1_is_utf8_; }

 private:
  bool Repair(EncodeContext& context, std::string_view& text, std::size_t bad) const;
  void UndoDoubleEncoding(EncodeContext& context, std::string_view& text) const;

  NulByte nul_byte_;
  BadUtf8 bad_utf8_;
  std::string nul_replacement_;  // UTF-8
  std::string replace_rule_;     // "nul_byte=replace:U+2400"
  std::string charset_;          // the source's
  bool latin1_is_utf8_;
};

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_TEXT_RULES_H_
