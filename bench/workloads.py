"""The tables that are moved, the same rows in every engine, and what a run must leave behind."""
import sqlite3

ORDERS = "orders"
NARROW = "narrow"
WIDE = "wide"
SMALL = "small"

# The reference workload: 14 columns, about 195 bytes a row.
ORDERS_TABLE = """
create table orders (
  id bigint unsigned not null auto_increment primary key, customer_id int not null,
  status enum('pending','paid','shipped','cancelled') not null, amount decimal(12,2) not null,
  tax decimal(10,4), qty smallint, is_gift tinyint(1) not null, weight double,
  created_at datetime(6) not null, updated_at timestamp null, day date, ref char(16),
  note varchar(200), payload varbinary(32)
) engine=InnoDB default charset=utf8mb4;
"""
ORDERS_ROWS = """
insert into orders
select seq, seq*7919%500000, elt(1+seq%4,'pending','paid','shipped','cancelled'),
       (seq*37%10000000)/100, if(seq%5=0,null,(seq*13%1000000)/10000), seq%1000, seq%2, seq/7.0,
       '2020-01-01'+interval seq*37 second+interval seq%1000000 microsecond,
       if(seq%3=0,null,'2021-06-01'+interval seq second), '2000-01-01'+interval seq%9000 day,
       substr(md5(seq),1,16), concat('note for order ',seq,' ',repeat('lorem ipsum ', seq%8)),
       unhex(md5(seq))
from seq_1_to_ROWS;
"""


def mysql_script(name, rows):
    """SQL that makes and fills a workload's database in MariaDB."""
    if name == ORDERS:
        return ORDERS_TABLE + ORDERS_ROWS.replace("ROWS", str(rows)) + "analyze table orders;"
    if name == NARROW:
        return (
            "create table narrow (id bigint not null auto_increment primary key, value int not null)"
            " engine=InnoDB; "
            f"insert into narrow select seq, seq*7919%1000003 from seq_1_to_{rows};"
            "analyze table narrow;")
    if name == WIDE:
        # Every row a text of some 20 kB; every eighth a blob of 1 MiB.
        return (
            "create table wide (id bigint not null auto_increment primary key, title varchar(100) "
            "not null, body mediumtext not null, file mediumblob) engine=InnoDB "
            "default charset=utf8mb4; "
            "insert into wide select seq, concat('document ', seq), "
            "repeat(concat('Größe ', md5(seq), ' lorem ipsum dolor sit amet '), 300), "
            "if(seq%8=0, repeat(unhex(md5(seq)), 65536), null) "
            f"from seq_1_to_{rows}; analyze table wide;")
    tables = "".join(
        f"create table t{i} (id int not null auto_increment primary key, name varchar(40) not null, "
        f"made datetime) engine=InnoDB; insert into t{i} values (1,'a',now()),(2,'b',null);"
        for i in range(rows))
    return tables


def make_sqlite(path, server, rows):
    """The orders in a SQLite file: the values that MariaDB shows, under SQLite's types."""
    database = sqlite3.connect(path)
    database.execute("pragma journal_mode=off")
    database.execute(
        "create table orders (id integer primary key autoincrement, customer_id int not null, "
        "status text not null, amount decimal(12,2) not null, tax decimal(10,4), qty smallint, "
        "is_gift boolean not null, weight double, created_at datetime not null, "
        "updated_at timestamp, day date, ref char(16), note varchar(200), payload blob)")
    step = 100_000
    for first in range(1, rows + 1, step):
        batch = server.sql(
            ORDERS, "select *, null from (select id,customer_id,status,amount,tax,qty,is_gift,"
            "weight,created_at,updated_at,day,ref,note,hex(payload) from orders where id between "
            f"{first} and {first + step - 1}) o")
        database.executemany(
            "insert into orders values (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            ([None if v == "NULL" else v for v in row[:13]] + [bytes.fromhex(row[13])]
             for row in batch))
    database.commit()
    database.execute("analyze")
    database.close()


def end_state(server, database, name, tables, schema):
    """What counts as the same result: every contestant has to leave exactly this."""
    state = {}
    for table in tables:
        label = f'"{schema}"."{table}"'
        regclass = f"'{label}'::regclass"
        state[table] = server.sql(database, f"""
select (select count(*) from {label}),
       (select sum(id) from {label}),
       (select string_agg(a.attname, ',' order by a.attnum) from pg_constraint c
          join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
        where c.conrelid = {regclass} and c.contype = 'p'),
       (select count(*) from pg_attribute where attrelid = {regclass} and attnotnull
          and attnum > 0),
       (select nextval(pg_get_serial_sequence('{label}', 'id'))),
       (select count(*) > 0 from pg_statistic where starelid = {regclass}),
       (select relpersistence from pg_class where oid = {regclass})""")[0]
    if name == ORDERS:
        state["content"] = server.sql(database, f"""
select sum(customer_id), count(tax), sum(amount), sum(qty), count(updated_at), min(day),
       sum(length(note)), sum(length(payload)), max(created_at)::date from "{schema}".orders""")[0]
    return state
