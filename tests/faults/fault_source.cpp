#include "tests/faults/fault_source.h"

#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

// Row 2900's flag is no boolean, so that the table is planned again late; a NUL byte in a note is a
// bad row.
constexpr char kMariaDb[] = R"(
create sequence numbers start with 100 increment by 5;
create table customer (
  id int auto_increment primary key,
  email varchar(100) not null,
  name varchar(60) comment 'it''s a name',
  flag tinyint(1) not null default 0,
  changed timestamp not null default '2020-01-01 00:00:00' on update current_timestamp,
  unique key by_email (email), key by_name (name)
) auto_increment = 9000 comment 'people';
insert into customer (id, email, name, flag, changed)
  select seq, concat('user', seq, '@example.org'), repeat(char(97 + seq % 26), 30 + seq % 20),
         if(seq = 2900, 7, seq % 2), '2021-03-04 05:06:07'
  from seq_1_to_3000;
create table orders (
  id int auto_increment primary key,
  customer_id int not null,
  total decimal(10,2) not null,
  placed datetime(3),
  note text,
  check (total >= 0),
  foreign key (customer_id) references customer (id)
);
insert into orders
  select seq, 1 + seq % 3000, seq / 7, '2022-01-01' + interval seq second,
         if(seq = 1500, concat('a', char(0), 'b'), repeat('n', seq % 90))
  from seq_1_to_2500;
create table empty_table (id bigint auto_increment primary key, v int) auto_increment = 77;
create table without_key (a int, b varchar(10));
insert into without_key select seq, 'b' from seq_1_to_50;
create table by_text (code varchar(40) primary key, v text) charset = latin1;
insert into by_text select concat('code ', seq), repeat('t', 80) from seq_1_to_2000;
analyze table customer, orders, by_text;
)";

constexpr char kSqlite[] = R"(
create table customer (
  id integer primary key autoincrement,
  email varchar(100) not null unique,
  name text,
  flag integer not null default 0);
create index by_name on customer (name);
with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 3000)
insert into customer select n, 'user' || n || '@example.org', substr('abcdefghijklmnopqrstuvwxyz'
  || 'abcdefghijklmnopqrstuvwxyz', 1 + n % 26, 26), case n when 2900 then 'seven' else n % 2 end
  from seq;
update sqlite_sequence set seq = 8999 where name = 'customer';
create table orders (
  id integer primary key,
  customer_id integer not null references customer (id),
  total real not null check (total >= 0),
  note text);
with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 2500)
insert into orders select n, 1 + n % 3000, n / 8.0,
  case n when 1500 then 'a' || char(0) || 'b' else substr(hex(zeroblob(45)), 1, n % 90) end
  from seq;
create table empty_table (id integer primary key autoincrement, v integer);
create table without_key (a integer, b text);
create table by_text (code text primary key, v text) without rowid;
with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 2000)
insert into by_text select 'code ' || n, 'tttttttttttttttttttttttttttttttttttttttttttttttttttttt'
  from seq;
with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 50)
insert into without_key select n, 'b' from seq;
)";

// Rows at both ends and in the middle, without touching what an identity column hands out next.
constexpr char kChange[] =
    "update customer set name = 'changed' where id = 7;"
    "delete from orders where id = 1200;"
    "insert into without_key values (51, 'c');";

class MariaDb : public FaultSource {
 public:
  MariaDb() { server_.Execute(kMariaDb, database_); }
  std::string Engine() const override { return "mariadb"; }
  bool Passes(std::string_view) const override { return true; }
  std::string Url() const override { return server_.Url(database_); }
  void Change() override {
    server_.Execute(std::string("set timestamp = 1600000000;") + kChange, database_);
  }
  void Revert() override {
    server_.Execute(
        "update customer set name = repeat(char(97 + 7), 37), changed = '2021-03-04 05:06:07' "
        "where id = 7;"
        "insert into orders values (1200, 1201, 1200 / 7, '2022-01-01' + interval 1200 second, "
        "repeat('n', 1200 % 90));"
        "delete from without_key where a = 51;",
        database_);
  }

 private:
  rig::MariaDbServer& server_ = rig::SharedMariaDb();
  std::string database_ = rig::FreshDatabase(server_);
};

class Sqlite : public FaultSource {
 public:
  Sqlite() { rig::MakeSqliteFile(path_, kSqlite); }
  std::string Engine() const override { return "sqlite"; }
  std::string Url() const override { return "sqlite://" + path_; }
  // All values are looked at beforehand, and all partitions are known.
  bool Passes(std::string_view point) const override {
    return !point.starts_with("replan") && point != "partition-split";
  }
  void Change() override { rig::MakeSqliteFile(path_, kChange); }
  void Revert() override {
    rig::MakeSqliteFile(
        path_,
        "update customer set name = substr('hijklmnopqrstuvwxyzabcdefg', 1, 26) where id = 7;"
        "insert into orders values (1200, 1201, 150.0, substr(hex(zeroblob(45)), 1, 30));"
        "delete from without_key where a = 51;");
  }

 private:
  rig::TemporaryDir dir_;
  std::string path_ = dir_ / "shop.db";
};

}  // namespace

std::unique_ptr<FaultSource> MariaDbFaultSource() { return std::make_unique<MariaDb>(); }
std::unique_ptr<FaultSource> SqliteFaultSource() { return std::make_unique<Sqlite>(); }

}  // namespace transload
