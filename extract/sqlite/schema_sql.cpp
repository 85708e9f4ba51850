#include "extract/sqlite/schema_sql.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/ascii.h"
#include "extract/sqlite/sql_tokens.h"

namespace transload::sqlite {
namespace {

using Tokens = std::span<const SqlToken>;

// The text from the first to the last of some neighbouring tokens, with what stood between them.
std::string TextOf(Tokens tokens) {
  if (tokens.empty()) return {};
  const char* start = tokens.front().raw.data();
  const std::string_view last = tokens.back().raw;
  return {start, static_cast<std::size_t>(last.data() + last.size() - start)};
}

// Index of the parenthesis that closes the one at `open`, or the number of tokens.
std::size_t Closing(Tokens tokens, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    if (tokens[i].IsSymbol("(")) ++depth;
    if (tokens[i].IsSymbol(")") && --depth == 0) return i;
  }
  return tokens.size();
}

// What stands between the parentheses that open at `open`.
Tokens Inside(Tokens tokens, std::size_t open) {
  if (open >= tokens.size() || !tokens[open].IsSymbol("(")) return {};
  return tokens.subspan(open + 1, Closing(tokens, open) - open - 1);
}

// Cuts at the commas that stand in no parentheses.
std::vector<Tokens> CutAtCommas(Tokens tokens) {
  std::vector<Tokens> items;
  std::size_t start = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].IsSymbol("(")) i = std::min(Closing(tokens, i), tokens.size() - 1);
    if (tokens[i].IsSymbol(",")) {
      items.push_back(tokens.subspan(start, i - start));
      start = i + 1;
    }
  }
  if (start < tokens.size()) items.push_back(tokens.subspan(start));
  return items;
}

std::size_t FindSymbol(Tokens tokens, std::string_view symbol) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].IsSymbol(symbol)) return i;
  }
  return tokens.size();
}

bool StartsTableConstraint(const SqlToken& token) {
  return token.Is("CONSTRAINT") || token.Is("PRIMARY") || token.Is("UNIQUE") || token.Is("CHECK") ||
         token.Is("FOREIGN");
}

// The names in "(a, b COLLATE NOCASE DESC)".
std::vector<std::string> FirstNames(Tokens inside) {
  std::vector<std::string> names;
  for (const Tokens& item : CutAtCommas(inside)) {
    if (!item.empty()) names.push_back(item.front().value);
  }
  return names;
}

// Walks one column definition or a row of table constraints (SQLite does not ask for commas between
// those), left to right.
class ItemParser {
 public:
  ItemParser(TableSql& table, Tokens item) : table_(table), item_(item) {}

  void Parse() {
    if (item_.empty()) return;
    if (!StartsTableConstraint(item_.front())) {
      TableSql::Column& column = table_.columns.emplace_back();
      column.name = item_.front().value;
      column_ = &column;
      at_ = 1;
    }
    for (; at_ < item_.size(); ++at_) Take();
  }

 private:
  const SqlToken* Peek(std::size_t offset) const {
    return at_ + offset < item_.size() ? &item_[at_ + offset] : nullptr;
  }
  bool PeekIs(std::size_t offset, std::string_view word) const {
    const SqlToken* token = Peek(offset);
    return token != nullptr && token->Is(word);
  }
  void SkipParentheses(std::size_t offset) {
    const SqlToken* token = Peek(offset);
    if (token != nullptr && token->IsSymbol("(")) {
      at_ = std::min(Closing(item_, at_ + offset), item_.size() - 1);
    }
  }

  void Take() {
    const SqlToken& token = item_[at_];
    if (token.IsSymbol("(")) {
      SkipParentheses(0);
    } else if (token.Is("CONSTRAINT") && Peek(1) != nullptr) {
      constraint_ = Peek(1)->value;
      ++at_;
    } else if (token.Is("CHECK")) {
      table_.checks.push_back({TakeName(), TextOf(Inside(item_, at_ + 1))});
      SkipParentheses(1);
    } else if (token.Is("DEFAULT") && !(at_ > 0 && item_[at_ - 1].Is("SET"))) {
      ++at_;  // a word here is a value, whatever it looks like
      SkipParentheses(0);
    } else if (token.Is("PRIMARY") || token.Is("UNIQUE")) {
      TakeKey(token.Is("PRIMARY"));
    } else if (token.Is("FOREIGN")) {
      SkipParentheses(2);
    } else if (token.Is("REFERENCES")) {
      table_.foreign_keys.push_back({TakeName(), false, false});
    } else if (token.Is("DEFERRABLE")) {
      TakeDeferrable();
    } else if (column_ != nullptr) {
      TakeColumnWord(token);
    }
  }

  void TakeKey(bool primary) {
    TableSql::Key key{TakeName(), primary, {}};
    if (primary) ++at_;  // KEY
    if (Peek(1) != nullptr && Peek(1)->IsSymbol("(")) {
      key.columns = FirstNames(Inside(item_, at_ + 1));
      SkipParentheses(1);
    } else if (column_ != nullptr) {
      key.columns = {column_->name};
    }
    table_.keys.push_back(std::move(key));
  }

  void TakeDeferrable() {
    if (table_.foreign_keys.empty()) return;
    const bool negated = at_ > 0 && item_[at_ - 1].Is("NOT");
    TableSql::ForeignKey& key = table_.foreign_keys.back();
    key.deferrable = !negated;
    key.initially_deferred = !negated && PeekIs(1, "INITIALLY") && PeekIs(2, "DEFERRED");
  }

  void TakeColumnWord(const SqlToken& token) {
    if (token.Is("COLLATE") && Peek(1) != nullptr) {
      column_->collation = Peek(1)->value;
      ++at_;
    } else if (token.Is("AS")) {
      column_->generation_expression = TextOf(Inside(item_, at_ + 1));
      SkipParentheses(1);
    }
  }

  std::string TakeName() { return std::exchange(constraint_, {}); }

  TableSql& table_;
  Tokens item_;
  std::size_t at_ = 0;
  TableSql::Column* column_ = nullptr;
  std::string constraint_;
};

// A part of an index without a trailing ASC, DESC and COLLATE name.
Tokens Trimmed(Tokens part) {
  if (!part.empty() && (part.back().Is("ASC") || part.back().Is("DESC"))) {
    part = part.first(part.size() - 1);
  }
  if (part.size() > 2 && part[part.size() - 2].Is("COLLATE")) part = part.first(part.size() - 2);
  return part;
}

}  // namespace

const TableSql::Column* TableSql::FindColumn(std::string_view name) const {
  for (const Column& column : columns) {
    if (EqualIgnoringCase(column.name, name)) return &column;
  }
  return nullptr;
}

TableSql ParseTableSql(std::string_view sql) {
  TableSql table;
  const std::vector<SqlToken> tokens = CutTokens(sql);
  const std::size_t open = FindSymbol(tokens, "(");
  for (const Tokens& item : CutAtCommas(Inside(tokens, open))) ItemParser(table, item).Parse();
  return table;
}

IndexSql ParseIndexSql(std::string_view sql) {
  IndexSql index;
  const std::vector<SqlToken> all = CutTokens(sql);
  const Tokens tokens(all);
  const std::size_t open = FindSymbol(tokens, "(");
  if (open == tokens.size()) return index;
  for (const Tokens& part : CutAtCommas(Inside(tokens, open))) {
    index.parts.push_back(TextOf(Trimmed(part)));
  }
  const std::size_t after = Closing(tokens, open) + 1;
  if (after < tokens.size() && tokens[after].Is("WHERE")) {
    index.predicate = TextOf(tokens.subspan(after + 1));
  }
  return index;
}

}  // namespace transload::sqlite
