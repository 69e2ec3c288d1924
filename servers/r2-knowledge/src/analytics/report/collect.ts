import type { CostReport } from "../../knowledge/cost.ts";
import type { KnowledgeStore } from "../../knowledge/knowledge-store.ts";
import { METRIC_KINDS, type Metrics } from "../../knowledge/metrics.ts";
import type { CallOptions } from "../../object-store/object-store.ts";

/** All that a report tells. Times in milliseconds since 1970. */
export interface Report {
  readonly since: number;
  readonly until: number;
  readonly metrics: Required<Metrics>;
  readonly cost: CostReport;
}

export async function collectReport(
  knowledge: Pick<KnowledgeStore, "metrics" | "costReport">,
  { since, until, signal }: CallOptions & { readonly since: number; readonly until: number },
): Promise<Report> {
  const [metrics, cost] = await Promise.all([
    knowledge.metrics(METRIC_KINDS, { since, signal }),
    knowledge.costReport({ since, signal }),
  ]);
  // Every kind was asked for.
  return { since, until, metrics: metrics as Required<Metrics>, cost };
}
