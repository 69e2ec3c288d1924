import { recall, remember } from "../../lib/storage.ts";

/** A try of a tool, as this browser remembers it. */
export interface Try {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly outcome: "success" | "tool_error" | "error";
  readonly ms: number;
  readonly execution: string | undefined;
}

const MOST_TRIES = 20;
/** Of one try: what is larger is not kept, so that there is room for the others. */
const MOST_LETTERS = 20_000;

/** The tries of a tool, the newest first. */
export function readTries(tool: string): readonly Try[] {
  try {
    const kept: unknown = JSON.parse(recall(`tries:${tool}`) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

export function rememberTry(tool: string, made: Try): readonly Try[] {
  const fits = JSON.stringify(made).length <= MOST_LETTERS;
  const tries = fits ? [made, ...readTries(tool)].slice(0, MOST_TRIES) : readTries(tool);
  remember(`tries:${tool}`, JSON.stringify(tries));
  return tries;
}

export function forgetTries(tool: string): void {
  remember(`tries:${tool}`, undefined);
}
