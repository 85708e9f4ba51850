-- Privileges on members of extensions that the run did not make, and on built-in things: each by
-- the statement that grants it, and the one that takes it away. $1 run.
with ours as (
  select oid from {L}.object
  where run_id = $1::text and kind = 'extension' and action = 'created'
), built_in (oid) as (
  values ('pg_catalog'::regnamespace), ('information_schema'::regnamespace)
), member as (
  select d.classid, d.objid from pg_catalog.pg_depend d
  where d.refclassid = 'pg_catalog.pg_extension'::regclass and d.deptype = 'e'
    and d.refobjid::bigint not in (select oid from ours)
  union all
  select 'pg_catalog.pg_proc'::regclass, p.oid from pg_catalog.pg_proc p
  where p.pronamespace in (select oid from built_in)
  union all
  select 'pg_catalog.pg_class'::regclass, c.oid from pg_catalog.pg_class c
  where c.relnamespace in (select oid from built_in)
  union all
  select 'pg_catalog.pg_type'::regclass, t.oid from pg_catalog.pg_type t
  where t.typnamespace in (select oid from built_in)
  union all
  select 'pg_catalog.pg_language'::regclass, oid from pg_catalog.pg_language where oid < 16384
), said (what, part, acl) as (
  select format('%s %s', case to_jsonb(p) ->> 'prokind' when 'p' then 'PROCEDURE'
                                                        else 'FUNCTION' end,
                p.oid::regprocedure),
         '', coalesce(p.proacl, acldefault('f', p.proowner))
  from member m
  join pg_catalog.pg_proc p
    on m.classid = 'pg_catalog.pg_proc'::regclass and m.objid = p.oid
  union all
  select format('%s %s', case c.relkind when 'S' then 'SEQUENCE' else 'TABLE' end,
                c.oid::regclass),
         '', coalesce(c.relacl,
                      acldefault(case c.relkind when 'S' then 's' else 'r' end::"char",
                                 c.relowner))
  from member m
  join pg_catalog.pg_class c
    on m.classid = 'pg_catalog.pg_class'::regclass and m.objid = c.oid
  where c.relkind in ('r', 'v', 'm', 'f', 'p', 'S')
  union all
  select format('TABLE %s', a.attrelid::regclass), format(' (%I)', a.attname), a.attacl
  from member m
  join pg_catalog.pg_attribute a
    on m.classid = 'pg_catalog.pg_class'::regclass and m.objid = a.attrelid
  where a.attacl is not null
  union all
  select format('TYPE %s', t.oid::regtype), '', coalesce(t.typacl, acldefault('T', t.typowner))
  from member m
  join pg_catalog.pg_type t
    on m.classid = 'pg_catalog.pg_type'::regclass and m.objid = t.oid
  where t.typelem = 0 or t.typlen <> -1
  union all
  select format('LANGUAGE %I', l.lanname), '', coalesce(l.lanacl, acldefault('l', l.lanowner))
  from member m
  join pg_catalog.pg_language l
    on m.classid = 'pg_catalog.pg_language'::regclass and m.objid = l.oid
  union all
  select format('FOREIGN DATA WRAPPER %I', w.fdwname), '',
         coalesce(w.fdwacl, acldefault('F', w.fdwowner))
  from member m
  join pg_catalog.pg_foreign_data_wrapper w
    on m.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass and m.objid = w.oid
)
select format('GRANT %s%s ON %s TO %s%s;', a.privilege_type, s.part, s.what, g.who,
              case when a.is_grantable then ' WITH GRANT OPTION' else '' end),
       format('REVOKE %s%s ON %s FROM %s;', a.privilege_type, s.part, s.what, g.who)
from said s
cross join lateral aclexplode(s.acl) a
cross join lateral (
  select coalesce((select quote_ident(r.rolname) from pg_catalog.pg_roles r
                   where r.oid = a.grantee), 'PUBLIC') as who) g
