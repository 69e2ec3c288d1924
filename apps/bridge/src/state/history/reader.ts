import { isTrestleError, type Logger, messageOf } from "@trestle/protocol";
import type { ExecutionFamily, HistoryFilter, HistoryPage, HistoryStore } from "./history.ts";
import type { Execution } from "./rows.ts";
import {
  type HistorySource,
  isLater,
  placeOf,
  readCursor,
  type SourceFilter,
  toCursor,
} from "./source.ts";

export interface ReadFilter extends Omit<HistoryFilter, "before"> {
  /** The `next` of the page before: a number of this home's own history, or a place in that of several. */
  readonly before?: number | string;
}

export interface ReadPage extends Omit<HistoryPage, "next"> {
  readonly next?: number | string;
  /** What is missing because somebody did not answer. */
  readonly problem?: string;
}

/** All that can be read of what was called: here, and wherever else it is kept. */
export interface HistoryReader {
  list(filter?: ReadFilter): Promise<ReadPage>;
  get(executionId: string): Promise<ExecutionFamily | undefined>;
}

export interface ReaderParts {
  readonly own: HistoryStore;
  /** Those that there are now, in the order in which they are believed, after our own. Left out: there never are any. */
  readonly others?: (() => readonly HistorySource[]) | undefined;
  /** Of several bridges, this one: its rows say so. */
  readonly replica?: string | undefined;
  readonly log: Logger;
}

const DEFAULT_LIMIT = 100;

/** Asks our own history and all others at once. Whoever does not answer is told of, and delays nobody else. */
export function createHistoryReader(parts: ReaderParts): HistoryReader {
  const { own, others, replica, log } = parts;
  if (others === undefined) return own;
  const here = replica === undefined ? own : ofReplica(own, replica);

  async function askAll<Answer>(ask: (source: HistorySource) => Promise<Answer>) {
    const sources = [here, ...(others?.() ?? [])];
    const ends = await Promise.allSettled(sources.map(async (source) => ask(source)));
    const silent: string[] = [];
    const answers = ends.flatMap((end, index) => {
      if (end.status === "fulfilled") return [end.value];
      const { reason } = end;
      const { name = "" } = sources[index] ?? {};
      if (!isTrestleError(reason) || reason.code !== "unavailable" || index === 0) throw reason;
      log.debug("A part of the history cannot be read", { name, error: messageOf(reason) });
      silent.push(name);
      return [];
    });
    return { answers, silent };
  }

  return {
    async list({ before, limit = DEFAULT_LIMIT, ...asked } = {}) {
      if (typeof before === "number") return own.list({ ...asked, limit, before });
      const place = before === undefined ? {} : { before: readCursor(before) };
      // One more than asked for tells whether there is another page.
      const filter: SourceFilter = { ...asked, ...place, limit: limit + 1 };
      const { answers, silent } = await askAll((source) => source.newest(filter));
      const merged = merge(answers);
      const executions = merged.slice(0, limit);
      const last = executions.at(-1);
      const next = merged.length > limit && last ? { next: toCursor(placeOf(last)) } : {};
      return { executions, ...next, ...sayMissing(silent) };
    },
    async get(executionId) {
      const { answers } = await askAll((source) => source.get(executionId));
      const families = answers.filter((family) => family !== undefined);
      const [execution] = merge(families.map((family) => [family.execution]));
      if (!execution) return undefined;
      const children = merge(families.map((family) => family.children)).toReversed();
      return { execution, children };
    },
  };
}

/** Each execution once, as whoever saw its end knows it. The latest first. */
function merge(lists: readonly (readonly Execution[])[]): Execution[] {
  const found = new Map<string, Execution>();
  for (const each of lists.flat()) {
    const known = found.get(each.executionId);
    if (!known || known.outcome === "started") found.set(each.executionId, each);
  }
  return [...found.values()].sort((a, b) => (isLater(placeOf(a), placeOf(b)) ? -1 : 1));
}

/** The same history, whose rows tell where they are from. */
export function ofReplica(source: HistorySource, replica: string): HistorySource {
  const marked = (execution: Execution): Execution => ({ ...execution, replica });
  return {
    name: source.name,
    newest: async (filter) => (await source.newest(filter)).map(marked),
    async get(executionId) {
      const found = await source.get(executionId);
      return found && { execution: marked(found.execution), children: found.children.map(marked) };
    },
  };
}

/** `silent`: as people are told of them. */
export function sayMissing(silent: readonly string[]): { readonly problem?: string } {
  if (silent.length === 0) return {};
  return { problem: `${silent.join(" and ")} did not answer: what only they keep is missing.` };
}
