-- What the database itself has that a new one has not: privileges that were granted and revoked,
-- a limit of connections, a comment; each with its statement.
with d as (
  select oid, datname, datdba, datacl, datconnlimit, quote_ident(datname) as name
  from pg_catalog.pg_database where datname = current_database()
), granted as (
  select a.privilege_type, a.grantee, a.is_grantable,
         case when a.grantee = 0 then 'PUBLIC'
              else quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end as who
  from d cross join lateral pg_catalog.aclexplode(d.datacl) a
  where a.grantee <> d.datdba
)
select 'privilege on the database', p || ', revoked from PUBLIC',
       format('REVOKE %s ON DATABASE %s FROM PUBLIC;', p, name)
from d cross join unnest(array['CONNECT', 'TEMPORARY']) p
where datacl is not null
  and not exists (select 1 from granted where grantee = 0 and privilege_type = p)
union all
select 'privilege on the database', privilege_type || ', granted to ' || who,
       format('GRANT %s ON DATABASE %s TO %s%s;', privilege_type, name, who,
              case when is_grantable then ' WITH GRANT OPTION' else '' end)
from granted cross join d
where grantee <> 0 or privilege_type not in ('CONNECT', 'TEMPORARY')
union all
select 'connection limit of the database', datconnlimit::text,
       format('ALTER DATABASE %s CONNECTION LIMIT %s;', name, datconnlimit)
from d where datconnlimit >= 0
union all
select 'comment on the database', datname, format('COMMENT ON DATABASE %s IS %L;', name, c)
from d cross join lateral pg_catalog.shobj_description(d.oid, 'pg_database') c
where c is not null
order by 1, 2
