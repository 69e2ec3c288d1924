import { type Clock, TrestleError } from "@trestle/protocol";
import type { Sqlite, SqlStatement } from "@trestle/store";
import type { ErrorGroup } from "../../model/error-group.ts";
import { resolveGroup } from "../commit/group-state.ts";
import { changeTask, joinTasks, type TaskState, toTask } from "../commit/task-state.ts";
import { checkChange, unknownGroup, unknownTask, wordOf } from "../people.ts";
import type { TrackerStore } from "../tracker-store.ts";
import { readAliases, readTasks } from "./known.ts";
import { storeTasks } from "./task-rows.ts";
import type { Transactions } from "./transaction.ts";

type PeopleWrites = Pick<
  TrackerStore,
  "updateTask" | "mergeTasks" | "scoreTasks" | "resolveErrors"
>;

/** What people say; it counts before what was read. */
export function createPeopleWrites(
  sqlite: Sqlite,
  { change }: Transactions,
  clock: Clock,
): PeopleWrites {
  function find(id: string): TaskState {
    const real = readAliases(sqlite, [id]).get(id) ?? id;
    const state = readTasks(sqlite, [real]).get(real);
    if (!state) throw unknownTask(id);
    return state;
  }

  return {
    async updateTask(id, said) {
      checkChange(said);
      return change(() => {
        const at = clock.now();
        const before = find(id);
        const state = changeTask(before, said, at);
        const fact = wordOf(state, said, at);
        const statements = [...storeTasks(...oneTask(before, state)), storeWord(fact)];
        return { statements, result: toTask(state) };
      });
    },
    mergeTasks(id, into, by) {
      return change(() => {
        const [one, other] = [find(id), find(into)];
        if (one.id === other.id) {
          throw new TrestleError("invalid_input", `${id} and ${into} are the same task already.`);
        }
        const joined = {
          ...joinTasks(other, one),
          merged: [...other.merged, ...one.merged, one.id],
        };
        const fact = wordOf(
          joined,
          { note: `merged with ${one.id}`, ...(by === undefined ? {} : { by }) },
          clock.now(),
        );
        return {
          statements: [
            ...moveTask(one.id, other.id),
            ...storeTasks(...oneTask(other, joined)),
            storeWord(fact),
          ],
          result: toTask(joined),
        };
      });
    },
    async scoreTasks(scores) {
      await change(() => {
        const states = readTasks(
          sqlite,
          scores.map(({ taskId }) => taskId),
        );
        const scored = new Map<string, TaskState>();
        for (const { taskId, score, terms } of scores) {
          const state = states.get(taskId);
          if (state) scored.set(taskId, { ...state, score, terms });
        }
        return { statements: withRows(storeTasks(scored, states)), result: undefined };
      });
    },
    resolveErrors(group, resolution) {
      return change(() => {
        const [row] = sqlite.read('SELECT state FROM error_group WHERE "group" = ?', [group]);
        if (!row) throw unknownGroup(group);
        const state = resolveGroup(JSON.parse(String(row.state)) as ErrorGroup, resolution);
        const sql = 'UPDATE error_group SET status = ?, state = ? WHERE "group" = ?';
        return {
          statements: [{ sql, params: [state.status, JSON.stringify(state), group] }],
          result: state,
        };
      });
    },
  };
}

type States = ReadonlyMap<string, TaskState>;

function oneTask(before: TaskState, after: TaskState): [States, States] {
  return [new Map([[after.id, after]]), new Map([[before.id, before]])];
}

export function moveTask(from: string, to: string): SqlStatement[] {
  const params = { from, to };
  return [
    { sql: "UPDATE task_fact SET task = :to WHERE task = :from", params },
    { sql: "UPDATE task_alias SET task = :to WHERE task = :from", params },
    { sql: "DELETE FROM task WHERE id = :from", params: { from } },
    {
      sql: "INSERT INTO task_alias VALUES (:from, :to) ON CONFLICT DO UPDATE SET task = excluded.task",
      params,
    },
  ];
}

function storeWord(fact: ReturnType<typeof wordOf>): SqlStatement {
  return {
    sql: "INSERT INTO task_fact (task, at, body) VALUES (?, ?, ?)",
    params: [fact.taskId, fact.at, JSON.stringify(fact)],
  };
}

const withRows = (statements: readonly SqlStatement[]): SqlStatement[] =>
  statements.filter(({ each }) => each?.length !== 0);
