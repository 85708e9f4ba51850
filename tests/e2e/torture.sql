-- Values that tools of this kind get wrong, for MariaDB and MySQL: equal data must be called equal on
-- every server it goes to.
set sql_mode = 'NO_BACKSLASH_ESCAPES';

create table numbers (
  id bigint unsigned primary key,
  tiny tinyint, tiny_u tinyint unsigned, flag tinyint(1), small smallint, medium mediumint,
  big bigint, big_u bigint unsigned,
  money decimal(65,30), whole decimal(65,0), cents decimal(12,2),
  f float, d double, bits bit(64), y year);
insert into numbers values
  (0, -128, 0, 0, -32768, -8388608, -9223372036854775808, 0,
   -99999999999999999999999999999999999.999999999999999999999999999999,
   -99999999999999999999999999999999999999999999999999999999999999999, -0.01, -3.40282e38,
   -1.7976931348623157e308, 0, 1901),
  (1, 127, 255, 1, 32767, 8388607, 9223372036854775807, 18446744073709551615,
   0.000000000000000000000000000001, 10000000000000000, 10000.00, 1.17549e-38,
   2.2250738585072014e-308, 18446744073709551615, 2155),
  (2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -0e0, 1, 2000),
  (3, 1, 1, 1, 1, 1, 9007199254740993, 9007199254740993, 0.1, 12345678, 1234567.80, 0.1, 0.1, 255,
   1970),
  (4, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
  (18446744073709551615, 9, 9, 1, 9, 9, 9, 9, 10000.0001, 99990000, 0.10, 16777216, 123456789.123456,
   2, 2069);

create table times (
  id int primary key, d date, dt datetime, dt6 datetime(6), ts timestamp null, t time, t6 time(6));
insert into times values
  (1, '1000-01-01', '1000-01-01 00:00:00', '1000-01-01 00:00:00.000001', '1970-01-02 00:00:01',
   '-838:59:59', '-838:59:58.999999'),
  (2, '9999-12-31', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999999', '2038-01-18 03:14:07',
   '838:59:59', '838:59:58.999999'),
  (3, '2000-02-29', '2024-03-31 02:30:00', '1999-12-31 23:59:59.5', '2024-03-31 02:30:00',
   '00:00:00', '-00:00:00.000001'),
  (4, '1582-10-10', '1900-02-28 12:00:00', '1969-12-31 23:59:59.999999', '2024-10-27 01:30:00',
   '23:59:59', '00:00:00.1'),
  (5, null, null, null, null, null, null);

create table texts (
  id varchar(40) primary key, v varchar(255), c char(10), t longtext, b varbinary(300), fixed binary(4),
  e enum('', 'a', 'A b', 'ü'), s set('x', 'y '' z'), j json, u char(36))
  character set utf8mb4 collate utf8mb4_bin;
insert into texts values
  ('', '', '', '', '', 'abcd', '', '', '{}', ''),
  (' x', ' x ', 'x', concat('a', char(9), 'b', char(10), 'c', char(13)), x'00', x'00000000', 'a', 'x',
   '{"a": 1, "b": [true, null, 1.5e300], "c": "\u00e4\"\\"}', 'NULL'),
  ('\N', '\N', '\.', '''"\n{}",;|', x'5C4E', x'FFFFFFFF', 'A b', 'x', '[]', '\\x00'),
  ('😀', 'naïve Ω 漢字 😀', 'ÄÖÜß', repeat('😀', 3000), x'FF00FF', x'00FF00FF', 'ü', '', '"x"',
   'ffffffff-ffff-ffff-ffff-ffffffffffff'),
  ('null', null, null, null, null, null, null, null, null, null),
  ('long', repeat('x', 255), repeat('y', 10), repeat('z', 100000), repeat(x'00', 300), x'01020304', 'a',
   'x', '{"big": 12345678901234567890, "e": 1e100}', 't');

create table no_key (a int, b varchar(10));
insert into no_key values (1, 'x'), (1, 'x'), (1, 'x'), (null, null), (null, null), (2, '');
create table nothing (id int primary key, v text);
