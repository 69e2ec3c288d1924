import { digestOf, type JsonObject } from "@trestle/protocol";
import { hashOf } from "../hashes.ts";
import type { Snapshot } from "../snapshot.ts";

/** What of a server is pinned: whatever of its words reaches a model before anything is called. */
export type PinKind = "tool" | "prompt" | "instructions";

/** One definition as its server gives it. */
export interface PinItem {
  readonly kind: PinKind;
  /** The server's own; `instructions` of what it says of itself. */
  readonly name: string;
  /** Only what is pinned of it. */
  readonly definition: JsonObject;
  /** SHA-256 of that. */
  readonly hash: string;
}

export type PinnedLists = Pick<Snapshot, "tools" | "prompts" | "instructions">;

const TOOL_KEYS = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];
const PROMPT_KEYS = ["name", "title", "description", "arguments"];
const INSTRUCTIONS = "instructions";

export function itemsOf({ tools, prompts, instructions }: PinnedLists): PinItem[] {
  return [
    ...tools.map((tool) => itemOf("tool", tool, TOOL_KEYS)),
    ...prompts.map((prompt) => itemOf("prompt", prompt, PROMPT_KEYS)),
    ...(instructions === undefined ? [] : [wordsOf(instructions)]),
  ];
}

/** Names one item among all of a server. */
export function keyOf({ kind, name }: Pick<PinItem, "kind" | "name">): string {
  return `${kind} ${name}`;
}

const known = new WeakMap<JsonObject, PinItem>();

/** Made once: lists are judged anew with every change of any of them. */
function itemOf(kind: PinKind, whole: JsonObject, keys: readonly string[]): PinItem {
  const found = known.get(whole);
  if (found) return found;
  const kept = keys.filter((key) => whole[key] !== undefined);
  const definition = Object.fromEntries(kept.map((key) => [key, whole[key]])) as JsonObject;
  // The hash of the whole is known from an earlier run.
  const isWhole = kept.length === Object.keys(whole).length;
  const hash = isWhole ? toPinHash(hashOf(whole)) : pinHash(definition);
  const item = { kind, name: String(whole.name), definition, hash };
  known.set(whole, item);
  return item;
}

function wordsOf(instructions: string): PinItem {
  const definition = { instructions };
  return { kind: INSTRUCTIONS, name: INSTRUCTIONS, definition, hash: pinHash(definition) };
}

export function pinHash(definition: JsonObject): string {
  return toPinHash(digestOf(definition));
}

function toPinHash(digest: string): string {
  return `sha256-${digest}`;
}
