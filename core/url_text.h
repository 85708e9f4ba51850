// What the parsers of URLs and of connection strings share. Included by them alone.
#ifndef TRANSLOAD_CORE_URL_TEXT_H_
#define TRANSLOAD_CORE_URL_TEXT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace transload::url_text {

inline bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

inline std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Collects where the secrets stand while a text is taken apart, then writes it without them.
class Redactor {
 public:
  explicit Redactor(std::string_view text) : text_(text) {}

  // `part` must be a view into the text.
  void Hide(std::string_view part) {
    spans_.emplace_back(static_cast<std::size_t>(part.data() - text_.data()), part.size());
  }
  std::string Result() const {
    std::string out;
    std::size_t at = 0;
    for (const auto& [start, size] : spans_) {
      out.append(text_.substr(at, start - at)).append("***");
      at = start + size;
    }
    return out.append(text_.substr(at));
  }

 private:
  std::string_view text_;
  std::vector<std::pair<std::size_t, std::size_t>> spans_;  // in order
};

}  // namespace transload::url_text

#endif  // TRANSLOAD_CORE_URL_TEXT_H_
