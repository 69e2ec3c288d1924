import { TrestleError } from "@trestle/protocol";
import { agingOfAudit } from "../lifecycle/aging.ts";
import type { CallOptions } from "../object-store/object-store.ts";
import type { Audit, AuditInput } from "../records/audit.ts";
import { LAST_VERSION } from "./change-diagnosis.ts";
import { eachAtMost } from "./each-at-most.ts";
import { toAuditLine } from "./entry.ts";
import { refuseHeld } from "./holds.ts";
import type { AuditAnswer, SearchOptions } from "./knowledge-store.ts";
import type { Checking, Parts } from "./parts.ts";

/** Keeps what was done about an error. Resolves once record and index line are durable. */
export async function recordAudit(
  { audits, indexes, ids, clock, redact, changed }: Parts,
  given: AuditInput,
  options: CallOptions = {},
): Promise<Audit> {
  const audit: Audit = {
    id: ids.next(),
    timestamp: new Date(clock.now()).toISOString(),
    ...redact(given),
    version: 1,
  };
  await audits.create(audit, options);
  try {
    await indexes.audits.append([toAuditLine(audit)]);
  } catch (error) {
    throw new TrestleError(
      "outcome_unknown",
      `The audit entry ${audit.id} is stored, but the search may not find it yet. Do not record it again: \`trestle-knowledge index repair\` finds it.`,
      { details: { id: audit.id, stored: true }, cause: error },
    );
  }
  changed({ kind: "audit", id: audit.id });
  return audit;
}

/** Takes an audit entry away. The index says so first: what is found can always be read. */
export async function deleteAudit(
  parts: Parts,
  id: string,
  { check, ...options }: CallOptions & Checking<Audit> = {},
): Promise<void> {
  const { audits, indexes, clock, changed } = parts;
  const found = await audits.need(id, options);
  check?.(found.record);
  await refuseHeld(parts, agingOfAudit(found.record), options);
  await indexes.audits.append([{ kind: "gone", id, version: LAST_VERSION, at: clock.now() }]);
  await audits.remove(id, options);
  changed({ kind: "deleted", id });
}

/** By words, the best first; without words, the newest first. */
export async function searchAudits(
  { audits, indexes, log }: Parts,
  { text, limit = 10, offset = 0, signal, ...filters }: SearchOptions,
): Promise<AuditAnswer> {
  await indexes.audits.refresh();
  const { context, severity, since, until, metadata, permits } = filters;
  const { hits, total, facets } = indexes.audits.search({
    ...(text === "" ? {} : { text }),
    filters: {
      ...(context === undefined ? {} : { context }),
      ...(severity === undefined ? {} : { severities: [severity] }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(permits && {
        permits: (facts) => permits({ kind: "audit", ...facts }),
        permitsBy: permits.looksAt,
      }),
    },
    facets: ["severity", "context"],
    ...{ limit, offset },
  });
  const read = await eachAtMost(8, hits, async ({ id, score }) => {
    const found = await audits.get(id, { signal }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      log.warn("audit entry not read", { id, error });
      return undefined;
    });
    return found === undefined ? [] : [{ audit: found.record, score }];
  });
  return {
    hits: read.flat(),
    total,
    facets: Object.fromEntries(
      Object.entries(facets).map(([name, counts]) => [
        name,
        Object.fromEntries(counts.map(({ value, count }) => [value, count])),
      ]),
    ),
  };
}
