/** Postgres' own extensions, of which a server may lack some. */
export const EXTENSIONS =
  "pg_trgm hstore citext unaccent fuzzystrmatch ltree tablefunc pgcrypto intarray uuid-ossp cube earthdistance pgstattuple tsm_system_rows".split(
    " ",
  );

/** The shop that the honest reads are about. */
export const SHOP = `
  CREATE TYPE status AS ENUM ('new', 'paid', 'sent');
  CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, email citext, joined date, tags text[], extra jsonb, parent int REFERENCES customer);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customer, status status, placed timestamptz, total numeric(10, 2), lo_revenue int, "Odd Name" text, query text, lock int, "delete" boolean);
  CREATE TABLE line (order_id int REFERENCES orders, product text, amount int, price numeric, during tstzrange, PRIMARY KEY (order_id, product));
  CREATE TABLE doc (id int PRIMARY KEY, body text, words tsvector GENERATED ALWAYS AS (to_tsvector('english', body)) STORED, attrs hstore, path ltree, at point);
  CREATE VIEW revenue AS SELECT date_trunc('month', placed) AS month, sum(total) AS total FROM orders GROUP BY 1;
  CREATE MATERIALIZED VIEW best AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY 1;
  CREATE FUNCTION vat(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 0.2';
  CREATE FUNCTION open_orders(int) RETURNS SETOF orders LANGUAGE sql STABLE AS 'SELECT * FROM orders WHERE customer_id = $1';
  CREATE FUNCTION full_name(customer) RETURNS text LANGUAGE sql STABLE AS 'SELECT upper($1.name)';
  CREATE SCHEMA app; CREATE TABLE app.schedule (id int, invoke text); CREATE FUNCTION app.schedule(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
  INSERT INTO customer SELECT n, 'c' || n, 'c' || n || '@x.org', date '2026-01-01' + n, ARRAY['a', 'b'], jsonb_build_object('n', n, 'list', jsonb_build_array(1, 2, n)), nullif(n / 2, 0) FROM generate_series(1, 9) n;
  INSERT INTO orders SELECT n, n % 9 + 1, 'paid', timestamptz '2026-01-01' + n * interval '1 day', n * 10, n, 'x', 'y', 1, false FROM generate_series(1, 40) n;
  INSERT INTO line SELECT n, 'p' || n % 5, n % 3 + 1, 2.5, tstzrange(now(), now() + interval '1 day') FROM generate_series(1, 40) n;
  INSERT INTO doc (id, body, attrs, path, at) SELECT n, 'The quick brown fox number ' || n, 'a=>1', 'top.sub', point(n, n) FROM generate_series(1, 9) n;
`;

const lines = String.raw`
SELECT 1
SELECT 1;
SELECT
SELECT DISTINCT status FROM orders
SELECT ALL id FROM orders
TABLE orders
VALUES (1, 'a'), (2, NULL)
(SELECT 1)
((SELECT 1) UNION ALL (SELECT 2)) ORDER BY 1
SELECT * FROM orders ORDER BY id LIMIT 5 OFFSET 2
SELECT * FROM orders ORDER BY id FETCH FIRST 3 ROWS WITH TIES
SELECT * FROM ONLY customer
SELECT 'a;b' AS text /* a ; in a comment */ -- and another ;
SELECT 'delete from orders; drop table orders' AS update
SELECT "delete", lock, query, "Odd Name" FROM orders
SELECT o."delete", o.lock, o.query, o.lo_revenue FROM orders o
SELECT lo_revenue AS lo_total FROM orders
SELECT $$it's; fine$$, $tag$ $$ $tag$, E'tab\t', U&'d\0061t', B'101', X'1F'
SELECT current_date, current_timestamp, localtime, current_user, session_user, current_schema, current_catalog
SELECT now(), clock_timestamp(), statement_timestamp(), transaction_timestamp(), timeofday()
SELECT version(), pg_backend_pid(), inet_server_port(), pg_postmaster_start_time()
SELECT current_setting('server_version'), current_setting('work_mem'), current_setting('nothing.here', true)
SELECT random(), gen_random_uuid(), uuid_generate_v4(), gen_random_bytes(4)
SELECT pg_typeof(1), pg_typeof(NULL::text[])
SELECT pg_sleep(0)
SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY placed) FROM orders
SELECT id, rank() OVER w, dense_rank() OVER w, percent_rank() OVER w, cume_dist() OVER w FROM orders WINDOW w AS (ORDER BY total)
SELECT id, lag(total) OVER (ORDER BY placed), lead(total, 2, 0) OVER (ORDER BY placed) FROM orders
SELECT id, first_value(total) OVER w, last_value(total) OVER w, nth_value(total, 2) OVER w FROM orders WINDOW w AS (PARTITION BY customer_id ORDER BY id)
SELECT id, sum(total) OVER (ORDER BY placed ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM orders
SELECT id, avg(total) OVER (ORDER BY placed RANGE BETWEEN interval '7 days' PRECEDING AND CURRENT ROW) FROM orders
SELECT id, sum(total) OVER (ORDER BY customer_id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM orders
SELECT ntile(4) OVER (ORDER BY total) AS quartile, id FROM orders
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) FROM orders
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY total::float8) FROM orders
SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY total), mode() WITHIN GROUP (ORDER BY status) FROM orders
SELECT customer_id, percentile_cont(0.95) WITHIN GROUP (ORDER BY total) FILTER (WHERE total > 5) FROM orders GROUP BY 1
SELECT status, count(*) FILTER (WHERE total > 100), sum(total) FROM orders GROUP BY status HAVING count(*) > 1
SELECT status, customer_id, sum(total) FROM orders GROUP BY ROLLUP (status, customer_id)
SELECT status, customer_id, sum(total) FROM orders GROUP BY CUBE (status, customer_id)
SELECT status, customer_id, grouping(status, customer_id), sum(total) FROM orders GROUP BY GROUPING SETS ((status), (customer_id), ())
SELECT status, sum(total) FROM orders GROUP BY DISTINCT ROLLUP (status), ROLLUP (status)
SELECT date_trunc('month', placed) AS month, sum(total) FROM orders GROUP BY month ORDER BY month
SELECT date_bin('15 minutes', placed, timestamptz '2026-01-01') FROM orders LIMIT 2
SELECT extract(isodow FROM placed), extract(epoch FROM now() - placed), date_part('week', placed) FROM orders
SELECT placed AT TIME ZONE 'Europe/Lisbon', age(placed), to_char(placed, 'YYYY-MM-DD') FROM orders
SELECT make_date(2026, 1, 2), make_interval(days => 3), justify_interval(interval '40 days')
SELECT date '2026-01-31' + interval '1 month', (date '2026-01-01', date '2026-02-01') OVERLAPS (date '2026-01-15', date '2026-03-01')
SELECT stddev(total), variance(total), corr(total, id), regr_slope(total, id), covar_pop(total, id) FROM orders
SELECT width_bucket(total, 0, 400, 4) AS bucket, count(*) FROM orders GROUP BY 1 ORDER BY 1
SELECT bool_and(total > 0), every(total > 0), bit_or(id), string_agg(id::text, ',' ORDER BY id DESC) FROM orders
SELECT array_agg(DISTINCT status ORDER BY status), max(placed), min(total) FROM orders
SELECT count(*), count(DISTINCT customer_id), count(DISTINCT (customer_id, status)) FROM orders
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n
WITH RECURSIVE up AS (SELECT id, parent, name, 1 AS depth FROM customer WHERE id = 9 UNION ALL SELECT c.id, c.parent, c.name, depth + 1 FROM customer c JOIN up ON c.id = up.parent) SELECT * FROM up
WITH RECURSIVE t(id, parent) AS (SELECT id, parent FROM customer UNION SELECT c.id, c.parent FROM customer c JOIN t ON t.parent = c.id) SEARCH DEPTH FIRST BY id SET place CYCLE id SET looped USING seen SELECT * FROM t LIMIT 5
WITH a AS MATERIALIZED (SELECT * FROM orders), b AS NOT MATERIALIZED (SELECT * FROM a) SELECT * FROM a JOIN b USING (id)
WITH monthly AS (SELECT date_trunc('month', placed) m, sum(total) t FROM orders GROUP BY 1) SELECT m, t, t - lag(t) OVER (ORDER BY m) AS change FROM monthly
WITH update AS (SELECT 1 AS delete) SELECT delete FROM update
WITH orders AS (SELECT 1 AS id) SELECT * FROM orders
SELECT c.name, o.total FROM customer c JOIN orders o ON o.customer_id = c.id WHERE o.total > 100
SELECT * FROM customer c LEFT JOIN orders o ON o.customer_id = c.id AND o.status = 'sent'
SELECT * FROM customer c RIGHT JOIN orders o ON o.customer_id = c.id FULL JOIN line l ON l.order_id = o.id LIMIT 3
SELECT * FROM customer CROSS JOIN generate_series(1, 2) LIMIT 3
SELECT * FROM orders NATURAL JOIN (SELECT id, total FROM orders) x
SELECT * FROM orders JOIN line ON order_id = id JOIN customer USING (id) LIMIT 1
SELECT j.* FROM (orders o JOIN line l ON l.order_id = o.id) AS j LIMIT 1
SELECT c.id, last.* FROM customer c, LATERAL (SELECT * FROM orders o WHERE o.customer_id = c.id ORDER BY placed DESC LIMIT 1) last
SELECT c.id, n FROM customer c LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.customer_id = c.id) x ON true
SELECT * FROM customer WHERE EXISTS (SELECT FROM orders WHERE customer_id = customer.id)
SELECT * FROM customer WHERE id NOT IN (SELECT customer_id FROM orders WHERE customer_id IS NOT NULL)
SELECT * FROM orders WHERE total > ALL (SELECT price FROM line) AND id = ANY (ARRAY[1, 2, 3])
SELECT * FROM orders WHERE (customer_id, status) = (SELECT 2, 'paid'::status)
SELECT (SELECT max(total) FROM orders o WHERE o.customer_id = c.id) FROM customer c
SELECT ARRAY(SELECT id FROM orders ORDER BY id), EXISTS (SELECT FROM orders)
SELECT id FROM orders EXCEPT SELECT 1 UNION ALL SELECT 3 INTERSECT SELECT 3
SELECT DISTINCT ON (customer_id) customer_id, id, placed FROM orders ORDER BY customer_id, placed DESC
SELECT CASE status WHEN 'paid' THEN 1 ELSE 0 END, CASE WHEN total > 5 THEN 'a' END FROM orders
SELECT COALESCE(name, 'x'), NULLIF(name, ''), GREATEST(1, 2), LEAST(1, 2) FROM customer
SELECT name IS DISTINCT FROM 'x', name IS NOT NULL, total BETWEEN SYMMETRIC 9 AND 1, (total > 1) IS TRUE FROM customer, orders LIMIT 1
SELECT * FROM orders TABLESAMPLE bernoulli (50) REPEATABLE (1)
SELECT * FROM orders TABLESAMPLE system (50)
SELECT * FROM orders TABLESAMPLE system_rows(3)
SELECT * FROM generate_series(1, 3) WITH ORDINALITY
SELECT d::date FROM generate_series(date '2026-01-01', date '2026-01-07', interval '1 day') d
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b']) AS u(n, t)
SELECT * FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS r(a, b)
SELECT id, unnest(tags) FROM customer
SELECT tags[1], tags[1:2], array_length(tags, 1), cardinality(tags), 'a' = ANY (tags), tags @> ARRAY['a'] FROM customer
SELECT array_append(tags, 'c'), array_remove(tags, 'a'), array_position(tags, 'b'), array_to_string(tags, ','), tags || 'z'::text FROM customer
SELECT extra->'n', extra->>'n', extra#>'{list,0}', extra#>>'{list,0}', extra['n'] FROM customer
SELECT extra @> '{"n": 1}', extra ? 'n', extra ?| ARRAY['a'], extra ?& ARRAY['n'], extra - 'n', extra || '{"a": 1}' FROM customer
SELECT jsonb_path_query(extra, '$.list[*] ? (@ > 1)'), extra @? '$.n', extra @@ '$.n > 0' FROM customer
SELECT jsonb_set(extra, '{n}', '0'), jsonb_insert(extra, '{list,0}', '9'), jsonb_strip_nulls(extra), jsonb_pretty(extra) FROM customer
SELECT * FROM customer, jsonb_each_text(extra)
SELECT * FROM customer, jsonb_array_elements(extra->'list') WITH ORDINALITY AS e(value, place)
SELECT * FROM jsonb_to_recordset('[{"a": 1}]') AS x(a int, b text)
SELECT * FROM json_populate_record(NULL::orders, '{"id": 1}')
SELECT jsonb_agg(o), json_agg(o.*), jsonb_object_agg(o.id, o.total), row_to_json(o) FROM orders o GROUP BY o.id, o.* LIMIT 1
SELECT to_jsonb(c), row_to_json(ROW(c.id, c.name)), json_build_object('id', c.id) FROM customer c
SELECT c.to_jsonb, (c).full_name, c.full_name, full_name(c) FROM customer c
SELECT (c).name, (c.whole).email FROM (SELECT name, x AS whole FROM customer x) c
SELECT xmlelement(name a, xmlattributes(id AS b), name), xmlforest(name, id), xmlagg(xmlelement(name x)) FROM customer GROUP BY id, name
SELECT xpath('/a/text()', '<a>1</a>'::xml), xml_is_well_formed('<a/>')
SELECT * FROM XMLTABLE('/r/x' PASSING XMLPARSE(DOCUMENT '<r><x>1</x></r>') COLUMNS n int PATH '.')
SELECT words @@ to_tsquery('english', 'fox & !dog'), ts_rank(words, plainto_tsquery('fox')), ts_rank_cd(words, websearch_to_tsquery('quick fox')) FROM doc
SELECT ts_headline('english', body, phraseto_tsquery('brown fox'), 'MaxWords=5, MinWords=2') FROM doc
SELECT * FROM ts_stat('SELECT words FROM doc') ORDER BY nentry DESC LIMIT 3
SELECT ts_rewrite('a & b'::tsquery, 'a'::tsquery, 'c'::tsquery), ts_debug('english', 'a fox')
SELECT setweight(words, 'A'), strip(words), numnode('a & b'::tsquery), querytree('a'::tsquery) FROM doc
SELECT similarity(name, 'c1'), name % 'c1', name <-> 'c2', word_similarity('c', name) FROM customer
SELECT unaccent('São'), levenshtein('a', 'b'), soundex('x'), metaphone('abc', 4), dmetaphone('abc')
SELECT attrs->'a', attrs ? 'a', akeys(attrs), hstore_to_json(attrs), each(attrs) FROM doc
SELECT path <@ 'top', nlevel(path), subpath(path, 0, 1), path ~ '*.sub' FROM doc
SELECT email = 'C1@X.ORG' FROM customer
SELECT crypt('a', gen_salt('md5')), digest('a', 'sha256'), encode(hmac('a', 'b', 'sha1'), 'hex')
SELECT * FROM crosstab('SELECT customer_id, status, total FROM orders ORDER BY 1, 2') AS c(customer_id int, paid numeric)
SELECT * FROM crosstab('SELECT customer_id, status::text, total FROM orders ORDER BY 1', $$VALUES ('new'), ('paid')$$) AS c(id int, n numeric, p numeric)
SELECT * FROM crosstab('SELECT 1, ''a''::text, 2'::text) AS c(a int, b int)
SELECT avg(x) FROM normal_rand(10, 5, 3) AS x
SELECT sort(ARRAY[3, 1]), ARRAY[1, 2] & ARRAY[2], '{1,2}'::int[] @@ '1&2'::query_int
SELECT at <-> point '(0,0)', at <@ box '((0,0),(5,5))', earth_distance(ll_to_earth(1, 1), ll_to_earth(2, 2)) FROM doc
SELECT circle(at, 2) @> at, area(box(at, point(0, 0))), lseg(at, point(0, 0)) ?# lseg(point(1, 0), point(0, 1)) FROM doc
SELECT during @> now(), lower(during), upper(during), isempty(during), during && tstzrange(NULL, NULL) FROM line
SELECT range_agg(int4range(id, id + 2)), int4multirange(int4range(1, 2)) FROM orders
SELECT range_merge(int4range(1, 2), int4range(5, 6)), '[1,5)'::int4range * '[3,8)'::int4range
SELECT '10.0.0.1'::inet << '10.0.0.0/8', host('10.0.0.1/8'), masklen('10.0.0.0/8'), network('10.1.2.3/8')
SELECT regexp_replace(name, '(c)(.)', '\2\1'), regexp_matches(name, 'c(\d)'), regexp_split_to_array('a,b', ','), name ~* '^C', name SIMILAR TO 'c_' FROM customer
SELECT substring(name FROM 1 FOR 2), position('c' IN name), overlay(name PLACING 'x' FROM 1), trim(BOTH 'c' FROM name), split_part(email::text, '@', 2) FROM customer
SELECT lower(name), initcap(name), lpad(name, 5, '0'), reverse(name), md5(name), format('%I %L %s', name, name, name), concat_ws('-', id, name) FROM customer
SELECT name LIKE 'c%', name ILIKE '%C%', name NOT LIKE 'x\_%' ESCAPE '\', name ^@ 'c', starts_with(name, 'c') FROM customer
SELECT name COLLATE "C" FROM customer ORDER BY name COLLATE "C" DESC NULLS LAST
SELECT id FROM orders ORDER BY total USING >
SELECT round(total, 1), ceil(total), trunc(total), mod(id, 3), id % 3, power(2, 3), sqrt(4), |/ 4.0, @ -1, 2 ^ 3, ln(2), div(7, 2) FROM orders
SELECT 7 & 3, 1 << 3, 5 # 1, ~1, 10::bit(4), get_bit('a'::bytea, 1), encode('a'::bytea, 'base64'), decode('00', 'hex'), sha256('a'::bytea)
SELECT id::text, CAST(total AS int), total::float8, '1'::int, int '1', to_number('1,2', '9,9'), to_date('2026', 'YYYY'), 'paid'::status FROM orders
SELECT enum_range(NULL::status), enum_first('new'::status), 'new'::status < 'paid'
SELECT vat(total), vat(100) FROM orders
SELECT * FROM open_orders(2)
SELECT * FROM revenue
SELECT * FROM best ORDER BY total DESC
SELECT app.schedule(1), s.invoke, schedule.id FROM app.schedule s, app.schedule LIMIT 1
SELECT orders.id, public.orders.total FROM public.orders
SELECT o FROM orders o LIMIT 1
SELECT o.* FROM orders o LIMIT 1
SELECT tag.id, (tag).name FROM (SELECT * FROM customer) tag
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(id, name) JOIN customer USING (id)
SELECT * FROM orders o(a, b) LIMIT 1
SELECT $1::int + 1
SELECT * FROM orders WHERE id = ANY ($1::int[])
SELECT 1 FROM orders WHERE status = 'paid' AND NOT (total < 1 OR total IS NULL) GROUP BY () HAVING true
SELECT schemaname, tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public'
SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r' ORDER BY reltuples DESC
SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'orders'
SELECT * FROM information_schema.table_constraints WHERE table_schema = 'public'
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'orders'::regclass
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
SELECT pg_get_viewdef('revenue'::regclass), pg_get_functiondef('vat'::regproc), pg_get_indexdef('orders_pkey'::regclass)
SELECT pg_size_pretty(pg_total_relation_size('orders')), pg_relation_size('orders'), pg_table_size('orders'), pg_indexes_size('orders'), pg_database_size(current_database())
SELECT obj_description('orders'::regclass), col_description('orders'::regclass, 1), shobj_description(1, 'pg_database')
SELECT attname, format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid) FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = 'orders'::regclass
SELECT * FROM pg_stat_user_tables
SELECT * FROM pg_stat_user_indexes WHERE idx_scan = 0
SELECT pid, state, wait_event, query FROM pg_stat_activity WHERE state <> 'idle'
SELECT * FROM pg_stat_database WHERE datname = current_database()
SELECT * FROM pg_stat_bgwriter
SELECT * FROM pg_locks WHERE NOT granted
SELECT pid, pg_blocking_pids(pid) FROM pg_stat_activity
SELECT name, setting, unit FROM pg_settings WHERE name LIKE 'work%'
SELECT extname, extversion FROM pg_extension
SELECT * FROM pg_available_extensions WHERE name = 'vector'
SELECT tablename, attname, n_distinct, most_common_vals FROM pg_stats WHERE schemaname = 'public'
SELECT rolname, rolsuper FROM pg_roles
SELECT datname, datcollate FROM pg_database
SELECT usename FROM pg_user
SELECT has_table_privilege('orders', 'SELECT'), has_schema_privilege('public', 'USAGE'), has_column_privilege('orders', 'id', 'SELECT')
SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace
SELECT to_regclass('public.orders'), 'orders'::regclass::oid, to_regtype('int')
SELECT enumlabel FROM pg_enum JOIN pg_type t ON t.oid = enumtypid WHERE typname = 'status'
SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = 'vat'
SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger
SELECT polname FROM pg_policy
SELECT sequencename, last_value FROM pg_sequences
SELECT * FROM pg_partition_tree('orders')
SELECT * FROM pgstattuple('orders')
SELECT txid_current_if_assigned(), pg_current_wal_lsn() IS NULL, pg_is_in_recovery(), pg_wal_lsn_diff('0/1', '0/0')
SELECT slot_name, active FROM pg_replication_slots
SELECT application_name, state FROM pg_stat_replication
SELECT pid, phase FROM pg_stat_progress_vacuum
SELECT pg_column_size(o.*), pg_relation_filepath('orders') FROM orders o LIMIT 1
SELECT ctid, xmin, tableoid::regclass FROM orders LIMIT 1
SELECT pg_encoding_to_char(encoding), pg_tablespace_location(0) FROM pg_database LIMIT 1
SELECT word FROM pg_get_keywords() WHERE catcode = 'R'
SELECT * FROM pg_timezone_names WHERE name = 'UTC'
SELECT c.oid FROM pg_class c WHERE pg_table_is_visible(c.oid) AND c.relname = 'orders'
SHOW work_mem
SHOW ALL
SHOW search_path
SHOW TIME ZONE
SHOW TRANSACTION ISOLATION LEVEL
SHOW server_version
EXPLAIN SELECT * FROM orders
EXPLAIN ANALYZE SELECT count(*) FROM orders
EXPLAIN (ANALYZE, BUFFERS, FORMAT json) SELECT * FROM orders JOIN line ON order_id = id
EXPLAIN (VERBOSE, COSTS off, SETTINGS) SELECT * FROM orders
EXPLAIN (ANALYZE off) DELETE FROM orders
EXPLAIN VERBOSE INSERT INTO orders (id) VALUES (99)
EXPLAIN UPDATE orders SET total = 1
EXPLAIN (FORMAT yaml) DELETE FROM line WHERE amount = 1
EXPLAIN WITH gone AS (DELETE FROM line RETURNING *) SELECT count(*) FROM gone
EXPLAIN MERGE INTO orders USING line ON order_id = id WHEN MATCHED THEN DELETE
EXPLAIN VALUES (1)
`;

/** Each is one honest read, and must answer. */
export const HONEST: readonly string[] = lines
  .trim()
  .split("\n")
  .concat(
    "-- a comment first\nSELECT 1 -- and last",
    "/* one */ SELECT /* two /* nested */ */ 1",
    "\n\t SELECT\n 1\n ;\n",
    "SELECT 'line one'\n' line two'",
  );

/** Syntax of newer servers, and of extensions that are not here: they must pass the guard. */
export const HONEST_ELSEWHERE: readonly string[] = [
  "SELECT * FROM JSON_TABLE('[1,2]', '$[*]' COLUMNS (n int PATH '$'))",
  "SELECT JSON_VALUE(extra, '$.n'), JSON_QUERY(extra, '$.list'), JSON_EXISTS(extra, '$.n') FROM customer",
  "SELECT JSON_OBJECT('a': 1), JSON_ARRAY(1, 2), JSON_OBJECTAGG(id: name), JSON_ARRAYAGG(id) FROM customer",
  "SELECT any_value(name), array_sort(ARRAY[2, 1]), uuidv7() FROM customer",
  "SELECT ST_AsGeoJSON(geom), ST_Distance(a.geom, b.geom), ST_DWithin(a.geom, b.geom, 10) FROM place a, place b",
  "SELECT ST_Area(ST_Transform(geom, 3857)), ST_Contains(geom, ST_MakePoint(1, 2)), ST_ClusterDBSCAN(geom, 5, 2) OVER () FROM place",
  "SELECT * FROM items ORDER BY embedding <-> '[1,2,3]' LIMIT 5",
  "SELECT 1 - (embedding <=> $1::vector) AS similarity, l2_distance(embedding, $1) FROM items",
  "SELECT time_bucket('5 minutes', time) AS t, first(v, time), last(v, time), locf(avg(v)) FROM m GROUP BY 1",
  "SELECT time_bucket_gapfill('1 day', time) d, interpolate(avg(v)) FROM m WHERE time > now() - interval '7 days' GROUP BY 1",
  "SELECT * FROM pgr_dijkstra('SELECT id, source, target, cost FROM edges', 1, 5, false)",
  "SELECT * FROM pgr_dijkstra('SELECT id, source, target, cost FROM edges', ARRAY[1, 2], 5, directed => true)",
  "SELECT hll_cardinality(hll_union_agg(users)), approx_percentile(0.5, percentile_agg(v)) FROM d",
  "SELECT query, calls, total_exec_time FROM pg_stat_statements ORDER BY total_exec_time DESC",
  "SELECT indexname FROM hypopg_list_indexes()",
  "SELECT * FROM cron.job",
  "SELECT h3_lat_lng_to_cell(at, 9), uuid_generate_v7(), pg_size_bytes('1 MB'), similarity(a, b) FROM t",
  "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) OVER () FROM t",
  "SELECT * FROM t WHERE body @@@ 'fox' ORDER BY paradedb.score(id) DESC",
  "SELECT jsonb_path_query_first_tz(d, '$.a.datetime()') FROM t",
];
