-- What schemas that the run did not make are to others, and what will be granted on things to come:
-- each by the statement that makes it so, and the one that takes it away (of a grant). $1 run.
with standing as (
  select n.* from pg_catalog.pg_namespace n
  where nspname !~ '^pg_(toast|temp)'
    and not exists (
      select from {L}.object o
      where o.run_id = $1::text and o.kind = 'schema' and o.action = 'created'
        and o.oid = n.oid::bigint)
), kind (of, acl, word) as (
  values ('r', 'r', 'TABLES'), ('S', 's', 'SEQUENCES'), ('f', 'f', 'FUNCTIONS'),
         ('T', 'T', 'TYPES'), ('n', 'n', 'SCHEMAS'), ('L', 'L', 'LARGE OBJECTS')
), said (how, what, acl) as (
  select '', format('SCHEMA %I', nspname), coalesce(nspacl, acldefault('n', nspowner))
  from standing
  union all
  select format('ALTER DEFAULT PRIVILEGES FOR ROLE %I ', r.rolname), k.word,
         coalesce(d.defaclacl, acldefault(k.acl::"char", r.oid))
  from pg_catalog.pg_roles r
  cross join kind k
  left join pg_catalog.pg_default_acl d
    on d.defaclrole = r.oid and d.defaclnamespace = 0 and d.defaclobjtype::text = k.of
  union all
  select format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I ', r.rolname, n.nspname),
         k.word, d.defaclacl
  from pg_catalog.pg_default_acl d
  join pg_catalog.pg_roles r on r.oid = d.defaclrole
  join standing n on n.oid = d.defaclnamespace
  join kind k on d.defaclobjtype::text = k.of
), granted as (
  select s.how, format('%s ON %s', a.privilege_type, s.what) as what,
         coalesce(quote_ident(g.rolname), 'PUBLIC') as whom,
         case when a.is_grantable then ' WITH GRANT OPTION' else '' end as more
  from said s
  cross join lateral aclexplode(s.acl) a
  left join pg_catalog.pg_roles g on g.oid = a.grantee
)
select distinct format('%sGRANT %s TO %s%s;', how, what, whom, more),
       format('%sREVOKE %s FROM %s;', how, what, whom)
from granted
union all
select format('ALTER SCHEMA %I OWNER TO %I;', nspname, pg_get_userbyid(nspowner)), ''
from standing
union all
select format('COMMENT ON SCHEMA %I IS %s;', nspname,
              quote_nullable(obj_description(oid, 'pg_namespace'))), ''
from standing
