// Runs a whole migration with each mutant and asks who noticed. The executable is linked with
// --wrap, so that transload's own MakeEncoder is called through the one here; nothing in the
// shipped program knows of this.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <set>

#include "pipeline/commands.h"
#include "tests/mutants/mutant_list.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"
#include "transform/field_encoder.h"

namespace transload {

void PrintTo(const Mutant& mutant, std::ostream* out) { *out << mutant.column; }

namespace {

const Mutant* active = nullptr;
int nesting = 0;  // encoders of dynamic columns make others

class MutatedEncoder : public FieldEncoder {
 public:
  MutatedEncoder(EncoderPtr right, const Mutant& mutant)
      : right_(std::move(right)), mutant_(mutant) {}

  bool Encode(EncodeContext& context, const Cell& cell) const override {
    const std::size_t start = context.offset();
    if (!right_->Encode(context, cell)) return false;
    const char* written = context.block.bytes.data() + start;
    if (LoadBe32(written) == 0xFFFFFFFFu) return true;
    std::string field(written + 4, context.at - written - 4);
    context.at = context.block.bytes.data() + start;
    return mutant_.change(field) ? context.PutLongBytes(field) : context.PutNull();
  }

 private:
  EncoderPtr right_;
  const Mutant& mutant_;
};

}  // namespace

EncoderPtr RealMakeEncoder(const Binding& binding) asm(
    "__real__ZN9transload11MakeEncoderERKNS_7BindingE");
EncoderPtr WrappedMakeEncoder(const Binding& binding) asm(
    "__wrap__ZN9transload11MakeEncoderERKNS_7BindingE");

EncoderPtr WrappedMakeEncoder(const Binding& binding) {
  ++nesting;
  EncoderPtr encoder = RealMakeEncoder(binding);
  --nesting;
  if (active == nullptr || encoder == nullptr || nesting > 0) return encoder;
  if (binding.source().name != active->column) return encoder;
  return std::make_unique<MutatedEncoder>(std::move(encoder), *active);
}

namespace {

int ran = 0;
int caught = 0;

class Mutants : public testing::TestWithParam<Mutant> {
 protected:
  static void TearDownTestSuite() {
    if (ran == 0) return;
    std::cout << "score: " << caught << " of " << ran << " mutants caught by the second witness\n";
    ran = caught = 0;
  }

  // Each source is made when it is first asked for.
  static const std::string& Url(MutantSource source) {
    static std::map<MutantSource, std::string> urls;
    static const rig::TemporaryDir folder;
    std::string& url = urls[source];
    if (!url.empty()) return url;
    rig::PostgresServer& postgres = rig::SharedPostgres();
    switch (source) {
      case MutantSource::kMariaDb: {
        const std::string database = rig::FreshDatabase(rig::SharedMariaDb());
        rig::SharedMariaDb().Execute(
            "set time_zone = '+00:00'; set names utf8mb4;" + std::string(kMutantTable), database);
        return url = rig::SharedMariaDb().Url(database);
      }
      case MutantSource::kSqlite:
        rig::MakeSqliteFile(folder / "m.db", kSqliteMutantTable);
        return url = "sqlite://" + (folder / "m.db");
      case MutantSource::kPostgres:
      case MutantSource::kOdbc:
        break;
    }
    const std::string database = rig::FreshDatabase(postgres);
    postgres.Execute(kPostgresMutantTable, database);
    if (source == MutantSource::kPostgres) return url = postgres.Url(database);
    // Types that ODBC does not know end in text there; what it is asked about is in the others.
    postgres.Execute(
        "alter table m drop column bt, drop column ip, drop column mc, drop column js, drop column "
        "ar, drop column en, drop column iv, drop column tz",
        database);
    return url = "odbc:Driver={PostgreSQL Unicode};Server=" + postgres.socket_dir() +
                 ";Port=" + std::to_string(postgres.port()) + ";UID=postgres;Database=" + database;
  }

  static Report Migrate(MutantSource source) {
    rig::PostgresServer& target = rig::SharedPostgres();
    Options options;
    options.source_url = Url(source);
    options.target_url = target.Url(rig::FreshDatabase(target));
    options.jobs = 1;
    options.verify = VerifyLevel::kFull;
    if (source == MutantSource::kMariaDb) {
      for (const auto& [column, type] : kMutantMaps) {
        options.maps.push_back({"", column, type, "", "the test"});
      }
    }
    SilentProgress progress;
    const StopFlag stop;
    return RunMigration(options, progress, stop);
  }
};

TEST_P(Mutants, IsCaught) {
  ++ran;
  active = &GetParam();
  const Report report = Migrate(GetParam().source);
  active = nullptr;
  ASSERT_EQ(report.tables.size(), 1u);
  const ReportTable& table = report.tables[0];
  // The run itself went well, and the checksum sees nothing.
  EXPECT_EQ(table.read, 41u);
  EXPECT_EQ(table.written, 41u) << table.reason;
  EXPECT_EQ(table.checksum, table.target_checksum);
  std::set<std::string> columns;
  for (const ReportMeasure& measure : table.witness.measures) {
    if (!measure.agrees) columns.insert(measure.column);
  }
  EXPECT_THAT(columns, testing::ElementsAre(GetParam().column)) << table.reason;
  EXPECT_EQ(table.verdict, Verdict::kMismatch);
  if (!HasFailure()) ++caught;
}

INSTANTIATE_TEST_SUITE_P(All, Mutants, testing::ValuesIn(AllMutants()),
                         [](const auto& given) { return given.param.name; });

class NoMutant : public Mutants {};
TEST_P(NoMutant, AgreesInEveryMeasure) {
  const Report report = Migrate(GetParam().source);
  ASSERT_EQ(report.tables.size(), 1u);
  EXPECT_EQ(report.tables[0].verdict, Verdict::kMatch) << report.tables[0].reason;
}
INSTANTIATE_TEST_SUITE_P(All, NoMutant,
                         testing::Values(Mutant{"MariaDb", "", nullptr},
                                         Mutant{"Sqlite", "", nullptr, MutantSource::kSqlite},
                                         Mutant{"Postgres", "", nullptr, MutantSource::kPostgres},
                                         Mutant{"Odbc", "", nullptr, MutantSource::kOdbc}),
                         [](const auto& given) { return given.param.name; });

}  // namespace
}  // namespace transload
