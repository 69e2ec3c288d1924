import type { Sqlite, SqlStatement, SqlValue } from "@trestle/store";
import { commandHead } from "../../errors/command-head.ts";
import { checkBatch } from "../commit/check-batch.ts";
import { createPlaces, firstPlace } from "../commit/places.ts";
import { type Plan, type PlannedRecord, planCommit } from "../commit/plan.ts";
import type { Sums } from "../commit/sums.ts";
import { toErrorTrace } from "../plain-traces.ts";
import { SEARCHED_KINDS, textsOf } from "../search/texts.ts";
import type { Batch, Committed } from "../tracker-store.ts";
import { readKnown } from "./known.ts";
import {
  createNumbers,
  fileNumbers,
  insertFiles,
  insertProjects,
  type Numbers,
  projectNumbers,
  sessionNumbers,
} from "./numbers.ts";
import { agentTag, dayTag } from "./tags.ts";
import { storeTasks } from "./task-rows.ts";
import { createTransactions, type Transactions } from "./transaction.ts";

export interface Committer extends Transactions {
  commit(batch: Batch, now: number): Promise<Committed>;
}

interface Numbering {
  readonly project: Numbers;
  readonly session: Numbers;
  readonly file: Numbers;
}

export function createCommitter(sqlite: Sqlite): Committer {
  const tables = [projectNumbers, sessionNumbers, fileNumbers].map((table) =>
    createNumbers(sqlite, table),
  );
  const forget = () => {
    for (const table of tables) table.forget();
  };
  const { change } = createTransactions(sqlite, forget);

  async function commit(batch: Batch, now: number): Promise<Committed> {
    checkBatch(batch);
    let keep = (): void => {};
    const committed = await change(async () => {
      const places = createPlaces(lastPlaces(sqlite, batch));
      const known = readKnown(sqlite, batch);
      const plan = await planCommit(batch, known, places);
      const [project, session, file] = tables.map((table) => table.begin());
      if (!project || !session || !file) throw new Error("Three tables are numbered.");
      keep = () => {
        for (const numbers of [project, session, file]) numbers.keep();
      };
      const rows = [
        ...storeSessions(plan, { project, session, file }),
        ...storeRecords(plan, { project, session, file }),
      ];
      const statements = [
        insertProjects(project.fresh),
        insertFiles(file.fresh),
        ...rows,
        ...storeTasks(plan.tasks, known.tasks),
        ...storeGroups(plan),
        ...storeSums(plan.sums),
        ...storeProgress(batch, now),
      ];
      return {
        statements: statements.filter(({ each }) => each?.length !== 0),
        result: plan.committed,
      };
    });
    keep();
    return committed;
  }

  return { change, commit };
}

/** Those that the times of a batch have are read at once: one by one they cost nearly three times as much. */
function lastPlaces(
  sqlite: Sqlite,
  { records }: Batch,
): (from: number, to: number) => number | undefined {
  const spans = [...new Set(records.map(({ at }) => at))].map((at) => [
    ...[firstPlace(at), firstPlace(at + 1)],
  ]);
  const rows = sqlite.read(
    `SELECT value ->> 0 AS first,
      (SELECT max(place) FROM record WHERE place >= value ->> 0 AND place < value ->> 1) AS last
    FROM json_each(?)`,
    [JSON.stringify(spans)],
  );
  const known = new Map(rows.map(({ first, last }) => [Number(first), last]));
  return (from, to) => {
    const found = known.has(from)
      ? known.get(from)
      : sqlite.read("SELECT max(place) AS last FROM record WHERE place >= ? AND place < ?", [
          ...[from, to],
        ])[0]?.last;
    return found == null ? undefined : Number(found);
  };
}

function storeSessions({ sessions }: Plan, numbers: Numbering): SqlStatement[] {
  const rows = [...sessions.values()].map((session) => [
    numbers.session.of(session.id),
    session.id,
    numbers.project.of(session.project),
    session.agent ?? null,
    session.lastAt,
    JSON.stringify(session),
  ]);
  return [
    {
      sql: `INSERT INTO session (n, id, project, agent, last_at, body) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (n) DO UPDATE SET project = excluded.project, agent = excluded.agent,
          last_at = excluded.last_at, body = excluded.body`,
      each: rows,
    },
  ];
}

function storeRecords({ records, sessions, responses }: Plan, numbers: Numbering): SqlStatement[] {
  const words: SqlValue[][] = [];
  const rows = records.map((planned) => {
    const { place, record, project } = planned;
    const session = numbers.session.of(record.sessionId);
    const agent = sessions.get(record.sessionId)?.agent;
    const tags = [
      `s${session}`,
      `p${numbers.project.of(project)}`,
      dayTag(record.at),
      agent ? agentTag(agent) : "",
    ];
    const indexed = wordsOf(planned, tags.join(" "));
    if (indexed) words.push(indexed);
    const file = numbers.file.of(JSON.stringify([record.origin.source, record.origin.path]));
    return [
      ...[place, record.id, session, file],
      ...[record.laneId ?? null, record.at, toBody(planned), toFacts(planned)],
    ];
  });
  return [
    { sql: `INSERT INTO record VALUES (${marks(8)})`, each: rows },
    {
      sql: "UPDATE turn SET records = records + ?",
      each: rows.length === 0 ? [] : [[rows.length]],
    },
    {
      sql: `INSERT INTO words (rowid, ${SEARCHED_KINDS.join(", ")}, tags) VALUES (${marks(9)})`,
      each: words,
    },
    ...storeFacts(records, numbers),
    {
      sql: "INSERT INTO response VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
      each: [...responses].map(([id, fact]) => [id, JSON.stringify(fact)]),
    },
  ];
}

/** What is asked for by itself; all facts of a record stand in its row too. */
function storeFacts(records: readonly PlannedRecord[], numbers: Numbering): SqlStatement[] {
  const events: SqlValue[][] = [];
  const runs: SqlValue[][] = [];
  const edits: SqlValue[][] = [];
  const taskFacts: SqlValue[][] = [];
  for (const { place, record, facts } of records) {
    const session = numbers.session.of(record.sessionId);
    for (const [n, fact] of facts.errors.entries()) {
      const { at, group, project } = fact;
      const trace = JSON.stringify(toErrorTrace(fact));
      events.push([place, n, at, group, numbers.project.of(project), session, trace]);
    }
    for (const [n, { at, command, test, project, ok, tool }] of facts.runs.entries()) {
      runs.push([
        ...[place, n, at, command, test ? 1 : 0, numbers.project.of(project), session],
        ...[ok ? 1 : 0, tool, commandHead(command)],
      ]);
    }
    for (const [n, { at, path, project }] of facts.edits.entries()) {
      edits.push([place, n, at, path, numbers.project.of(project), session]);
    }
    for (const fact of facts.tasks) {
      taskFacts.push([fact.taskId, fact.taskId, fact.at, place, JSON.stringify(fact)]);
    }
  }
  return [
    { sql: `INSERT INTO error_event VALUES (${marks(7)})`, each: events },
    { sql: `INSERT INTO run VALUES (${marks(10)})`, each: runs },
    { sql: `INSERT INTO edit VALUES (${marks(6)})`, each: edits },
    {
      sql: `INSERT INTO task_fact (task, at, place, body)
        VALUES (coalesce((SELECT task FROM task_alias WHERE id = ?), ?), ?, ?, ?)`,
      each: taskFacts,
    },
  ];
}

/** Undefined where there is nothing to search. */
function wordsOf({ place, record }: PlannedRecord, tags: string): SqlValue[] | undefined {
  const texts = textsOf(record);
  if (texts.length === 0) return undefined;
  const columns = SEARCHED_KINDS.map((kind) => {
    const own = texts.filter((text) => text.kind === kind);
    return own.length === 0 ? null : own.map(({ text }) => text).join("\n");
  });
  return [place, ...columns, tags];
}

/** Without what stands in columns of its own. */
function toBody({ record }: PlannedRecord): string {
  const { id, sessionId, laneId, at, origin, ...rest } = record;
  const { source, path, ...position } = origin;
  return JSON.stringify({ ...rest, ...position });
}

function toFacts({ facts }: PlannedRecord): string | null {
  const present = Object.entries(facts).filter(([, all]) => all.length > 0);
  return present.length === 0 ? null : JSON.stringify(Object.fromEntries(present));
}

function storeGroups({ groups }: Plan): SqlStatement[] {
  return [
    {
      sql: `INSERT INTO error_group VALUES (${marks(9)}) ON CONFLICT DO UPDATE SET status = excluded.status,
        first_at = excluded.first_at, last_at = excluded.last_at, count = excluded.count, state = excluded.state`,
      each: [...groups.values()].map((group) => [
        ...[group.group, group.family, group.class, group.component, group.status],
        ...[group.firstAt, group.lastAt, group.count, JSON.stringify(group)],
      ]),
    },
  ];
}

function storeSums({ errors, runs, edits, usage }: Sums): SqlStatement[] {
  return [
    {
      sql: "INSERT INTO error_sum VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
      each: errors.map(({ span, project, group, count }) => [span, project, group, count]),
    },
    {
      sql: `INSERT INTO run_sum VALUES (${marks(6)}) ON CONFLICT DO UPDATE
        SET ok = ok + excluded.ok, failed = failed + excluded.failed`,
      each: runs.map((run) => [
        run.day,
        run.project,
        run.command,
        run.test ? 1 : 0,
        run.ok,
        run.failed,
      ]),
    },
    {
      sql: "INSERT INTO edit_sum VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
      each: edits.map(({ day, project, path, count }) => [day, project, path, count]),
    },
    {
      sql: `INSERT INTO usage_sum VALUES (${marks(10)}) ON CONFLICT DO UPDATE SET
        responses = responses + excluded.responses, input = input + excluded.input,
        output = output + excluded.output, cache_read = cache_read + excluded.cache_read,
        cache_write = cache_write + excluded.cache_write,
        cache_write_hour = cache_write_hour + excluded.cache_write_hour`,
      each: usage.map((row) => [
        ...[row.hour, row.sessionId, row.project, row.model, row.responses],
        ...[row.inputTokens, row.outputTokens, row.cacheReadTokens],
        ...[row.cacheWriteTokens, row.cacheWriteHourTokens],
      ]),
    },
  ];
}

function storeProgress({ cursor, memories, skipped }: Batch, now: number): SqlStatement[] {
  return [
    {
      sql: `INSERT INTO cursor VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET source = excluded.source, body = excluded.body`,
      each: cursor ? [[cursor.key, cursor.source, JSON.stringify(cursor)]] : [],
    },
    {
      sql: "INSERT INTO memory VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
      each: [...memories].filter(([, body]) => body !== ""),
    },
    {
      sql: "DELETE FROM memory WHERE key = ?",
      each: [...memories].filter(([, body]) => body === "").map(([key]) => [key]),
    },
    {
      sql: `INSERT INTO skipped VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
        SET count = count + excluded.count, last_at = excluded.last_at`,
      each: [...skipped].map(([reason, count]) => [cursor?.source ?? "", reason, count, now]),
    },
  ];
}

const marks = (count: number): string => Array.from({ length: count }, () => "?").join(", ");
