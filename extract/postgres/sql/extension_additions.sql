-- What hangs on members of extensions and is no member itself, with its statement, and whether it
-- came otherwise than with the extension. The list of an extension's members is written in the
-- transactions that make them and never changed, so that its rows tell these transactions.
-- (pg_upgrade makes each thing in a transaction of its own: there everything seems to have been
-- added, and only the target, where CREATE EXTENSION has run, can tell.)
with member as (
  select refobjid as extension, classid, objid, xmin as born from pg_catalog.pg_depend
  where refclassid = 'pg_catalog.pg_extension'::regclass and deptype = 'e'
), relation as (
  select m.extension, c.oid, c.relrowsecurity, format('%I.%I', n.nspname, c.relname) as name
  from member m
  join pg_catalog.pg_class c on c.oid = m.objid and m.classid = 'pg_catalog.pg_class'::regclass
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
), thing (extension, born, kind, name, statement) as (
  select r.extension, i.xmin, 'index', format('%I on %s', c.relname, r.name),
         pg_catalog.pg_get_indexdef(c.oid) || ';'
  from relation r
  join pg_catalog.pg_index i on i.indrelid = r.oid
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  where not exists (select from pg_catalog.pg_constraint k where k.conindid = c.oid)
  union all
  select r.extension, k.xmin, 'constraint', format('%I on %s', k.conname, r.name),
         format('ALTER TABLE %s ADD CONSTRAINT %I %s;', r.name, k.conname,
                pg_catalog.pg_get_constraintdef(k.oid))
  from relation r
  join pg_catalog.pg_constraint k on k.conrelid = r.oid
  where k.contype in ('p', 'u', 'x', 'c', 'f')
  union all
  select r.extension, t.xmin, 'trigger', format('%I on %s', t.tgname, r.name),
         pg_catalog.pg_get_triggerdef(t.oid) || ';'
  from relation r
  join pg_catalog.pg_trigger t on t.tgrelid = r.oid
  where not t.tgisinternal
  union all
  select r.extension, w.xmin, 'rule', format('%I on %s', w.rulename, r.name),
         pg_catalog.pg_get_ruledef(w.oid)
  from relation r
  join pg_catalog.pg_rewrite w on w.ev_class = r.oid
  where w.rulename <> '_RETURN'
  union all
  select r.extension, p.xmin, 'policy', format('%I on %s', p.polname, r.name), ''
  from relation r
  join pg_catalog.pg_policy p on p.polrelid = r.oid
  union all
  select extension, null, 'row-level security', 'on ' || name,
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', name)
  from relation
  where relrowsecurity
  union all
  select r.extension, s.xmin, 'statistics', format('%I on %s', s.stxname, r.name), ''
  from relation r
  join pg_catalog.pg_statistic_ext s on s.stxrelid = r.oid
  union all
  -- A column's privileges are carried over, and a grant writes its row anew.
  select r.extension, a.xmin, 'column', format('%s.%I', r.name, a.attname), ''
  from relation r
  join pg_catalog.pg_attribute a on a.attrelid = r.oid
  where a.attnum > 0 and not a.attisdropped and a.attacl is null
  union all
  select m.extension, d.xmin, 'comment', format('on %s %s', o.type, o.identity),
         format('COMMENT ON %s %s IS %L;', replace(upper(o.type), 'TABLE COLUMN', 'COLUMN'),
                o.identity, d.description)
  from member m
  join pg_catalog.pg_description d on d.classoid = m.classid and d.objoid = m.objid
  cross join lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) o
  union all
  select e.oid, d.xmin, 'comment', format('on extension %I', e.extname),
         format('COMMENT ON EXTENSION %I IS %L;', e.extname, d.description)
  from pg_catalog.pg_extension e
  join pg_catalog.pg_description d
    on d.classoid = 'pg_catalog.pg_extension'::regclass and d.objoid = e.oid
  where d.description is distinct from (select comment from pg_catalog.pg_available_extensions a
                                        where a.name = e.extname)
)
select kind, name, statement, not exists (select from member m where m.extension = t.extension
                                          and m.born = t.born) as added
from thing t
