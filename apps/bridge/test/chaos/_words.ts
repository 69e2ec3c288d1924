import type { Answer } from "./_asking.ts";
import type { Deed } from "./_works.ts";

export function wordDeed({
  kind,
  who,
  key,
  at,
  isAcknowledged,
  said,
  id,
  executionId,
}: Deed): string {
  const outcome = isAcknowledged ? `acknowledged ${id ?? ""}` : `not acknowledged: ${said}`;
  const call = executionId === undefined ? "" : `, call ${executionId}`;
  return `${kind} of ${who.name} (${key}, ${new Date(at).toISOString()}${call}), ${outcome}`;
}

export function bodyOf({ status, body }: Answer): string {
  return `${status} ${JSON.stringify(body).slice(0, 1_000)}`;
}
