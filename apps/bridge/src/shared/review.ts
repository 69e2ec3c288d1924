import {
  type Clock,
  isJsonObject,
  isTrestleError,
  type JsonObject,
  type Logger,
  messageOf,
  TrestleError,
} from "@trestle/protocol";
import type { Row } from "@trestle/store";
import type { ReviewItem } from "../state/review/items.ts";
import type { Approval, OwnReviewQueue, ReviewList, ReviewQueue } from "../state/review/review.ts";
import type { AskOthers } from "./elsewhere/ask-all.ts";
import type { ReviewCopies } from "./review-copies.ts";
import type { Shared } from "./shared.ts";

export interface SharedReviewParts extends Pick<Shared, "redis" | "peers"> {
  /** Of this home. What it holds is the truth of it, as long as no other home has claimed it. */
  readonly own: OwnReviewQueue;
  readonly copies: ReviewCopies;
  readonly others: AskOthers;
  readonly clock: Clock;
  readonly log: Logger;
}

const HAS = "review/has";
const GET = "review/get";
const LIST = "review/list";
const DECIDE = "review/decide";

type Decision =
  | { readonly kind: "approve"; readonly approval: Approval }
  | { readonly kind: "reject"; readonly reason?: string | undefined };

/**
 * The queues of all homes as one. An item is decided where it is stored; where that bridge is gone, another home takes
 * the copy, and its claim in Redis keeps all others from it for good.
 */
export async function shareReview(parts: SharedReviewParts): Promise<ReviewQueue> {
  const { redis, peers, own, copies, others, clock, log } = parts;

  async function quietly(work: () => Promise<unknown>): Promise<void> {
    try {
      if (redis.isUp()) await work();
    } catch (error) {
      log.debug("Items of the review queue were not shared", { reason: messageOf(error) });
    }
  }

  /** What waits here has its copy; what another home has taken meanwhile is not here any more. */
  async function shareAll(): Promise<void> {
    for (const row of await own.stored("waiting")) {
      if (!(await copies.put(row))) await own.drop(String(row.id));
    }
    for (const { id } of await copies.all()) await withdrawDecided(String(id));
  }

  const findWaiting = async (id: string): Promise<Row | undefined> =>
    (await own.stored("waiting")).find((row) => row.id === id);

  async function shareOne(id: string): Promise<void> {
    const row = await findWaiting(id);
    if (row !== undefined) await copies.put(row);
    await withdrawDecided(id);
  }

  /** Another decision may have ended while a copy was on its way: whoever writes last, looks again. */
  async function withdrawDecided(id: string): Promise<void> {
    if ((await own.has(id)) && (await findWaiting(id)) === undefined) await copies.remove(id);
  }

  async function decideHere(id: string, by: string, decision: Decision): Promise<ReviewItem> {
    try {
      return decision.kind === "approve"
        ? await own.approve(id, by, decision.approval)
        : await own.reject(id, by, decision.reason);
    } catch (error) {
      if (!isElsewhere(error)) throw error;
      await own.drop(id);
      return decide(id, by, decision);
    } finally {
      // It may have been claimed, and wait again.
      await quietly(() => shareOne(id));
    }
  }

  async function decide(id: string, by: string, decision: Decision): Promise<ReviewItem> {
    if (await own.has(id)) return decideHere(id, by, decision);
    const holder = await others.find(HAS, { id }, ({ has }) => has === true);
    if (holder !== undefined) {
      // As long as it runs: it is a call like any other.
      const payload = { id, by, decision: decision as unknown as JsonObject };
      const { item } = await peers.ask(holder.replica, DECIDE, payload);
      return item as unknown as ReviewItem;
    }
    const row = await copies.get(id);
    if (row === undefined || isOver(row)) throw notFound(id);
    await own.adopt(row);
    if (!(await copies.claim(id))) {
      await own.drop(id);
      throw notFound(id);
    }
    return decideHere(id, by, decision);
  }

  const isOver = (row: Row): boolean => Number(row.expires_at) <= clock.now();

  /** Items whose home does not answer. */
  async function left({ state, principal, before }: ReviewList): Promise<ReviewItem[]> {
    if (state !== undefined && state !== "waiting") return [];
    const rows = await copies.all().catch(() => []);
    for (const row of rows) if (isOver(row)) void quietly(() => copies.remove(String(row.id)));
    return rows
      .filter((row) => !isOver(row) && (before === undefined || String(row.id) < before))
      .filter((row) => principal === undefined || row.principal === principal)
      .map((row) => own.read(row, true));
  }

  async function list(asked: ReviewList = {}): Promise<ReviewItem[]> {
    const { limit = 50 } = asked;
    const filter = { ...asked, byId: true };
    const [mine, { answers }, copied] = await Promise.all([
      own.list(filter),
      others.all(LIST, filter as unknown as JsonObject),
      left(asked),
    ]);
    const theirs = answers.flatMap(({ answer }) => answer.items as unknown as ReviewItem[]);
    // Whoever has decided knows more than who has a copy.
    const found = new Map<string, ReviewItem>();
    for (const item of [...copied, ...theirs, ...mine]) {
      const known = found.get(item.id);
      if (known === undefined || known.state === "waiting") found.set(item.id, item);
    }
    return [...found.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit);
  }

  async function get(id: string): Promise<ReviewItem> {
    if (await own.has(id)) return own.get(id);
    const found = await others.find(GET, { id }, ({ item }) => isJsonObject(item));
    if (found !== undefined) return found.answer.item as unknown as ReviewItem;
    const row = await copies.get(id).catch(() => undefined);
    if (row === undefined || isOver(row)) throw notFound(id);
    return own.read(row, false);
  }

  const answered = (item: ReviewItem): JsonObject => ({ item: item as unknown as JsonObject });
  peers.answer(HAS, async ({ payload }) => ({ has: await own.has(String(payload.id)) }));
  peers.answer(LIST, async ({ payload }) => ({
    items: (await own.list(payload as ReviewList)) as unknown as JsonObject[],
  }));
  peers.answer(GET, async ({ payload }) => answered(await own.get(String(payload.id))));
  peers.answer(DECIDE, async ({ payload: { id, by, decision } }) =>
    answered(await decideHere(String(id), String(by), decision as unknown as Decision)),
  );
  const unwatch = redis.onChange((isUp) => {
    if (isUp) void quietly(shareAll);
  });
  // Before anybody sees what another home has taken meanwhile.
  await quietly(shareAll);

  return {
    async add(failed) {
      const id = await own.add(failed);
      await quietly(() => shareOne(id));
      return id;
    },
    list,
    get,
    counts: own.counts,
    approve: (id, by, approval = {}) => decide(id, by, { kind: "approve", approval }),
    reject: (id, by, reason) =>
      decide(id, by, { kind: "reject", ...(reason !== undefined && { reason }) }),
    async close() {
      unwatch();
      await own.close();
    },
  };
}

function isElsewhere(error: unknown): boolean {
  return isTrestleError(error) && error.details?.reason === "elsewhere";
}

function notFound(id: string): TrestleError {
  return new TrestleError(
    "not_found",
    `There is no review item "${id}" at any bridge that is there. List the items to see their ids.`,
  );
}
