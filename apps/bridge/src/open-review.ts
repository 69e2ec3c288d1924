import { join } from "node:path";
import type { Alarms } from "./alarms.ts";
import type { Core, CoreParts } from "./core.ts";
import { toInnerCall } from "./host.ts";
import {
  openReviewQueue,
  type ReviewQueue,
  type ReviewQueueOptions,
} from "./state/review/review.ts";

/** The calls that wait for a person: here, and at the bridges that are one with this one. */
export async function openReview(
  { live, clock, log, state, shared }: CoreParts,
  {
    newId,
    alarms,
    elsewhere,
    core,
  }: Pick<Core, "newId" | "elsewhere"> & { readonly alarms: Alarms; core(): Core },
): Promise<ReviewQueue> {
  const options: ReviewQueueOptions = {
    file: join(state.folder, "review.db"),
    ...live.current().review,
    ...{ clock, access: state.access, redact: state.redact, newId },
    definitionHashOf: (server, tool) => core().catalog.upstreamTool(server, tool)?.hash,
    run: (approved) => core().calls.callUpstreamTool(toInnerCall(approved)),
    onResolved: alarms.resolved,
  };
  if (shared === undefined || elsewhere === undefined) return openReviewQueue(options);
  const { openSharedReview } = await import("./shared/open-review.ts");
  return openSharedReview(options, { shared, others: elsewhere, log });
}
