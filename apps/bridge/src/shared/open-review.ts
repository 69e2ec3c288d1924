import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import type { Logger } from "@trestle/protocol";
import { ensureHomeId } from "../archive/home-id.ts";
import {
  openReviewQueue,
  type ReviewQueue,
  type ReviewQueueOptions,
} from "../state/review/review.ts";
import type { AskOthers } from "./elsewhere/ask-all.ts";
import { shareReview } from "./review.ts";
import { createReviewCopies } from "./review-copies.ts";
import type { Shared } from "./shared.ts";

export interface OpenSharedReviewParts {
  readonly shared: Shared;
  readonly others: AskOthers;
  readonly log: Logger;
}

/** The queue of this home, as one with those of the others. */
export async function openSharedReview(
  options: ReviewQueueOptions,
  { shared, others, log }: OpenSharedReviewParts,
): Promise<ReviewQueue> {
  const { redis } = shared;
  const home = ensureHomeId(dirname(options.file), randomUUID);
  const copies = createReviewCopies({ redis, sealer: options.access.sealer, home });
  const own = await openReviewQueue({ ...options, claim: copies.claim });
  return shareReview({ ...shared, own, copies, others, clock: options.clock, log });
}
