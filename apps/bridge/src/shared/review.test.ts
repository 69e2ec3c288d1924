import { silentLogger, systemClock } from "@trestle/protocol";
import type { Row } from "@trestle/store";
import { expect, test } from "vitest";
import { failed } from "../state/review/_parts.ts";
import { openQueue } from "../state/review/_review.ts";
import { type SharedReviewParts, shareReview } from "./review.ts";
import type { ReviewCopies } from "./review-copies.ts";

test("a copy that a refused decision makes beside the one that stands is withdrawn", async () => {
  const kept = new Map<string, Row>();
  const claimed = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const copies: ReviewCopies = {
    put: async (row) => Boolean(kept.set(String(row.id), row)),
    get: async (id) => kept.get(id),
    all: async () => [...kept.values()],
    remove: async (id) => void kept.delete(id),
    async claim(id) {
      kept.delete(id);
      claimed.resolve();
      await goOn.promise;
      return true;
    },
  };
  const { queue: own } = await openQueue({ claim: copies.claim });
  const alone = {
    redis: { isUp: () => true, onChange: () => () => {} },
    peers: { answer: () => {} },
    others: { find: async () => undefined, all: async () => ({ answers: [], silent: [] }) },
  } as unknown as Pick<SharedReviewParts, "redis" | "peers" | "others">;
  const shared = await shareReview({
    ...alone,
    ...{ own, copies, clock: systemClock, log: silentLogger },
  });

  const id = await shared.add(failed());
  expect([...kept.keys()]).toEqual([id]);
  const stands = shared.approve(id, "ada");
  await claimed.promise;
  await expect(shared.approve(id, "bob")).rejects.toMatchObject({ code: "conflict" });
  goOn.resolve();
  expect(await stands).toMatchObject({ state: "done", decidedBy: "ada" });
  expect([...kept.keys()]).toEqual([]);
  expect(await shared.list({ state: "waiting" })).toEqual([]);
});
