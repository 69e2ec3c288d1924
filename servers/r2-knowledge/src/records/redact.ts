import { createRedact } from "@trestle/policy";
import type { JsonObject } from "@trestle/protocol";
import { LIMITS } from "./limits.ts";

/** Takes secrets out of what is about to be stored for everybody who may read the bucket. */
export type Redact = <Value extends object>(value: Value) => Value;

/**
 * What gives itself away as a secret by its form or by its field's name, in any text of a record. Also
 * `fields`, as the operator named them.
 */
export function createRecordRedact(fields: readonly string[] = []): Redact {
  const redact = createRedact({
    fields,
    maxStringLength: LIMITS.recordBytes,
    maxDepth: LIMITS.depth + 2,
  });
  return (value) => redact(value as unknown as JsonObject) as never;
}
