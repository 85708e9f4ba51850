#include "load/pg_archive.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

constexpr char kListing[] =
    ";\n; Archive created at 2026-01-01\n;\n"
    "6; 2615 16384 SCHEMA - app shop\n"
    "215; 1259 16385 TABLE app orders shop\n"
    "220; 1255 16390 FUNCTION app f() shop\n"
    "300; 0 0 COMMENT app TABLE orders shop\n";

constexpr char kScript[] =
    "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\nSET statement_timeout = 0;\n\n"
    "--\n-- TOC entry 6 (class 2615 OID 16384)\n-- Name: app; Type: SCHEMA; Schema: -; Owner: "
    "shop\n"
    "--\n\nCREATE SCHEMA app;\n\n\nALTER SCHEMA app OWNER TO shop;\n\n"
    "SET default_tablespace = fast;\n\nSET default_table_access_method = heap;\n\n"
    "--\n-- TOC entry 215 (class 1259 OID 16385)\n-- Dependencies: 6\n"
    "-- Name: orders; Type: TABLE; Schema: app; Owner: shop\n--\n\n"
    "CREATE TABLE app.orders (\n    id integer\n);\n\n\nALTER TABLE app.orders OWNER TO shop;\n\n"
    "--\n-- TOC entry 220 (class 1255 OID 16390)\n-- Dependencies: 6 215\n"
    "-- Name: f(); Type: FUNCTION; Schema: app; Owner: shop\n--\n\n"
    "CREATE FUNCTION app.f() RETURNS text\n    LANGUAGE sql\n    AS $$\n--\n"
    "-- TOC entry 999 (class 1259 OID 1)\n-- Name: x; Type: TABLE; Schema: y; Owner: z\n--\n"
    "select 'body' $$;\n\n\n\\unrestrict abc\n\n";

TEST(PgArchive, CutsAScriptAtTheHeadingsThatTheListingKnows) {
  const std::vector<ArchiveEntry> entries = ParseArchiveScript(kScript, kListing, false);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].kind, "SCHEMA");
  EXPECT_EQ(entries[0].schema, "");
  EXPECT_EQ(entries[0].name, "app");
  EXPECT_EQ(entries[1].kind, "TABLE");
  EXPECT_EQ(entries[1].schema, "app");
  EXPECT_EQ(entries[1].class_oid, 1259u);
  EXPECT_EQ(entries[1].oid, 16385u);
  EXPECT_EQ(entries[1].depends_on, std::vector<int>{6});
  EXPECT_NE(entries[2].sql.find("select 'body'"), std::string::npos);
}

TEST(PgArchive, KeepsOwnersAndSettingsApartAndDropsWhatOnlyPsqlReads) {
  const std::vector<ArchiveEntry> entries = ParseArchiveScript(kScript, kListing, false);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[1].owner_sql, "ALTER TABLE app.orders OWNER TO shop;");
  EXPECT_EQ(entries[1].sql.find("OWNER"), std::string::npos);
  EXPECT_EQ(entries[0].settings_sql, "");
  EXPECT_NE(entries[1].settings_sql.find("default_tablespace = fast"), std::string::npos);
  for (const ArchiveEntry& entry : entries) {
    EXPECT_EQ(entry.sql.find("restrict"), std::string::npos) << entry.sql;
  }
}

}  // namespace
}  // namespace transload
