import type { PutOptions } from "../object-store.ts";
import type { Sent } from "./connection.ts";
import type { Failure } from "./failures.ts";
import type { Mark } from "./lineage.ts";
import type { S3Operation } from "./operations.ts";
import type { Parts } from "./parts.ts";
import { type Found, lookUp } from "./reads.ts";
import { isEnough, pauseAfter } from "./retry.ts";
import { outcomeUnknown, preconditionFailed, toError } from "./wording.ts";

export interface Write {
  readonly operation: S3Operation;
  readonly key: string;
  readonly mark: Mark;
  readonly when: PutOptions["when"];
  readonly signal: AbortSignal | undefined;
  /** Sends it once. */
  attempt(): Promise<Sent<{ etag: string }>>;
}

/**
 * Sends a write until it is known what became of it. After an attempt that may have been done
 * though no success was heard, the object is read back: its mark tells whose it is.
 * @throws ObjectStoreError `outcome_unknown` only where even that does not tell.
 */
export async function settle(parts: Parts, write: Write): Promise<{ etag: string }> {
  const { key, mark, when, signal } = write;
  const doing = { operation: write.operation, key, where: parts.description };
  const began = parts.clock.now();
  let done: Failure["done"] = "no";
  for (let tried = 1; ; tried += 1) {
    const sent = await write.attempt();
    if (sent.ok) {
      parts.lineage.saw(key, sent.value.etag, mark.id);
      return sent.value;
    }
    const { failure } = sent;
    if (done !== "silent" && failure.done !== "no") done = failure.done;
    const isRefused = failure.reason === "precondition_failed" || failure.reason === "not_found";
    if (done === "no" && isRefused && when !== undefined) throw preconditionFailed(when, doing);
    let verdict: Verdict = "open";
    // Whoever is told to slow down may as well see that there is nothing left to do.
    if (done !== "no" || (failure.reason === "throttled" && when !== undefined)) {
      const found = await lookUp({ ...parts, attempts: Math.min(parts.attempts, 3) }, key, signal);
      const etag = found.ok ? etagOfOurs(found.value, mark) : undefined;
      if (etag !== undefined) return { etag };
      verdict = found.ok ? judge(parts, write, found.value, done, began) : "unreadable";
    }
    if (verdict === "theirs") throw preconditionFailed(when, doing);
    // Nothing is wrong with a write that could only not be read back: the next attempt asks again.
    const isPassing = failure.isPassing || verdict === "unreadable";
    const isOver =
      isEnough(parts, { isPassing }, tried, began) || (verdict === "unclear" && when !== undefined);
    if (!isOver) await pauseAfter(parts, failure, tried, signal);
    else if (done === "no" || (done === "answered" && verdict === "open" && !isRefused)) {
      throw toError(failure, doing);
    } else throw outcomeUnknown(failure, doing);
  }
}

/**
 * - `open`: nothing speaks against another attempt.
 * - `theirs`: another write came first, and ours did not happen.
 * - `unclear`: ours may have happened and been replaced since.
 */
type Verdict = "open" | "theirs" | "unclear" | "unreadable";

/** The version that our write made, where it is there, or was what the one that is there replaced. */
function etagOfOurs(found: Found | undefined, mark: Mark): string | undefined {
  if (found?.mark?.id === mark.id) return found.facts.etag;
  const over = found?.mark?.over;
  return over !== undefined && over !== "absent" && over.id === mark.id ? over.etag : undefined;
}

/** What an object that is not of our write says about it. */
function judge(
  parts: Parts,
  { when }: Write,
  found: Found | undefined,
  done: Failure["done"],
  began: number,
): Verdict {
  if (found === undefined) {
    if (typeof when !== "object") return "open";
    return done === "no" ? "theirs" : "unclear";
  }
  if (when === undefined) return isOlder(parts, found, began) ? "open" : "unclear";
  if (when !== "absent" && found.facts.etag === when.etag) return "open";
  if (done === "no" || isOlder(parts, found, began)) return "theirs";
  const over = found.mark?.over;
  if (over === undefined) return "unclear";
  if (over === "absent") return when === "absent" ? "theirs" : "unclear";
  // It replaced the version that ours was to replace, so ours did not.
  if (when !== "absent" && over.etag === when.etag) return "theirs";
  return "unclear";
}

/** Dates have whole seconds, and the store's machines do not agree to the last one. */
const MARGIN_MS = 5_000;

/** Was the object written before our first attempt, by the store's clock? */
function isOlder({ connection }: Parts, { facts }: Found, began: number): boolean {
  const ahead = connection.ahead();
  return ahead !== undefined && facts.modified < began + ahead - MARGIN_MS;
}
