import { commandHead } from "../errors/command-head.ts";
import type { ErrorFact, RunFact } from "../model/facts.ts";
import type { FactQuery, Page, Paging } from "./queries.ts";
import {
  type ErrorCourse,
  type ErrorTrace,
  FIRST_SEEN,
  type Seen,
  type SessionSpan,
  type TraceQuery,
  type TraceReads,
  type Tries,
  type TriesQuery,
} from "./traces.ts";
import type { TrackerStore } from "./tracker-store.ts";

const PAGE = 1_000;

/** Traces made of the facts themselves: a store that keeps nothing else reads each of them whole. */
export function createPlainTraces(
  store: Pick<TrackerStore, "errorEvents" | "runs" | "edits" | "tasks">,
): TraceReads {
  return {
    async errorTraces(query) {
      const errors = await upTo(query.limit, (page) =>
        store.errorEvents({ ...newest(query), ...page }),
      );
      return errors.map(toErrorTrace);
    },
    async runTraces({ command, ...query }) {
      const asked = { ...newest(query), ...(command !== undefined && { command }) };
      const runs = await upTo(query.limit, (page) => store.runs({ ...asked, ...page }));
      return runs.map(({ at, tool, ok, ...run }) => ({
        ...{ ref: run.recordId, session: run.sessionId, project: run.project },
        ...{ at, command: run.command, tool, ok },
      }));
    },
    async editTraces({ path, ...query }) {
      const asked = { ...newest(query), ...(path !== undefined && { path }) };
      const edits = await upTo(query.limit, (page) => store.edits({ ...asked, ...page }));
      return edits.map((edit) => ({
        ...{ ref: edit.recordId, session: edit.sessionId, project: edit.project },
        ...{ at: edit.at, path: edit.path },
      }));
    },
    recordIds: async (refs) => Object.fromEntries(refs.map((ref) => [ref, ref])),
    areEdited: (spans) => areEdited(store, spans),
    async errorCourse({ group, at }) {
      const errors = await all((page) => store.errorEvents({ group, ...page }));
      return courseOf(errors, at);
    },
    async tries({ project, by, after }) {
      const runs = await all((page) => store.runs({ project, from: after + 1, ...page }));
      return triesOf(runs, { by, after });
    },
    async finishedTasks({ from, to, project, limit }) {
      const time = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
      const asked = {
        ...{ statuses: ["done"] as const, order: "updated" as const, updated: time },
        ...(project !== undefined && { project }),
      };
      const done = await upTo(limit, (page) => store.tasks({ ...asked, ...page }));
      return done.map(({ id, createdAt, statusAt }) => ({ id, createdAt, statusAt }));
    },
  };
}

/** `errors` in the order of time. */
export function courseOf(errors: readonly Seen[], at: number): ErrorCourse {
  const before = errors.filter((error) => error.at <= at);
  const after = errors.filter((error) => error.at > at);
  const last = before.at(-1);
  return {
    before: before.length,
    ...(last && { lastBefore: toSeen(last) }),
    after: after.length,
    firstAfter: after.slice(0, FIRST_SEEN).map(toSeen),
  };
}

/** `runs` in the order of time. */
export function triesOf(
  runs: readonly (Seen & Pick<RunFact, "command" | "tool" | "ok">)[],
  { by, after }: Pick<TriesQuery, "by" | "after">,
): Tries {
  const tried = runs.filter(
    ({ at, command, tool }) =>
      at > after && ("tool" in by ? tool === by.tool : commandHead(command) === by.head),
  );
  const succeeded = tried.filter(({ ok }) => ok);
  return {
    tried: tried.length,
    succeeded: succeeded.length,
    firstSucceeded: succeeded.slice(0, FIRST_SEEN).map(toSeen),
  };
}

/** What a store keeps of an error for its trace. */
export function toErrorTrace({ phase, ...error }: ErrorFact): ErrorTrace {
  const { recordId, sessionId, at, group, component, files } = error;
  return {
    ...{ recordId, sessionId, at, group, component, class: error.class, files },
    ...(phase !== undefined && { phase: phase.name }),
  };
}

async function areEdited(
  store: Pick<TrackerStore, "edits">,
  spans: readonly SessionSpan[],
): Promise<boolean[]> {
  const times = new Map<string, readonly number[]>();
  for (const [sessionId, own] of Map.groupBy(spans, ({ session }) => session)) {
    const from = Math.min(...own.map(({ after }) => after)) + 1;
    const to = Math.max(...own.map(({ until }) => until)) + 1;
    const edits = await all((page) => store.edits({ sessionId, from, to, ...page }));
    times.set(
      sessionId,
      edits.map(({ at }) => at),
    );
  }
  return spans.map(({ session, after, until }) =>
    (times.get(session) ?? []).some((at) => at > after && at <= until),
  );
}

function newest({ from, to, project }: TraceQuery): FactQuery {
  return {
    newest: true,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(project !== undefined && { project }),
  };
}

type ReadPage<Item> = (page: Paging) => Promise<Page<Item>>;

const all = <Item>(read: ReadPage<Item>): Promise<Item[]> => upTo(Number.POSITIVE_INFINITY, read);

/** Those of as many pages as it takes. */
async function upTo<Item>(most: number, read: ReadPage<Item>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(PAGE, most - items.length);
    const page = await read({ limit, ...(cursor !== undefined && { cursor }) });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < most);
  return items;
}

const toSeen = ({ recordId, at }: Seen): Seen => ({ recordId, at });
