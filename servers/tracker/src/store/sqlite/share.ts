import type { Clock, JsonValue, Logger } from "@trestle/protocol";
import { shareFolder } from "@trestle/store";
import type { TrackerStore } from "../tracker-store.ts";
import { exportLines, importLines, type MovableStore } from "../transfer.ts";
import { openSqliteStore } from "./open.ts";

export interface SharedStoreOptions {
  readonly folder: string;
  readonly clock?: Clock;
  readonly log?: Logger;
}

export interface SharedStore extends TrackerStore {
  /** What only one process may do, such as reading sources, the owner does. `idle` before the first call. */
  role(): "owner" | "joined" | "idle";
}

type Method = Exclude<keyof MovableStore, "exportLines" | "importLines" | "close">;

/** Whether each may be asked again where the owner died under it; a write may have happened. */
const REPEATABLE: Readonly<Record<Method, boolean>> = {
  commit: false,
  cursor: true,
  cursors: true,
  forgetCursors: true,
  memories: true,
  takeLease: true,
  releaseLease: true,
  session: true,
  sessions: true,
  record: true,
  records: true,
  search: true,
  task: true,
  tasks: true,
  countTasks: true,
  updateTask: false,
  mergeTasks: false,
  scoreTasks: true,
  errorGroup: true,
  errorGroups: true,
  errorCounts: true,
  errorEvents: true,
  resolveErrors: true,
  runs: true,
  edits: true,
  runSums: true,
  editSums: true,
  usage: true,
  errorTraces: true,
  runTraces: true,
  editTraces: true,
  recordIds: true,
  areEdited: true,
  errorCourse: true,
  tries: true,
  finishedTasks: true,
  sources: true,
  putSource: true,
  removeSource: false,
  skipped: true,
  putDocuments: true,
  document: true,
  documents: true,
  history: true,
  removeDocuments: true,
  retain: true,
  stats: true,
  give: true,
  take: true,
  giveRecords: true,
};

/**
 * The store of a folder for all processes that use it: the first to ask opens it, the others ask that one, and
 * when it dies the next to ask takes over. Nothing is opened before the first call.
 */
export function shareSqliteStore(options: SharedStoreOptions): SharedStore {
  const { folder, log } = options;
  const shared = shareFolder({
    path: folder,
    ...(log ? { log } : {}),
    async open() {
      const store = await openSqliteStore(options);
      return {
        knows: (method) => Object.hasOwn(REPEATABLE, method),
        answer: (method, payload) => answer(store, method, payload),
        close: () => store.close(),
      };
    },
  });
  const call =
    (method: Method) =>
    async (...given: readonly unknown[]) => {
      const answered = await shared.call(method, enclosed(given), {
        repeatable: REPEATABLE[method],
      });
      return taken(answered)[0];
    };
  const calls = Object.fromEntries(
    (Object.keys(REPEATABLE) as Method[]).map((name) => [name, call(name)]),
  );
  const store = calls as unknown as Pick<MovableStore, Method>;
  return {
    ...store,
    exportLines: () => exportLines(store),
    importLines: (lines) => importLines(store, lines),
    role: shared.role,
    close: shared.close,
  };
}

async function answer(store: MovableStore, method: string, payload: JsonValue): Promise<JsonValue> {
  if (!Object.hasOwn(REPEATABLE, method)) throw new Error(`The store has no ${method}.`);
  const run = store[method as Method] as (...given: readonly unknown[]) => Promise<unknown>;
  return enclosed([await run(...taken(payload))]);
}

/** Values, which become text only where they leave the process: the owner's own calls stay as they are. */
interface Enclosed {
  readonly values: readonly unknown[];
  toJSON(): string;
}

function enclosed(values: readonly unknown[]): JsonValue {
  const enclosure: Enclosed = { values, toJSON: () => toWire(values) };
  return enclosure as unknown as JsonValue;
}

function taken(payload: JsonValue): readonly unknown[] {
  return typeof payload === "string" ? fromWire(payload) : (payload as unknown as Enclosed).values;
}

/** As text, since JSON has no maps; what was left out stays so. */
function toWire(values: readonly unknown[]): string {
  const given = values.slice(0, values.findLastIndex((value) => value !== undefined) + 1);
  // Asking about each value in it costs many times as much as the rest.
  if (!given.some(hasMaps)) return JSON.stringify(given);
  return JSON.stringify(given, (_, value) =>
    value instanceof Map ? { [MAP]: [...value] } : value,
  );
}

/** Of all that a store takes and gives, only memories and fields of batches are maps. */
function hasMaps(value: unknown): boolean {
  if (value instanceof Map) return true;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).some((field) => field instanceof Map);
}

function fromWire(text: string): unknown[] {
  if (!text.includes(WRITTEN_MAP)) return JSON.parse(text);
  return JSON.parse(text, (_, value) =>
    Array.isArray(value?.[MAP]) ? new Map(value[MAP]) : value,
  );
}

/** No key of ours, nor one that an agent would write. */
const MAP = "\u0000map";
const WRITTEN_MAP = JSON.stringify(MAP);
