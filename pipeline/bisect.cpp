#include "pipeline/bisect.h"

namespace transload {
namespace {

class Bisection {
 public:
  Bisection(const CopyBlock& block, const SendTuples& send) : block_(block), send_(send) {}

  // Tuples [first, end).
  void Send(std::size_t first, std::size_t end) {
    if (first == end) return;
    std::optional<Error> refused = send_(Bytes(first, end));
    if (!refused) return;
    if (end - first == 1) {
      refused_.push_back({first, std::move(*refused)});
      return;
    }
    const std::size_t middle = first + (end - first) / 2;
    Send(first, middle);
    Send(middle, end);
  }

  std::vector<RefusedTuple> Refused() { return std::move(refused_); }

 private:
  std::string_view Bytes(std::size_t first, std::size_t end) const {
    const std::size_t from = block_.row_starts[first];
    const std::size_t to =
        end < block_.row_starts.size() ? block_.row_starts[end] : block_.bytes.size();
    return block_.bytes.view().substr(from, to - from);
  }

  const CopyBlock& block_;
  const SendTuples& send_;
  std::vector<RefusedTuple> refused_;
};

}  // namespace

// Only the target speaks of rows: a source's SQLSTATEs, over ODBC too, are about its own query.
// Classes of SQLSTATE: 22 data, 23 constraints, 44 WITH CHECK OPTION, 54 limits (a row wider than a
// page, a key wider than its index takes), P0 raised by a trigger.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
bool IsAboutARow(const Error& error) {
  if (error.connection_lost || error.retryable || error.interrupted || error.snapshot_lost ||
      error.engine != "PostgreSQL") {
    return false;
  }
  const std::string_view code = error.code;
  return code.starts_with("22") || code.starts_with("23") || code.starts_with("44") ||
         code.starts_with("54") || code.starts_with("P0");
}

std::string WithoutLine(const Error& error) {
  const std::string text = error.what();
  return text.substr(0, text.find("; COPY "));
}

std::string RefusalReason(const Error& error) {
  return "refused by the target: " + WithoutLine(error);
}

std::vector<RefusedTuple> SendBisecting(const CopyBlock& block, const SendTuples& send) {
  Bisection bisection(block, send);
  bisection.Send(0, block.row_starts.size());
  return bisection.Refused();
}

}  // namespace transload
