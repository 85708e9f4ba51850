# Makes the .sql files of a folder into constants of a header, so that SQL is written as SQL.
#
#   transload_embed_sql(load sql/claim.sql sql/heartbeat.sql)
#
# writes <build>/load/sql.h with transload::sql::kClaim and transload::sql::kHeartbeat. A changed
# file reconfigures the build.
function(transload_embed_sql folder)
  set(header "// Made from ${folder}/sql by cmake/EmbedSql.cmake.\n#pragma once\n\nnamespace transload::sql {\n\n")
  foreach(path ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(READ ${path} text)
    get_filename_component(stem ${path} NAME_WE)
    string(REPLACE "_" ";" words ${stem})
    set(constant k)
    foreach(word ${words})
      string(SUBSTRING ${word} 0 1 first)
      string(SUBSTRING ${word} 1 -1 rest)
      string(TOUPPER ${first} first)
      string(APPEND constant ${first}${rest})
    endforeach()
    string(APPEND header "inline constexpr char ${constant}[] = R\"sql(${text})sql\";\n\n")
  endforeach()
  string(APPEND header "}  // namespace transload::sql\n")
  set(target ${PROJECT_BINARY_DIR}/${folder}/sql.h)
  file(CONFIGURE OUTPUT ${target} CONTENT "${header}" @ONLY)
endfunction()
