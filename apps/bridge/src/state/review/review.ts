import { dirname, join } from "node:path";
import type { Sealer } from "@trestle/access";
import type { FailedCall } from "@trestle/policy";
import { type Clock, type JsonObject, type Principal, TrestleError } from "@trestle/protocol";
import { openQuietSqlite, type Row, type SqlValue } from "@trestle/store";
import type { Access } from "../../access/access.ts";
import {
  decided,
  hadElsewhere,
  insertItem,
  migrations,
  type ReviewItem,
  type ReviewState,
  takeItem,
  toItem,
} from "./items.ts";
import { createReviewRun } from "./run.ts";
import { createRunners } from "./runners.ts";
import { createReviewSeal } from "./seal.ts";

export interface ReviewQueueOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly access: Pick<Access, "bind" | "check" | "audit"> & { readonly sealer: Sealer };
  /** Takes secrets out of arguments that are listed. */
  readonly redact: (args: JsonObject) => JsonObject;
  /** The hash of the tool's definition as it is now; undefined where there is no such tool. */
  readonly definitionHashOf: (server: string, tool: string) => string | undefined;
  /** Makes the call. Its own failure must not come back to this queue. */
  readonly run: (approved: ApprovedCall) => Promise<JsonObject>;
  /** Of several bridges, asked before an item is decided here: false where another one has it. */
  readonly claim?: ((id: string) => Promise<boolean>) | undefined;
  /** Told of each item that a person decided, when it has ended. */
  readonly onResolved?: (item: ReviewItem) => void;
  /** Items that may wait or run at a time. Default 1,000. */
  readonly maxItems?: number;
  /** How long an item waits. Default 7 days. */
  readonly expiryMs?: number;
}

/** A call as it was approved. */
export interface ApprovedCall {
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  /** That of the original attempts; one of its own where the arguments were edited. */
  readonly idempotencyKey: string;
  /** Whoever made the call, with no more than it may do now. */
  readonly principal: Principal;
  readonly reviewId: string;
}

export interface ReviewList {
  readonly state?: ReviewState;
  /** The id of whoever made the call. */
  readonly principal?: string;
  /** Default 50, at most 500. */
  readonly limit?: number;
  /** The id of an item: those that are older. */
  readonly before?: string;
  /** Of several bridges: in the order of their ids, which begin with their time. */
  readonly byId?: boolean;
}

export interface Approval {
  /** Other arguments than the caller's; those are kept beside them. */
  readonly arguments?: JsonObject;
  /** The tool's definition may have changed since. */
  readonly acceptChanged?: boolean;
}

/** Failed calls that wait for a person. Whatever it acknowledges is on the disk, power loss included. */
export interface ReviewQueue {
  /** Resolves to the item's id. Throws `unavailable` where the queue is full, `invalid_input` where the arguments are too large for it. */
  add(failed: FailedCall): Promise<string>;
  /** Newest first, arguments redacted. */
  list(asked?: ReviewList): Promise<ReviewItem[]>;
  /** With full arguments and the result. Throws `not_found`. */
  get(id: string): Promise<ReviewItem>;
  /** How many are in each state. */
  counts(): Promise<Partial<Record<ReviewState, number>>>;
  /**
   * Runs the item, once, and resolves when it has ended; how, stands in the item. Throws `not_found`;
   * `conflict` where it was decided already, expired, or its tool changed; `denied` where its principal
   * may not go on. What throws has run nothing.
   */
  approve(id: string, by: string, approval?: Approval): Promise<ReviewItem>;
  /** Throws `not_found` and `conflict`. */
  reject(id: string, by: string, reason?: string): Promise<ReviewItem>;
  close(): Promise<void>;
}

/** The queue of one home, as far as other bridges have to do with it. */
export interface OwnReviewQueue extends ReviewQueue {
  has(id: string): Promise<boolean>;
  /** Items as they are stored, what is secret of them sealed. */
  stored(state: ReviewState): Promise<readonly Row[]>;
  /** Takes an item of another home, as that stored it. */
  adopt(row: Row): Promise<void>;
  /** Forgets an item that waits: another home has it. */
  drop(id: string): Promise<void>;
  /** What can be read of a stored item. */
  read(row: Row, isListed: boolean): ReviewItem;
}

const WEEK_MS = 7 * 24 * 60 * 60_000;
const MAX_ITEMS = 1_000;
/** Of decided items, the newest so many are kept. */
const KEPT_DECIDED = 1_000;
const MAX_LISTED = 500;

export async function openReviewQueue(options: ReviewQueueOptions): Promise<OwnReviewQueue> {
  const { file, clock, newId, access, maxItems = MAX_ITEMS, expiryMs = WEEK_MS } = options;
  const database = await openQuietSqlite({ file, migrations, durability: "full", clock });
  const runners = createRunners(join(dirname(file), "review-runners"));
  const seal = createReviewSeal(access.sealer);
  const running = new Map<string, string>();
  await settle();

  /** Brings what time and dead runners decided into the file. */
  async function settle(): Promise<void> {
    const now = clock.now();
    const due = "state = 'waiting' AND expires_at <= ?";
    const found = database.read(
      `SELECT id, runner, state FROM review_item WHERE state = 'running' OR (${due})`,
      [now],
    );
    if (found.some(({ state }) => state === "waiting")) {
      const sql = `UPDATE review_item SET state = 'expired', finished_at = ? WHERE ${due}`;
      await database.write([{ sql, params: [now, now] }]);
    }
    const begun = found.filter(({ state }) => state === "running");
    const dead = new Set(
      [...new Set(begun.map(({ runner }) => String(runner)))].filter(
        (runner) => !runners.isSelf(runner) && !runners.isAlive(runner),
      ),
    );
    // Of our own, what we are not at any more: its end could not be written.
    const lost = begun.filter(({ id, runner }) =>
      runners.isSelf(String(runner)) ? !running.has(String(id)) : dead.has(String(runner)),
    );
    await giveUp(lost.map(({ id, runner }) => ({ id: String(id), runner: String(runner) })));
  }

  async function giveUp(lost: readonly { id: string; runner: string }[]): Promise<void> {
    if (lost.length === 0) return;
    await database.write(lost.map(({ id, runner }) => lostStatement(id, runner, clock.now())));
  }

  async function find(id: string) {
    await settle();
    const [row] = database.read("SELECT * FROM review_item WHERE id = ?", [id]);
    if (row) return row;
    throw new TrestleError(
      "not_found",
      `There is no review item "${id}". List the items to see their ids.`,
    );
  }

  async function get(id: string): Promise<ReviewItem> {
    const row = await find(id);
    return read(row, false);
  }

  function read(row: Row, isListed: boolean): ReviewItem {
    if (!isListed) return { ...toItem(row), ...seal.open(row) };
    const { result: _result, ...opened } = seal.open(row, options.redact);
    return { ...toItem(row), ...opened };
  }

  const runApproved = createReviewRun({ ...options, database, runners, running, seal, find, get });

  function tell(item: ReviewItem): ReviewItem {
    options.onResolved?.(item);
    return item;
  }

  return {
    async add(failed) {
      await settle();
      const id = newId();
      const sealed = seal.item(id, failed.call, access.bind(failed.call.context.principal));
      const now = clock.now();
      const [added] = await database.write([
        insertItem(failed, { id, sealed, now, expiryMs, maxItems }),
        { sql: TRIM, params: [KEPT_DECIDED] },
      ]);
      if (added?.changes === 1) return id;
      throw new TrestleError(
        "unavailable",
        `The review queue is full: ${maxItems} items wait. Decide some of them first.`,
        { retryable: false },
      );
    },
    async list({ state, principal, limit = 50, before, byId = false } = {}) {
      await settle();
      const [place, older] = byId
        ? ["id", "id < $before"]
        : ["seq", "seq < (SELECT seq FROM review_item WHERE id = $before)"];
      const rows = database.read(
        `SELECT * FROM review_item WHERE ($state IS NULL OR state = $state)
         AND ($principal IS NULL OR principal = $principal)
         AND ($before IS NULL OR ${older}) ORDER BY ${place} DESC LIMIT $limit`,
        {
          state: state ?? null,
          principal: principal ?? null,
          before: before ?? null,
          limit: Math.min(limit, MAX_LISTED),
        },
      );
      return rows.map((row) => read(row, true));
    },
    async has(id) {
      await settle();
      return database.read("SELECT 1 FROM review_item WHERE id = ?", [id]).length > 0;
    },
    async stored(state) {
      await settle();
      return database.read("SELECT * FROM review_item WHERE state = ? ORDER BY seq", [state]);
    },
    async adopt({ seq: _seq, ...row }) {
      await database.write([takeItem(row)]);
    },
    async drop(id) {
      const sql = "DELETE FROM review_item WHERE id = ? AND state = 'waiting'";
      await database.write([{ sql, params: [id] }]);
    },
    read,
    get,
    async counts() {
      await settle();
      const rows = database.read("SELECT state, count(*) AS items FROM review_item GROUP BY state");
      return Object.fromEntries(rows.map(({ state, items }) => [state, items]));
    },
    approve: async (...asked) => tell(await runApproved(...asked)),
    async reject(id, by, reason) {
      const row = await find(id);
      if (row.state !== "waiting") throw decided(toItem(row));
      const { server, tool } = toItem(row);
      if ((await options.claim?.(id)) === false) throw hadElsewhere(id);
      // Nothing runs by it: the word may stand in the audit log before it stands in the item.
      await access.audit.record({ event: "review_rejected", item: id, by, server, tool });
      const params: SqlValue[] = [by, clock.now(), clock.now(), reason ?? null, id];
      const [done] = await database.write([{ sql: REJECT, params }]);
      if (done?.changes !== 1) throw decided(toItem(await find(id)));
      return tell(await get(id));
    },
    async close() {
      // Whatever still runs cannot be told of later: the next bridge must not think that it knows.
      const lost = [...running.keys()].map((id) => ({ id, runner: runners.self() }));
      await giveUp(lost).catch(() => {});
      await database.close();
      runners.close();
    },
  };
}

const TRIM = `DELETE FROM review_item WHERE state NOT IN ('waiting', 'running') AND seq <= (
  SELECT seq FROM review_item WHERE state NOT IN ('waiting', 'running') ORDER BY seq DESC LIMIT 1 OFFSET ?)`;
const REJECT = `UPDATE review_item SET state = 'rejected', decided_by = ?, decided_at = ?, finished_at = ?,
  reason = ? WHERE id = ? AND state = 'waiting'`;

function lostStatement(id: string, runner: string, now: number) {
  return {
    sql: `UPDATE review_item SET state = 'unknown', finished_at = ?, run_code = 'outcome_unknown',
      run_message = ? WHERE id = ? AND runner = ? AND state = 'running'`,
    params: [
      now,
      "The bridge ended while it ran. Find out what came of it; it is not run again.",
      id,
      runner,
    ],
  };
}
