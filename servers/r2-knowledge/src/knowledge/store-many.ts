import { isTrestleError, messageOf } from "@trestle/protocol";
import type { DiagnosisInput } from "../records/diagnosis.ts";
import { fingerprint } from "../text/fingerprint.ts";
import { eachAtMost } from "./each-at-most.ts";
import { toKnown } from "./failures.ts";
import type { BulkItem, BulkOptions } from "./knowledge-store.ts";
import type { Parts } from "./parts.ts";
import { storeDiagnosis } from "./store-diagnosis.ts";

/** Each on its own; those at work at once share commits of the index. In the order of the inputs. */
export async function storeMany(
  parts: Parts,
  inputs: readonly DiagnosisInput[],
  { concurrency = 8, onProgress, ...options }: BulkOptions = {},
): Promise<BulkItem[]> {
  // What is one and the same error waits for its like, so that the second finds the first.
  const turns = new Map<string, Promise<unknown>>();
  let done = 0;

  function inTurn(input: DiagnosisInput, index: number): Promise<BulkItem> {
    const print = fingerprint(input.error);
    const before = turns.get(print) ?? Promise.resolve();
    const own = before.then(() => storeOne(input, index));
    turns.set(print, own);
    return own;
  }

  async function storeOne(input: DiagnosisInput, index: number): Promise<BulkItem> {
    try {
      options.signal?.throwIfAborted();
      return { index, ...(await storeDiagnosis(parts, input, options)) };
    } catch (error) {
      const known = toKnown(error);
      if (!isTrestleError(known) && options.signal?.aborted !== true)
        parts.log.error("diagnosis not stored", { index, error });
      const code = isTrestleError(known) ? known.code : "internal";
      return { index, status: "failed", code, message: messageOf(known) };
    }
  }

  return eachAtMost(concurrency, inputs, async (input, index) => {
    const item = await inTurn(input, index);
    done += 1;
    onProgress?.(done, inputs.length);
    return item;
  });
}
