-- What version 10 knows of postgres_features.sql.
do $$ begin create role pgs_app; exception when duplicate_object then null; end $$;
create schema app authorization pgs_app;
create type app.mood as enum ('sad', 'ok', 'happy');
create domain app.posint as integer check (value > 0);
create type app.addr as (street text, mood app.mood);
create table app.customer (id bigint generated always as identity primary key, name text not null,
  mood app.mood, home app.addr, homes app.addr[], age app.posint, moods app.mood[]);
insert into app.customer (name, mood, home, homes, age, moods)
  select 'n' || i, 'ok', row('s' || i, 'sad')::app.addr, array[row('t', 'ok')::app.addr], i,
  array['sad', 'happy']::app.mood[] from generate_series(1, 5000) i;
create table app.orders (id serial primary key, customer_id bigint not null references app.customer,
  amount numeric(12, 2), at timestamptz default now(), doc jsonb, r regclass);
insert into app.orders (customer_id, amount, doc, r)
  select 1 + i % 5000, i / 7.0, jsonb_build_object('i', i), 'app.customer' from generate_series(1, 20000) i;
create index on app.orders (at desc) where amount > 10;
create table app.event (at date not null, v text) partition by range (at);
create table app.event_1 partition of app.event for values from ('2020-01-01') to ('2021-01-01');
create table app.event_2 partition of app.event for values from ('2021-01-01') to ('2022-01-01');
insert into app.event select date '2020-01-01' + i % 700, 'v' || i from generate_series(1, 2000) i;
create table app.base (id int primary key, a text);
create table app.child (b text) inherits (app.base);
insert into app.base values (1, 'base');
insert into app.child values (2, 'child', 'b');
create view app.v as select * from app.customer where mood = 'ok';
create materialized view app.totals as select customer_id, sum(amount) s from app.orders group by 1;
create unique index on app.totals (customer_id);
create function app.touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touch before update on app.orders for each row execute procedure app.touch();
comment on table app.orders is 'the orders';
alter table app.orders owner to pgs_app;
select lo_from_bytea(8801, 'hello');
