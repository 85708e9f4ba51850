#include "mappings/sql_expression.h"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <utility>

#include "core/ascii.h"
#include "mappings/sql_tokens.h"
#include "mappings/tsql_rewrite.h"

namespace transload {
namespace {

using Kind = SqlNode::Kind;
using Token = SqlToken::Kind;

constexpr int kMaxDepth = 200;  // of nested parentheses: the parser recurses

SqlNode Node(Kind kind, std::string text = {}, std::vector<SqlNode> args = {}) {
  SqlNode node;
  node.kind = kind;
  node.text = std::move(text);
  node.args = std::move(args);
  return node;
}

// Recursive descent. A failure is kept in why_ and moves to the end, where every rule stops.
class Parser {
 public:
  Parser(std::vector<SqlToken> tokens, SqlDialect dialect)
      : tokens_(std::move(tokens)), dialect_(dialect) {}

  ParsedSql Run() {
    ParsedSql out;
    out.node = Or();
    if (Now().kind != Token::kEnd) Fail(fmt::format("'{}' is not expected", Now().text));
    out.why = why_;
    return out;
  }

 private:
  const SqlToken& Now() const { return tokens_[at_]; }
  const SqlToken& Ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool IsWord(std::string_view word) const {
    return Now().kind == Token::kWord && Now().upper == word;
  }
  bool IsOp(std::string_view op) const {
    return Now().kind == Token::kOperator && Now().text == op;
  }
  bool TakeWord(std::string_view word) { return IsWord(word) ? Advance() : false; }
  bool TakeOp(std::string_view op) { return IsOp(op) ? Advance() : false; }
  bool Advance() {
    if (at_ + 1 < tokens_.size()) ++at_;
    return true;
  }
  void Fail(const std::string& why) {
    if (why_.empty()) why_ = why.empty() ? "it is not understood" : why;
    at_ = tokens_.size() - 1;
  }
  void WantOp(std::string_view op) {
    if (!TakeOp(op)) Fail(fmt::format("'{}' is missing", op));
  }
  void WantWord(std::string_view word) {
    if (!TakeWord(word)) Fail(fmt::format("{} is missing", word));
  }
  bool mysql() const { return dialect_ == SqlDialect::kMySql; }

  SqlNode Join(const char* op, SqlNode left, SqlNode right) {
    return Node(Kind::kBinary, op, {std::move(left), std::move(right)});
  }

  // Rows compare value by value, the first ones first.
  SqlNode Compare(const std::string& op, SqlNode left, SqlNode right) {
    const bool rows = left.kind == Kind::kRow && right.kind == Kind::kRow;
    if (!rows) return Join(op.c_str(), std::move(left), std::move(right));
    if (left.args.size() != right.args.size()) {
      Fail("rows of different length are compared");
      return left;
    }
    // A row within a row stays one, and is refused.
    const bool equality = op == "=" || op == "<=>" || op == "<>";
    const std::string strict = equality ? op : op.substr(0, 1);  // of all but the last values
    SqlNode out = Join(op.c_str(), left.args.back(), right.args.back());
    for (std::size_t i = left.args.size() - 1; i-- > 0;) {
      if (!equality) {
        out = Join("AND", Join("=", left.args[i], right.args[i]), std::move(out));
      }
      SqlNode first = Join(strict.c_str(), left.args[i], right.args[i]);
      out = Join(op == "=" || op == "<=>" ? "AND" : "OR", std::move(first), std::move(out));
    }
    return out;
  }

  // (a, b) IN ((1, 2), (3, 4)): one of the rows.
  SqlNode InRows(const SqlNode& in) {
    SqlNode out;
    for (std::size_t i = 1; i < in.args.size(); ++i) {
      SqlNode same = Compare("=", in.args[0], in.args[i]);
      out = i == 1 ? std::move(same) : Join("OR", std::move(out), std::move(same));
    }
    return in.negated ? Node(Kind::kUnary, "NOT", {std::move(out)}) : out;
  }

  SqlNode Or() {
    if (++depth_ > kMaxDepth) Fail("it is nested too deeply");
    SqlNode left = Xor();
    while (TakeWord("OR") || (mysql() && TakeOp("||"))) left = Join("OR", std::move(left), Xor());
    --depth_;
    return left;
  }
  SqlNode Xor() {
    SqlNode left = And();
    while (mysql() && TakeWord("XOR")) left = Join("XOR", std::move(left), And());
    return left;
  }
  SqlNode And() {
    SqlNode left = Not();
    while (TakeWord("AND") || (mysql() && TakeOp("&&"))) left = Join("AND", std::move(left), Not());
    return left;
  }
  SqlNode Not() {
    if (!TakeWord("NOT")) return Predicate();
    if (++depth_ > kMaxDepth) Fail("it is nested too deeply");
    SqlNode node = Node(Kind::kUnary, "NOT", {Not()});
    --depth_;
    return node;
  }

  SqlNode Predicate() {
    SqlNode left = Bits();
    for (;;) {
      constexpr std::array<std::pair<const char*, const char*>, 9> kCompare = {{{"=", "="},
                                                                                {"==", "="},
                                                                                {"<=>", "<=>"},
                                                                                {"<>", "<>"},
                                                                                {"!=", "<>"},
                                                                                {"<=", "<="},
                                                                                {">=", ">="},
                                                                                {"<", "<"},
                                                                                {">", ">"}}};
      bool found = false;
      for (const auto& [written, common] : kCompare) {
        if (found || !TakeOp(written)) continue;
        left = Compare(common, std::move(left), Bits());
        found = true;
      }
      if (found) continue;
      if (IsWord("IS")) {
        left = Is(std::move(left));
      } else if (IsWord("NOT") || IsWord("BETWEEN") || IsWord("IN") || IsWord("LIKE") ||
                 IsWord("REGEXP") || IsWord("RLIKE") || IsWord("ISNULL") || IsWord("NOTNULL")) {
        left = WordPredicate(std::move(left));
      } else {
        return left;
      }
    }
  }

  SqlNode Is(SqlNode value) {
    Advance();
    const bool negated = TakeWord("NOT");
    SqlNode node = Node(Kind::kIs, Now().upper, {std::move(value)});
    node.negated = negated;
    if (TakeWord("NULL") || TakeWord("TRUE") || TakeWord("FALSE")) return node;
    // SQLite's IS compares any two values, NULLs too.
    if (mysql()) Fail("IS wants NULL, TRUE or FALSE");
    SqlNode same = Compare("<=>", std::move(node.args.front()), Bits());
    return negated ? Node(Kind::kUnary, "NOT", {std::move(same)}) : same;
  }

  SqlNode WordPredicate(SqlNode value) {
    SqlNode node;
    if (IsWord("ISNULL") || IsWord("NOTNULL")) {
      node = Node(Kind::kIs, "NULL", {std::move(value)});
      node.negated = IsWord("NOTNULL");
      Advance();
      return node;
    }
    const bool negated = TakeWord("NOT");
    if (TakeWord("BETWEEN")) {
      SqlNode low = Bits();
      WantWord("AND");
      SqlNode high = Bits();
      node = Node(Kind::kBetween, "", {std::move(value), std::move(low), std::move(high)});
    } else if (TakeWord("IN")) {
      node = Node(Kind::kIn, "", {std::move(value)});
      WantOp("(");
      do {
        node.args.push_back(Or());
      } while (TakeOp(","));
      WantOp(")");
    } else if (TakeWord("LIKE")) {
      node = Node(Kind::kLike, "", {std::move(value), Bits()});
      if (TakeWord("ESCAPE")) node.args.push_back(Bits());
    } else if (TakeWord("REGEXP") || TakeWord("RLIKE")) {
      node = Node(Kind::kRegexp, "", {std::move(value), Bits()});
    } else if (negated && TakeWord("NULL")) {
      node = Node(Kind::kIs, "NULL", {std::move(value)});
    } else {
      Fail("NOT stands where it is not expected");
    }
    node.negated = negated;
    return node.kind == Kind::kIn && node.args[0].kind == Kind::kRow ? InRows(node) : node;
  }

  // One level of left-associative binary operators; MySQL spells two of them as words.
  template <typename Next>
  SqlNode Chain(std::initializer_list<const char*> ops, Next next) {
    SqlNode left = next();
    for (bool found = true; found;) {
      found = false;
      for (const char* op : ops) {
        if (found || !(TakeOp(op) || TakeWord(op))) continue;
        left = Join(op, std::move(left), next());
        found = true;
      }
    }
    return left;
  }
  SqlNode Bits() {
    return Chain({"&", "|", "<<", ">>"}, [this] { return Sum(); });
  }
  SqlNode Sum() {
    return Chain({"+", "-"}, [this] { return Product(); });
  }
  SqlNode Product() {
    return Chain({"*", "/", "%", "DIV", "MOD"}, [this] { return Unary(); });
  }
  SqlNode Unary() {
    for (const char* op : {"-", "+", "!", "~"}) {
      if (!TakeOp(op)) continue;
      if (++depth_ > kMaxDepth) Fail("it is nested too deeply");
      SqlNode node = Node(Kind::kUnary, op[0] == '!' ? "NOT" : op, {Unary()});
      --depth_;
      return node;
    }
    SqlNode left = Primary();
    while (!mysql() && TakeOp("||")) left = Join("||", std::move(left), Primary());
    return left;
  }

  SqlNode Primary() {
    const SqlToken token = Now();
    switch (token.kind) {
      case Token::kNumber:
        Advance();
        return Node(Kind::kNumber, token.text);
      case Token::kString:
        Advance();
        return Strings(token.text);
      case Token::kHex:
        Advance();
        return Node(Kind::kBytes, token.text);
      case Token::kBits:
        Advance();
        return Node(Kind::kBits, token.text);
      case Token::kQuotedName:
        Advance();
        return Collated(Column(token.text));
      case Token::kWord:
        return Word(token);
      case Token::kOperator:
        if (TakeOp("(")) {
          SqlNode inside = Or();
          if (IsOp(",")) inside = Node(Kind::kRow, "", {std::move(inside)});
          while (TakeOp(",")) inside.args.push_back(Or());
          WantOp(")");
          return Collated(std::move(inside));
        }
        break;
      case Token::kEnd:
        break;
    }
    Fail(token.kind == Token::kEnd ? "it ends too early"
                                   : fmt::format("'{}' is not expected", token.text));
    return Node(Kind::kNull);
  }

  // Texts that stand side by side are one, in MySQL.
  SqlNode Strings(std::string text) {
    while (mysql() && Now().kind == Token::kString) {
      text += Now().text;
      Advance();
    }
    return Collated(Node(Kind::kString, std::move(text)));
  }

  // table.column: only the last part names a column of the one table there is.
  SqlNode Column(std::string name) {
    while (IsOp(".")) {
      Advance();
      name = Now().text;
      Advance();
    }
    if (IsOp("->") || IsOp("->>")) Fail("a path into JSON");
    return Node(Kind::kColumn, std::move(name));
  }

  SqlNode Collated(SqlNode node) {
    if (IsWord("COLLATE")) Fail("COLLATE");
    return node;
  }

  SqlNode Word(const SqlToken& token) {
    Advance();
    if (token.upper == "NULL") return Node(Kind::kNull);
    if (token.upper == "TRUE") return Node(Kind::kTrue);
    if (token.upper == "FALSE") return Node(Kind::kFalse);
    if (token.upper == "CASE") return Case();
    if (token.upper == "CAST") return Cast();
    if (token.upper == "BINARY" && !IsOp("(")) Fail("BINARY");
    if (token.upper == "INTERVAL") Fail("INTERVAL");
    if (TakeOp("(")) return Call(LowerAscii(token.text));
    if (mysql() && Now().kind == Token::kString &&
        (token.upper == "DATE" || token.upper == "TIME" || token.upper == "TIMESTAMP")) {
      SqlNode moment =
          Node(Kind::kMoment, LowerAscii(token.text), {Node(Kind::kString, Now().text)});
      Advance();
      return moment;
    }
    if (token.upper == "CURRENT_TIMESTAMP" || token.upper == "CURRENT_DATE" ||
        token.upper == "CURRENT_TIME" || token.upper == "LOCALTIME" ||
        token.upper == "LOCALTIMESTAMP") {
      return Node(Kind::kCall, LowerAscii(token.text));
    }
    return Collated(Column(token.text));
  }

  SqlNode Call(std::string name) {
    SqlNode node = Node(Kind::kCall, std::move(name));
    if (TakeOp(")")) return node;
    if (IsWord("SELECT") || IsWord("DISTINCT")) Fail("a query");
    do {
      node.args.push_back(Or());
    } while (TakeOp(","));
    // CONVERT(x USING charset), TRIM(BOTH ...), EXTRACT(unit FROM ...) end up here.
    WantOp(")");
    return node;
  }

  SqlNode Case() {
    SqlNode node = Node(Kind::kCase);
    if (!IsWord("WHEN")) {
      node.text = "operand";
      node.args.push_back(Or());
    }
    while (TakeWord("WHEN")) {
      node.args.push_back(Or());
      WantWord("THEN");
      node.args.push_back(Or());
    }
    if (TakeWord("ELSE")) node.args.push_back(Or());
    WantWord("END");
    return node;
  }

  SqlNode Cast() {
    WantOp("(");
    SqlNode node = Node(Kind::kCast, "", {Or()});
    WantWord("AS");
    while (Now().kind != Token::kEnd && !IsOp(")")) {
      if (TakeOp("(")) {
        node.text += "(";
        while (Now().kind != Token::kEnd && !IsOp(")")) {
          node.text += Now().text;
          Advance();
        }
        WantOp(")");
        node.text += ")";
        continue;
      }
      node.text += (node.text.empty() ? "" : " ") + LowerAscii(Now().text);
      Advance();
    }
    WantOp(")");
    return node;
  }

  std::vector<SqlToken> tokens_;
  SqlDialect dialect_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string why_;
};

}  // namespace

ParsedSql ParseSql(std::string_view sql, SqlDialect dialect) {
  if (dialect == SqlDialect::kTSql) return ParseSql(RewriteTSql(sql), SqlDialect::kMySql);
  std::string why;
  std::vector<SqlToken> tokens = TokenizeSql(sql, dialect, why);
  if (!why.empty()) return {{}, why};
  return Parser(std::move(tokens), dialect).Run();
}

}  // namespace transload
