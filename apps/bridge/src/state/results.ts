import type { Clock, JsonObject, JsonValue, Principal } from "@trestle/protocol";
import { isJsonObject, parseJson } from "@trestle/protocol";
import { RESULT_SCHEME } from "./result-address.ts";

/** A large result that is kept, so that its reader can ask for the rest. */
export interface KeptResult {
  readonly text: string;
  /** Its structured content as JSON, where that is not the text. */
  readonly structure: string | undefined;
  /** Of all that is kept of it, in characters. */
  readonly size: number;
  /** Its structured content, or the text where that is JSON. Read when first asked for. */
  value(): JsonValue | undefined;
}

/** Where large results are read on in. */
export interface ResultReader {
  /** What is kept under the handle for this principal, here or at another bridge. */
  find(handle: string, principal: Principal): Promise<KeptResult | undefined>;
}

/** Large results of the last hour, each for the principal that it was made for. */
export interface ResultStore extends ResultReader {
  /** The result itself where it is small enough, else its first part with a handle of the whole. */
  shorten(result: JsonObject, asked: Shortening): JsonObject;
  /** What is kept under the handle for this principal; undefined where nothing is. */
  get(handle: string, principal: Principal): KeptResult | undefined;
}

export interface Shortening {
  readonly principal: Principal;
  /** Text beyond so many bytes is left out. */
  readonly maxBytes: number;
  /** The tool promised structured content: a client would miss it. */
  readonly keepsStructure: boolean;
  /** The client knows resource links, which came with 2025-06-18. */
  readonly takesLinks: boolean;
}

export interface ResultStoreParts {
  readonly clock: Clock;
  readonly newId: () => string;
  /** Of all results together, in characters. */
  readonly capacity?: number;
}

interface Entry {
  /** As JSON, where there is any. */
  readonly structure: string | undefined;
  readonly text: string;
  readonly owner: string;
  readonly keptAt: number;
}

const TTL_MS = 60 * 60_000;
const CAPACITY = 64 * 1024 * 1024;

/**
 * Kept in memory. What is older than an hour is forgotten; beyond the capacity, so is the oldest of whoever
 * keeps most: nobody can take the room of all the others.
 */
export function createResultStore(parts: ResultStoreParts): ResultStore {
  const { clock, newId, capacity = CAPACITY } = parts;
  const entries = new Map<string, Entry>();
  const sizes = new Map<string, number>();
  let size = 0;

  function keep(kept: Pick<Entry, "text" | "structure">, principal: Principal): string {
    const handle = newId();
    const owner = ownerOf(principal);
    entries.set(handle, { ...kept, owner, keptAt: clock.now() });
    count(owner, sizeOf(kept));
    forget();
    return handle;
  }

  function count(owner: string, change: number): void {
    size += change;
    const left = (sizes.get(owner) ?? 0) + change;
    if (left === 0) sizes.delete(owner);
    else sizes.set(owner, left);
  }

  function remove(handle: string, entry: Entry): void {
    entries.delete(handle);
    count(entry.owner, -sizeOf(entry));
  }

  function forget(): void {
    const oldest = clock.now() - TTL_MS;
    for (const [handle, entry] of entries) {
      if (entry.keptAt > oldest) break;
      remove(handle, entry);
    }
    while (size > capacity) {
      const [heaviest] = [...sizes].reduce((most, each) => (each[1] > most[1] ? each : most));
      for (const [handle, entry] of entries) {
        if (entry.owner !== heaviest) continue;
        remove(handle, entry);
        break;
      }
    }
  }

  function get(handle: string, principal: Principal): KeptResult | undefined {
    forget();
    const entry = entries.get(handle);
    return entry?.owner === ownerOf(principal) ? toKept(entry) : undefined;
  }

  return {
    shorten(result, { principal, maxBytes, keepsStructure, takesLinks }) {
      const { content, structuredContent, ...rest } = result;
      const blocks = Array.isArray(content) ? content : [];
      const text = blocks.filter(isText).map(textOf).join("\n");
      const structure =
        structuredContent === undefined ? undefined : JSON.stringify(structuredContent);
      const whole = text === "" && !keepsStructure ? (structure ?? "") : text;
      if (whole.length * 3 <= maxBytes || Buffer.byteLength(whole) <= maxBytes) return result;
      const kept = { text: whole, structure: structure === whole ? undefined : structure };
      if (sizeOf(kept) > capacity) return result;
      const handle = keep(kept, principal);
      // Nor where only others' results would make room for it.
      if (!entries.has(handle)) return result;
      const first = beginningOf(whole, maxBytes);
      const note = `[The first ${first.length} of ${whole.length} characters. bridge__read_result with the handle ${JSON.stringify(handle)} reads on; offset, path, grep and count narrow it. As an argument of another call ${JSON.stringify(RESULT_SCHEME + handle)} stands for the whole.]`;
      return {
        ...rest,
        content: [
          { type: "text", text: first },
          { type: "text", text: note },
          ...(takesLinks ? [linkTo(handle, kept)] : []),
          ...blocks.filter((block) => !isText(block)),
        ],
        ...(keepsStructure && structuredContent !== undefined ? { structuredContent } : {}),
        _meta: {
          ...(isJsonObject(rest._meta) ? rest._meta : {}),
          "trestle/result": { handle, size: whole.length, shown: first.length },
        },
      };
    },
    get,
    find: async (handle, principal) => get(handle, principal),
  };
}

/** A key may be called as the local caller is. */
function ownerOf({ kind, id }: Principal): string {
  return `${kind} ${id}`;
}

function isText(block: JsonValue): boolean {
  return isJsonObject(block) && block.type === "text" && typeof block.text === "string";
}

function textOf(block: JsonValue): string {
  return isJsonObject(block) ? String(block.text) : "";
}

/** What a host may open instead of having its model read on. */
function linkTo(
  handle: string,
  { text, structure }: Pick<Entry, "text" | "structure">,
): JsonObject {
  return {
    type: "resource_link",
    uri: `${RESULT_SCHEME}${handle}`,
    name: "whole result",
    mimeType: "text/plain",
    size: Buffer.byteLength(text === "" ? (structure ?? "") : text),
  };
}

function sizeOf({ text, structure = "" }: Pick<Entry, "text" | "structure">): number {
  return text.length + structure.length;
}

export function toKept(entry: Pick<Entry, "text" | "structure">): KeptResult {
  const { text, structure } = entry;
  let read: { readonly value: JsonValue | undefined } | undefined;
  return {
    text,
    structure,
    size: sizeOf(entry),
    value() {
      read ??= { value: parsed(structure ?? text) };
      return read.value;
    },
  };
}

/** Digit by digit: it may go on to another server. */
function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** At most so many bytes, and never half a character. */
function beginningOf(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text).subarray(0, maxBytes);
  return new TextDecoder().decode(bytes, { stream: true });
}
