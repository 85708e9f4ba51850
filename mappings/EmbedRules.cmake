# Run as a script: writes the rule files as C++ (rule_files.h).
#   cmake -DOUTPUT=rule_files.cpp "-DINPUTS=a.toml;b.toml" -P EmbedRules.cmake
set(code "#include \"mappings/rule_files.h\"\n\n#include <array>\n\nnamespace transload {\nnamespace {\n\n")
set(count 0)
set(entries "")
foreach(input ${INPUTS})
  get_filename_component(name ${input} NAME_WE)
  file(READ ${input} text)
  # A compiler need not take a string literal beyond 64 KiB; rule files stay far below.
  string(APPEND entries "    RuleFile{\"${name}\", R\"rules(${text})rules\"},\n")
  math(EXPR count "${count} + 1")
endforeach()
string(APPEND code "constexpr std::array<RuleFile, ${count}> kFiles = {{\n${entries}}};\n\n}  // namespace\n\n")
string(APPEND code "const std::span<const RuleFile> kRuleFiles = kFiles;\n\n}  // namespace transload\n")
file(WRITE ${OUTPUT} "${code}")
