import { TrestleError } from "@trestle/protocol";
import type { ErrorGroup } from "../../model/error-group.ts";
import { resolveGroup } from "../commit/group-state.ts";
import { changeTask, joinTasks, type TaskState, toTask } from "../commit/task-state.ts";
import { checkChange, unknownGroup, unknownTask, wordOf } from "../people.ts";
import type { TrackerStore } from "../tracker-store.ts";
import { hashSet } from "./commit.ts";
import type { Command, Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";
import { readFields } from "./reads.ts";
import { removeTask, storeTasks } from "./task-rows.ts";
import { findTask } from "./tasks.ts";
import type { Transactions } from "./transaction.ts";

type PeopleWrites = Pick<
  TrackerStore,
  "updateTask" | "mergeTasks" | "scoreTasks" | "resolveErrors"
>;

interface Parts extends Transactions {
  readonly redis: Connection;
  readonly keys: Keys;
  readonly now: () => Promise<number>;
}

/** What people say; it counts before what was read. */
export function createPeopleWrites({ redis, keys, change, now }: Parts): PeopleWrites {
  async function find(id: string): Promise<TaskState> {
    const state = await findTask(redis, keys, id);
    if (!state) throw unknownTask(id);
    return state;
  }
  const store = (before: TaskState, after: TaskState) =>
    storeTasks(new Map([[after.id, after]]), new Map([[before.id, before]]), keys);
  const say = (fact: ReturnType<typeof wordOf>): Command => [
    "ZADD",
    keys.taskFacts(fact.taskId),
    fact.at,
    JSON.stringify(fact),
  ];

  return {
    async updateTask(id, said) {
      checkChange(said);
      return change(async () => {
        const at = await now();
        const before = await find(id);
        const state = changeTask(before, said, at);
        return {
          commands: [...store(before, state), say(wordOf(state, said, at))],
          result: toTask(state),
        };
      });
    },
    mergeTasks: (id, into, by) =>
      change(async () => {
        const [one, other] = [await find(id), await find(into)];
        if (one.id === other.id) {
          throw new TrestleError("invalid_input", `${id} and ${into} are the same task already.`);
        }
        const joined = {
          ...joinTasks(other, one),
          merged: [...other.merged, ...one.merged, one.id],
        };
        const said = { note: `merged with ${one.id}`, ...(by === undefined ? {} : { by }) };
        const commands = [
          ...removeTask(one, keys),
          ...moveTask([...one.merged, one.id], other.id, keys),
          ...store(other, joined),
          say(wordOf(joined, said, await now())),
        ];
        return { commands, result: toTask(joined) };
      }),
    scoreTasks: (scores) =>
      change(async () => {
        const states = await readFields<TaskState>(
          redis,
          keys.tasks,
          scores.map(({ taskId }) => taskId),
        );
        const scored = new Map<string, TaskState>();
        for (const { taskId, score, terms } of scores) {
          const state = states.get(taskId);
          if (state) scored.set(taskId, { ...state, score, terms });
        }
        return { commands: storeTasks(scored, states, keys), result: undefined };
      }),
    resolveErrors: (group, resolution) =>
      change(async () => {
        const found = (await readFields<ErrorGroup>(redis, keys.groups, [group])).get(group);
        if (!found) throw unknownGroup(group);
        const state = resolveGroup(found, resolution);
        return { commands: hashSet(keys.groups, [[group, state]]), result: state };
      }),
  };
}

/** From now on these are `into`, and so are the facts of the last of them. */
export function moveTask(ids: readonly string[], into: string, keys: Keys): Command[] {
  const from = keys.taskFacts(ids.at(-1) ?? into);
  return [
    ["ZUNIONSTORE", keys.taskFacts(into), 2, keys.taskFacts(into), from, "AGGREGATE", "MAX"],
    ["DEL", from],
    ...hashSet(
      keys.aliases,
      ids.map((id) => [id, into]),
    ),
  ];
}
