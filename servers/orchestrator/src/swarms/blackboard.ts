import { randomUUID } from "node:crypto";
import {
  type CallHost,
  type Clock,
  isJsonObject,
  isRpcError,
  isTrestleError,
  type JsonObject,
  type JsonValue,
  messageOf,
  structuredAnswer,
  TrestleError,
} from "@trestle/protocol";
import { checkValue, conflictOf, found, type MemorySearch, nothingKept } from "./core/memory.ts";
import type { MemoryRecord } from "./model.ts";
import type { MemoryPut } from "./requests.ts";

/**
 * The memory of one swarm in an object of class `kv` that another server keeps, in the name of one caller. Refuses as
 * the memory of swarms does; what the other server fails with names the setting.
 */
export interface Blackboard {
  /** Version 0 of what was taken away: that nothing is there. */
  put(request: MemoryPut, by: string): Promise<MemoryRecord>;
  get(key: string): Promise<MemoryRecord>;
  search(asked: MemorySearch): Promise<MemoryRecord[]>;
  /** With its history. */
  forget(): Promise<void>;
}

export interface BlackboardParts {
  readonly host: CallHost;
  /** Id of the server that keeps it. */
  readonly server: string;
  readonly swarm: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** As many entries are asked for at once; fewer where they are large. */
const PAGE = 256;

export function createBlackboard(parts: BlackboardParts): Blackboard {
  const object = { class: "kv", id: `swarm.${parts.swarm}` };

  /** Makes the object with its first use: that there is none is told as that there is no such server. */
  async function ask(method: string, args: JsonObject): Promise<JsonObject> {
    const call = () => askServer(parts, "object_call", { ...object, method, args });
    const { result } = await call().catch(async (error: unknown) => {
      if (!isTrestleError(error) || error.code !== "not_found") throw error;
      await askServer(parts, "object_initialize", object);
      return call();
    });
    return isJsonObject(result) ? result : {};
  }

  return {
    async put({ key, value, ifVersion: version }, by) {
      checkValue(value);
      const at = parts.clock.now();
      const expected = version === undefined ? {} : { version };
      try {
        const { version: next } =
          value === null
            ? await ask("delete", { key, ...expected })
            : await ask("put", { key, value: { value, by, at }, ...expected });
        return { key, version: Number(next ?? 0), value, by, at };
      } catch (error) {
        const has = isTrestleError(error) && error.code === "conflict" && error.details?.version;
        if (typeof has !== "number" || version === undefined) throw error;
        throw conflictOf(key, has, version);
      }
    },
    async get(key) {
      const { value = null, version = 0 } = await ask("get", { key });
      const record = toRecord({ key, value, version });
      if (record === undefined) throw nothingKept(key);
      return record;
    },
    async search(asked) {
      const records: MemoryRecord[] = [];
      for await (const entry of entriesOf(ask, asked.prefix ?? "")) {
        const record = toRecord(entry);
        if (record !== undefined) records.push(record);
      }
      return found(records, asked);
    },
    async forget() {
      const name = `kv/${object.id}`;
      try {
        await askServer(parts, "object_initialize", object);
        await askServer(parts, "object_delete", { ...object, confirm: name });
      } catch (error) {
        if (!isTrestleError(error)) throw error;
        const { code, message } = error;
        const told = `The swarm is destroyed, and its memory ${name} is still there: call object_delete. ${message}`;
        throw new TrestleError(code, told, { cause: error });
      }
    },
  };
}

async function* entriesOf(
  ask: (method: string, args: JsonObject) => Promise<JsonObject>,
  prefix: string,
): AsyncGenerator<JsonValue | undefined> {
  let [start, limit] = ["", PAGE];
  while (true) {
    let page: JsonObject;
    try {
      page = await ask("list", { prefix, start, limit });
    } catch (error) {
      // More than one answer can hold.
      if (!isTrestleError(error) || error.code !== "invalid_input" || limit === 1) throw error;
      limit = Math.ceil(limit / 4);
      continue;
    }
    const entries = Array.isArray(page.entries) ? page.entries : [];
    yield* entries;
    const last = entries.at(-1);
    if (entries.length < limit || !isJsonObject(last)) return;
    start = `${last.key}\0`;
  }
}

/** What memory_put wrote; undefined for what others put into the object. */
function toRecord(entry: JsonValue | undefined): MemoryRecord | undefined {
  if (!isJsonObject(entry) || !isJsonObject(entry.value)) return undefined;
  const { key, version, value: kept } = entry;
  const { value = null, by, at } = kept;
  if (typeof by !== "string" || typeof at !== "number" || !Number.isInteger(at)) return undefined;
  return { key: String(key), version: Number(version), value, by, at };
}

async function askServer(
  { host, server, signal }: BlackboardParts,
  tool: string,
  args: JsonObject,
): Promise<JsonObject> {
  try {
    const options = { signal, idempotencyKey: `swarm-${randomUUID()}` };
    return structuredAnswer(await host.callTool(server, tool, args, options));
  } catch (error) {
    signal.throwIfAborted();
    if (!isTrestleError(error) && !isRpcError(error)) throw error;
    throw new TrestleError(
      isTrestleError(error) ? error.code : "unavailable",
      `The memory of swarms is in objects of the server ${JSON.stringify(server)} (ORCHESTRATOR_BLACKBOARD), which failed: ${messageOf(error)}`,
      isTrestleError(error) && error.details !== undefined ? { details: error.details } : {},
    );
  }
}
