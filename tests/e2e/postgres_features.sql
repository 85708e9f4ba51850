-- Everything that a PostgreSQL database may hold and that pg_dump carries; version 12 and newer.
-- Roles belong to the whole cluster.
do $$ begin create role pgs_app; exception when duplicate_object then null; end $$;
do $$ begin create role pgs_read; exception when duplicate_object then null; end $$;
create schema app authorization pgs_app;
create extension if not exists hstore with schema app;
create type app.mood as enum ('sad','ok','happy');
create domain app.posint as integer check (value > 0);
create domain app.tags as text[];
create type app.addr as (street text, mood app.mood, zip int);
create type app.floatrange as range (subtype = float8);
create sequence app.free_seq start 10 increment 5;
select nextval('app.free_seq'), nextval('app.free_seq');
create table app.customer (id bigint generated always as identity primary key, name text not null, name_len int generated always as (length(name)) stored, mood app.mood default 'ok', home app.addr, homes app.addr[], tags app.tags, age app.posint, h app.hstore, hs app.hstore[], moods app.mood[], unique (name, mood));
insert into app.customer (name, mood, home, homes, tags, age, h, hs, moods) select 'n'||i, (array['sad','ok','happy'])[1+i%3]::app.mood, row('str, "x"'||i, 'ok', i)::app.addr, array[row('a','sad',1)::app.addr, null], array['a','b'||i], i, app.hstore('k', i::text), array[app.hstore('a','b')], array['sad','happy']::app.mood[] from generate_series(1,1000) i;
delete from app.customer where id between 500 and 510;
create table app.orders (id serial, customer_id bigint not null references app.customer(id) deferrable initially deferred, amount numeric(12,2) check (amount >= 0), placed timestamptz default now(), note varchar(40), primary key (id));
insert into app.orders (customer_id, amount, note) select 1+i%400, i/7.0, 'note '||i from generate_series(1,20000) i;
set constraints all immediate;
create index orders_placed on app.orders (placed desc) where amount > 100;
create index orders_expr on app.orders (lower(note)) include (amount);
alter table app.orders add constraint old_rule check (amount < 100) not valid;
create table app.events (id bigint not null, at date not null, kind app.mood, payload jsonb) partition by range (at);
create table app.events_2020 partition of app.events for values from ('2020-01-01') to ('2021-01-01');
create table app.events_2021 partition of app.events for values from ('2021-01-01') to ('2022-01-01') partition by hash (kind);
create table app.events_2021_0 partition of app.events_2021 for values with (modulus 2, remainder 0);
create table app.events_2021_1 partition of app.events_2021 for values with (modulus 2, remainder 1);
alter table app.events add primary key (id, at, kind);
create index on app.events (at);
insert into app.events select i, date '2020-01-01' + i % 700, (array['sad','ok','happy'])[1+i%3]::app.mood, jsonb_build_object('i', i, 'x', 1.50) from generate_series(1,3000) i;
create table app.base (id int primary key, a text);
create table app.child (b text) inherits (app.base);
insert into app.base values (1,'base'); insert into app.child values (2,'child','b');
create table app.room (during tsrange, room int, exclude using gist (during with &&));
insert into app.room values ('[2020-01-01,2020-01-02)', 1), ('[2020-01-02,2020-01-03)',2);
create table app.odd (r regclass, rp regprocedure, ro regrole, o oid, m money, ac aclitem, x xml, i4 int4range, fr app.floatrange, n numeric, t timestamptz, d date, iv interval, f8 float8, f4 float4, c5 char(5), vb varbit, ch "char", ip inet, cd cidr, mc macaddr, p point, bx box, ts tsvector, tq tsquery, u uuid, l pg_lsn, j json, nm name, tz timetz, ba bytea, rarr regclass[]);
insert into app.odd values ('app.orders', 'lower(text)', 'pgs_app', 42, 12.34, 'pgs_app=r/postgres', '<?xml version="1.0"?><a>ü</a>', '[1,5)', '[1.5,2.5]', 'NaN', 'infinity', '4713-01-01 BC', '1 mon -1 day', '-0', 'NaN', 'ab', B'10110', 'x', '10.0.0.1/8', '10.0.0.0/8', '08:00:2b:01:02:03', '(1,2)', '(1,2),(3,4)', 'a:1 b:2', 'a & b', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '0/16B3748', '{"a": 1,"a":2}', 'nm', '12:00:00+02', '\x00ff', array['app.orders','app.base']::regclass[]);
insert into app.odd (n, t, f8) values (1.00, '-infinity', 'infinity');
create unlogged table app.scratch (a int); insert into app.scratch values (1);
create view app.happy as select * from app.customer where mood = 'happy';
create view app.v2 as select count(*) from app.happy;
create materialized view app.totals as select customer_id, sum(amount) s from app.orders group by 1;
create materialized view app.top as select * from app.totals where s > 100;
create materialized view app.never as select 1 a with no data;
create unique index on app.totals (customer_id);
create function app.touch() returns trigger language plpgsql as $$ begin
--
-- TOC entry 1 (class 0 OID 0)
-- Name: x; Type: TABLE; Schema: y; Owner: z
--
 new.note := coalesce(new.note,'') || '!'; return new; end $$;
create procedure app.doit(a int) language sql as 'select 1';
create function app.f(a int, b text default 'x') returns text language sql as $$ select a || b $$;
create aggregate app.mysum(int) (sfunc = int4pl, stype = int, initcond='0');
create operator app.=== (leftarg=int, rightarg=int, function=int4eq);
create trigger orders_touch before insert or update on app.orders for each row execute function app.touch();
create rule no_del as on delete to app.base do instead nothing;
alter table app.customer enable row level security;
create policy mine on app.customer for select to pgs_app using (name like 'n%');
comment on table app.orders is 'the orders'; comment on column app.orders.note is 'a ''note'''; comment on index app.orders_placed is 'ix'; comment on function app.f(int,text) is 'fff';
alter table app.orders owner to pgs_app; grant select on app.orders to pgs_read with grant option; grant update (note) on app.orders to pgs_read; grant usage on schema app to pgs_read;
alter default privileges in schema app grant select on tables to pgs_read;
create statistics app.st on customer_id, amount from app.orders;
create schema "Odd Schema"; create table "Odd Schema"."T x; Type: y" ("Col ""q" int primary key, "b c" text); insert into "Odd Schema"."T x; Type: y" values (1,'z');
select lo_from_bytea(7777, 'hello large object'::bytea); alter large object 7777 owner to pgs_app; grant select on large object 7777 to pgs_read;
alter sequence app.orders_id_seq cache 5;
