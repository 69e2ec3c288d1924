import type { Migration } from "@trestle/store";

/**
 * A record's `place` begins with its time (see `commit/places.ts`): whatever is asked newest first, or of a
 * span of time, is a range of it, in the index of words as well. Texts stand once, in `record.body`: the index
 * of words keeps none. What a record shows stands beside it in `facts`; the tables of facts only find it.
 */
const records = `
CREATE TABLE turn (one INTEGER PRIMARY KEY CHECK (one = 1), commits INTEGER NOT NULL, horizon INTEGER NOT NULL,
  records INTEGER NOT NULL);
INSERT INTO turn VALUES (1, 0, -1, 0);
CREATE TABLE cursor (key TEXT PRIMARY KEY, source TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE memory (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, fence INTEGER NOT NULL, until INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE project (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE file (n INTEGER PRIMARY KEY, source TEXT NOT NULL, path TEXT NOT NULL, UNIQUE (source, path));
CREATE TABLE session (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project INTEGER NOT NULL, agent TEXT,
  last_at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX session_last ON session (last_at, n);
CREATE TABLE record (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, session INTEGER NOT NULL,
  file INTEGER NOT NULL, lane TEXT, at INTEGER NOT NULL, body TEXT NOT NULL, facts TEXT);
CREATE INDEX record_session ON record (session, place);
CREATE VIRTUAL TABLE words USING fts5 (prompt, reply, thinking, call, result, notice, line, tags,
  content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
`;

const facts = `
CREATE TABLE error_event (place INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, "group" TEXT NOT NULL,
  project INTEGER NOT NULL, session INTEGER NOT NULL, PRIMARY KEY (place, n)) WITHOUT ROWID;
CREATE INDEX error_event_group ON error_event ("group", place, n);
CREATE INDEX error_event_session ON error_event (session, place, n);
CREATE TABLE run (place INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, command TEXT NOT NULL,
  test INTEGER NOT NULL, project INTEGER NOT NULL, session INTEGER NOT NULL, PRIMARY KEY (place, n)) WITHOUT ROWID;
CREATE INDEX run_command ON run (command, place, n);
CREATE INDEX run_session ON run (session, place, n);
CREATE TABLE edit (place INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, path TEXT NOT NULL,
  project INTEGER NOT NULL, session INTEGER NOT NULL, PRIMARY KEY (place, n)) WITHOUT ROWID;
CREATE INDEX edit_path ON edit (path, place, n);
CREATE INDEX edit_session ON edit (session, place, n);
CREATE TABLE response (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE task_fact (n INTEGER PRIMARY KEY, task TEXT NOT NULL, at INTEGER NOT NULL, place INTEGER, body TEXT NOT NULL);
CREATE INDEX task_fact_task ON task_fact (task, at);
CREATE INDEX task_fact_place ON task_fact (place) WHERE place IS NOT NULL;
`;

/** What is asked often is kept ready, and changed with each batch. */
const folded = `
CREATE TABLE task (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, status TEXT NOT NULL, project TEXT NOT NULL,
  source TEXT NOT NULL, priority REAL NOT NULL, confidence REAL NOT NULL, created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, finished_at INTEGER, state TEXT NOT NULL);
CREATE INDEX task_order ON task (status, project, priority, updated_at, created_at, source, confidence, finished_at, n);
CREATE VIRTUAL TABLE task_words USING fts5 (text, content='', contentless_delete=1,
  tokenize='unicode61 remove_diacritics 2');
CREATE TABLE task_session (session TEXT NOT NULL, task TEXT NOT NULL, PRIMARY KEY (session, task)) WITHOUT ROWID;
CREATE TABLE task_alias (id TEXT PRIMARY KEY, task TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX task_alias_task ON task_alias (task);
CREATE TABLE error_group ("group" TEXT PRIMARY KEY, family TEXT NOT NULL, class TEXT NOT NULL, component TEXT NOT NULL,
  status TEXT NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, count INTEGER NOT NULL,
  state TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX error_group_last ON error_group (last_at);
CREATE TABLE error_sum (span INTEGER NOT NULL, project TEXT NOT NULL, "group" TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (span, project, "group")) WITHOUT ROWID;
CREATE INDEX error_sum_group ON error_sum ("group", span, project, count);
CREATE TABLE run_sum (day INTEGER NOT NULL, project TEXT NOT NULL, command TEXT NOT NULL, test INTEGER NOT NULL,
  ok INTEGER NOT NULL, failed INTEGER NOT NULL, PRIMARY KEY (day, project, command)) WITHOUT ROWID;
CREATE TABLE edit_sum (day INTEGER NOT NULL, project TEXT NOT NULL, path TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (day, project, path)) WITHOUT ROWID;
CREATE TABLE usage_sum (hour INTEGER NOT NULL, session TEXT NOT NULL, project TEXT NOT NULL, model TEXT NOT NULL,
  responses INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL, cache_write_hour INTEGER NOT NULL, PRIMARY KEY (hour, session, project, model))
  WITHOUT ROWID;
CREATE INDEX usage_sum_session ON usage_sum (session);
`;

const kept = `
CREATE TABLE source (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE skipped (source TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, last_at INTEGER NOT NULL,
  PRIMARY KEY (source, reason)) WITHOUT ROWID;
CREATE TABLE document (kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE history (kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (kind, key, at)) WITHOUT ROWID;
`;

/** Whoever deletes a record, by retention or by quota, deletes what stands on it; the horizon keeps it away. */
const deletion = `
CREATE TRIGGER record_deleted AFTER DELETE ON record BEGIN
  DELETE FROM words WHERE rowid = old.place;
  DELETE FROM error_event WHERE place = old.place;
  DELETE FROM run WHERE place = old.place;
  DELETE FROM edit WHERE place = old.place;
  DELETE FROM task_fact WHERE place = old.place;
  UPDATE turn SET records = records - 1, horizon = max(horizon, old.at);
END;
CREATE TRIGGER task_deleted AFTER DELETE ON task BEGIN
  DELETE FROM task_words WHERE rowid = old.n;
  DELETE FROM task_session WHERE task = old.id;
  DELETE FROM task_fact WHERE task = old.id;
  DELETE FROM task_alias WHERE task = old.id;
END;
`;

/** A response is known as long as the record that told of it last. */
const responses = `
DROP TRIGGER record_deleted;
CREATE TRIGGER record_deleted AFTER DELETE ON record BEGIN
  DELETE FROM words WHERE rowid = old.place;
  DELETE FROM error_event WHERE place = old.place;
  DELETE FROM run WHERE place = old.place;
  DELETE FROM edit WHERE place = old.place;
  DELETE FROM task_fact WHERE place = old.place;
  DELETE FROM response WHERE id IN (SELECT value ->> '$.responseId' FROM json_each(old.facts, '$.usage'))
    AND body ->> '$.recordId' = old.id;
  UPDATE turn SET records = records - 1, horizon = max(horizon, old.at);
END;
`;

/**
 * What analyses read of many facts stands in the rows of the facts and in their indexes: records, which are long, are
 * not opened for it. Heads of commands that were stored before are filled in by the program that opens the file. Sums of
 * days are kept over all projects too: most questions are about all of them.
 */
const traces = `
ALTER TABLE error_event ADD COLUMN trace TEXT NOT NULL DEFAULT '';
UPDATE error_event SET trace = (SELECT json_object('recordId', fact ->> '$.recordId', 'sessionId', fact ->> '$.sessionId',
    'at', at, 'group', "group", 'component', fact ->> '$.component', 'class', fact ->> '$.class',
    'files', json(fact -> '$.files'), 'phase', fact ->> '$.phase.name')
  FROM (SELECT facts -> ('$.errors[' || error_event.n || ']') AS fact FROM record WHERE place = error_event.place));
UPDATE error_event SET trace = json_remove(trace, '$.phase') WHERE trace ->> '$.phase' IS NULL;
DROP INDEX error_event_group;
CREATE INDEX error_event_group ON error_event ("group", place, n, at);

ALTER TABLE run ADD COLUMN ok INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN tool TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN head TEXT NOT NULL DEFAULT '';
UPDATE run SET (ok, tool) = (SELECT fact ->> '$.ok', fact ->> '$.tool'
  FROM (SELECT facts -> ('$.runs[' || run.n || ']') AS fact FROM record WHERE place = run.place));
DROP INDEX run_command;
CREATE INDEX run_command ON run (command, place, n, at, ok, tool, project, session);
CREATE INDEX run_head ON run (project, head, place, n, at, ok);
CREATE INDEX run_tool ON run (project, tool, place, n, at, ok);
CREATE TABLE headless (command TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO headless SELECT DISTINCT command FROM run;

DROP INDEX edit_session;
CREATE INDEX edit_session ON edit (session, place, n, at);

CREATE TABLE run_day_sum (day INTEGER NOT NULL, command TEXT NOT NULL, test INTEGER NOT NULL,
  ok INTEGER NOT NULL, failed INTEGER NOT NULL, PRIMARY KEY (day, command)) WITHOUT ROWID;
INSERT INTO run_day_sum SELECT day, command, max(test), sum(ok), sum(failed) FROM run_sum GROUP BY day, command;
CREATE TRIGGER run_sum_added AFTER INSERT ON run_sum BEGIN
  INSERT INTO run_day_sum VALUES (new.day, new.command, new.test, new.ok, new.failed) ON CONFLICT DO UPDATE
    SET test = max(test, excluded.test), ok = ok + excluded.ok, failed = failed + excluded.failed;
END;
CREATE TRIGGER run_sum_changed AFTER UPDATE ON run_sum BEGIN
  UPDATE run_day_sum SET test = max(test, new.test), ok = ok + new.ok - old.ok,
    failed = failed + new.failed - old.failed WHERE day = new.day AND command = new.command;
END;
CREATE TABLE edit_day_sum (day INTEGER NOT NULL, path TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (day, path)) WITHOUT ROWID;
INSERT INTO edit_day_sum SELECT day, path, sum(count) FROM edit_sum GROUP BY day, path;
CREATE TRIGGER edit_sum_added AFTER INSERT ON edit_sum BEGIN
  INSERT INTO edit_day_sum VALUES (new.day, new.path, new.count) ON CONFLICT DO UPDATE
    SET count = count + excluded.count;
END;
CREATE TRIGGER edit_sum_changed AFTER UPDATE ON edit_sum BEGIN
  UPDATE edit_day_sum SET count = count + new.count - old.count WHERE day = new.day AND path = new.path;
END;
`;

export const migrations: readonly Migration[] = [
  { name: "records, tasks, errors", sql: records + facts + folded + kept + deletion },
  { name: "responses go with their records", sql: responses },
  { name: "traces of facts", sql: traces },
];
