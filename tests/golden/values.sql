-- The values of sent_vectors.txt; see capture.
create type pg_temp.golden_mood as enum ('', 'a,b', 'it''s', 'é');
create function pg_temp.shown(type_name text, value text) returns text language plpgsql as $$
declare
  send text;
  line text;
begin
  select typsend::regproc::text into send from pg_type where oid = split_part(type_name, '(', 1)::regtype;
  -- format('%s') is the type's own output, which a cast to text is not for every type
  execute format('select %L || '' | '' || encode(%s((%L)::%s), ''hex'') || '' | '' || format(''%%s'', (%L)::%s)',
                 type_name, send, value, type_name, value, type_name) into line;
  return line;
end $$;
create temp table v (type text, value text);
insert into v
select 'boolean', unnest(array['t', 'f'])
union all select 'smallint', unnest(array['0', '-32768', '32767'])
union all select 'integer', unnest(array['0', '-1', '-2147483648', '2147483647'])
union all select 'bigint', unnest(array['0', '-9223372036854775808', '9223372036854775807'])
union all select 'real', unnest(array['0', '-0', '1', '0.1', '1e-45', '3.4028235e38', '16777216', '123456.79', '1e20', '1e-5', 'Infinity', '-Infinity', 'NaN'])
union all select 'double precision', unnest(array['0', '-0', '0.1', '5e-324', '1.7976931348623157e308', '1e22', '1e15', '1e16', '123456789012345680', '0.0001', '0.00001', '-2.5', 'Infinity', '-Infinity', 'NaN'])
union all select 'numeric', unnest(array['0', '0.00', '1', '-1', '9999', '10000', '10001', '99990000', '100000000', '0.1', '0.0001', '0.00001', '0.00000001', '1.0001', '10000.0001', '10000.00000001', '-0.00001000', '12345.678', '18446744073709551615', '9223372036854775808', '99999999999999999999999999999999999.999999999999999999999999999999', '1000000000000.50', '1e100', '1e-100', '1e131071', '1e-16383', 'NaN', 'Infinity', '-Infinity'])
union all select 'numeric(12,2)', unnest(array['0', '1', '1.5', '-1234567890.12', '9999999999.99', '10000', 'NaN'])
union all select 'numeric(10,4)', unnest(array['0', '1', '-0.0001', '123456.7891', '999999.9999'])
union all select 'numeric(20,0)', unnest(array['0', '18446744073709551615', '10000'])
union all select 'numeric(2,4)', unnest(array['0', '0.0099', '-0.0001'])
union all select 'numeric(2,-3)', unnest(array['0', '99000', '-1000'])
union all select 'text', unnest(array['', 'a', 'naïve 漢字 😀', E'tab\tand\\'])
union all select 'varchar(5)', unnest(array['', 'éééé', 'ab   '])
union all select 'char(5)', unnest(array['', 'ab', 'éé'])
union all select 'bytea', unnest(array['', '\x00', '\x00ff7f80'])
union all select 'date', unnest(array['2000-01-01', '1970-01-01', '1999-12-31', '2000-02-29', '1900-02-28', '1900-03-01', '0001-01-01', '0009-12-04', '1582-10-10', '9999-12-31', '0001-12-31 BC', '4713-11-24 BC', '5874897-12-31', 'infinity', '-infinity'])
union all select 'time', unnest(array['00:00:00', '23:59:59.999999', '24:00:00', '12:34:56.7'])
union all select 'time(0)', unnest(array['00:00:00', '12:34:56'])
union all select 'time(3)', unnest(array['12:34:56.789'])
union all select 'timetz', unnest(array['12:00+02', '00:00:00-05:30', '23:59:59.5+00'])
union all select 'timestamp', unnest(array['2000-01-01 00:00:00', '1999-12-31 23:59:59.999999', '1970-01-01 00:00:00', '0001-01-01 00:00:00', '9999-12-31 23:59:59.999999', '2024-02-29 12:34:56.000001', '4713-11-24 00:00:00 BC', '294276-12-31 23:59:59.999999', 'infinity', '-infinity'])
union all select 'timestamp(0)', unnest(array['2024-02-29 12:34:56'])
union all select 'timestamp(3)', unnest(array['2024-02-29 12:34:56.789', '1999-12-31 23:59:59.999'])
union all select 'timestamptz', unnest(array['2038-01-19 03:14:07.999999+00', '2024-11-03 05:30:00+00', '0001-01-01 00:00:00+00', 'infinity'])
union all select 'interval', unnest(array['0', '838:59:59', '-838:59:59.999999', '-00:00:00.000001', '25:00:00', '1 mon 2 days', '1 year 2 mons -3 days 04:05:06.7', '-1 year 1 day', '1 mon -1 day', '-1 day +01:00:00', '1 day -01:00:00'])
union all select 'uuid', unnest(array['00112233-4455-6677-8899-aabbccddeeff', '00000000-0000-0000-0000-000000000000'])
union all select 'json', unnest(array['{"b":1.0,"a":1e2}', '[]'])
union all select 'jsonb', unnest(array['{"b":1.0,"a":1e2,"bb":-0,"a":2.50}', '[1, "é", null, true, {}]', '1e-5', '""'])
union all select 'bit(1)', unnest(array['0', '1'])
union all select 'bit(10)', unnest(array['1000000001', '0000000000', '0000000101'])
union all select 'bit(64)', unnest(array[repeat('1', 64)])
union all select 'varbit', unnest(array['', '1', '10000001', '100000010'])
union all select 'varbit(9)', unnest(array['101'])
union all select 'inet', unnest(array['192.168.0.1', '10.1.2.3/8', '::1', '::ffff:1.2.3.4', '2001:db8::/32', '0.0.0.0/0'])
union all select 'cidr', unnest(array['10.0.0.0/8', '192.168.0.1/32', '2001:db8::/32'])
union all select 'macaddr', unnest(array['08:00:2b:01:02:03'])
union all select 'point', unnest(array['(1,-1)', '(0.1,1e300)', '(-0,0)'])
union all select 'money', unnest(array['92.33', '-0.01'])
union all select 'xml', unnest(array['<a>1</a>'])
union all select 'text[]', unnest(array['{}', '{a}', '{a,"b c",NULL,""}', '{"q''q","x,y","\"","\\"}', '{NULL,"NULL",null}'])
union all select 'real[]', unnest(array['{}', '{1,-2.5,1e-45}'])
union all select 'integer[]', unnest(array['{{1,2},{3,4}}', '{NULL}'])
union all select 'numeric[]', unnest(array['{1.50,NaN}']);
select pg_temp.shown(type, value) from v;
