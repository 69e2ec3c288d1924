import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One request for a tool that reached the server. */
export interface Attempt {
  readonly tool: string;
  readonly key: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What a faulty server saw and did, in files that outlive it. */
export interface Ledger {
  attempted(attempt: Attempt): void;
  /** Attempts for this key so far. */
  attemptsOf(key: string): number;
  attempts(): number;
  /** The call takes effect, unless one with the same idempotency key did before. */
  effect(key: string, idempotencyKey: string | undefined): void;
  effects(): number;
}

export function openLedger(root: string, name: string): Ledger {
  const files = filesOf(root, name);
  const attempts = new Map<string, number>();
  for (const { key } of attemptsIn(root, name)) attempts.set(key, (attempts.get(key) ?? 0) + 1);
  const done = new Set(linesOf(files.done));
  let effects = linesOf(files.effects).length;
  return {
    attempted(attempt) {
      attempts.set(attempt.key, (attempts.get(attempt.key) ?? 0) + 1);
      appendFileSync(files.attempts, `${JSON.stringify(attempt)}\n`);
    },
    attemptsOf: (key) => attempts.get(key) ?? 0,
    attempts: () => [...attempts.values()].reduce((sum, count) => sum + count, 0),
    effect(key, idempotencyKey) {
      if (idempotencyKey !== undefined) {
        if (done.has(idempotencyKey)) return;
        done.add(idempotencyKey);
        appendFileSync(files.done, `${idempotencyKey}\n`);
      }
      effects += 1;
      appendFileSync(files.effects, `${key}\n`);
    },
    effects: () => effects,
  };
}

/** The requests for tools that reached the server of this name, in their order. */
export function attemptsIn(root: string, name: string): Attempt[] {
  return linesOf(filesOf(root, name).attempts).map((line) => JSON.parse(line));
}

/** The keys of the writes that took effect at the server of this name, in their order. */
export function effectsIn(root: string, name: string): string[] {
  return linesOf(filesOf(root, name).effects);
}

function filesOf(root: string, name: string) {
  const file = (what: string) => join(root, `${name}.${what}`);
  return { attempts: file("attempts"), effects: file("effects"), done: file("done") };
}

/** Whole lines only: a reader may come while one is written. */
function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}
