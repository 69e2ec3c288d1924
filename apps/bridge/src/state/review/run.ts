import {
  isRpcError,
  isTrestleError,
  type JsonObject,
  messageOf,
  RPC,
  TrestleError,
} from "@trestle/protocol";
import type { QuietSqlite, Row } from "@trestle/store";
import { decided, hadElsewhere, type ReviewItem, type ReviewState, toItem } from "./items.ts";
import type { Approval, ReviewQueueOptions } from "./review.ts";
import type { Runners } from "./runners.ts";
import type { ReviewSeal } from "./seal.ts";

export interface ReviewRunParts extends ReviewQueueOptions {
  readonly database: QuietSqlite;
  readonly runners: Runners;
  /** What this very process is running, and who approved it. */
  readonly running: Map<string, string>;
  readonly seal: ReviewSeal;
  find(id: string): Promise<Row>;
  get(id: string): Promise<ReviewItem>;
}

/** How a run ended. */
interface Ending {
  readonly state: ReviewState;
  readonly result?: JsonObject;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * Makes `approve`. An item is claimed in the file before it runs, by whoever comes first; from then on
 * nobody runs it again, whatever happens to the one who claimed it.
 */
export function createReviewRun(parts: ReviewRunParts) {
  const { database, clock, access, runners, running, seal, find, get } = parts;

  return async function approve(
    id: string,
    by: string,
    approval: Approval = {},
  ): Promise<ReviewItem> {
    const row = await find(id);
    const item = toItem(row);
    const earlier = running.get(id);
    if (earlier !== undefined) throw decided({ ...item, state: "running", decidedBy: earlier });
    if (item.state !== "waiting") throw decided(item);
    checkDefinition(item, approval, parts);
    const original = seal.openItem(row);
    const principal = access.check(original.bound);
    const edited = approval.arguments;
    running.set(id, by);
    try {
      await claim(item, by, edited);
      const ending = await attempt({
        server: item.server,
        tool: item.tool,
        arguments: edited ?? original.arguments,
        idempotencyKey: edited ? `review/${id}` : item.idempotencyKey,
        principal,
        reviewId: id,
      });
      await finish(item, ending);
    } finally {
      running.delete(id);
    }
    return get(id);
  };

  async function claim(item: ReviewItem, by: string, edited?: JsonObject): Promise<void> {
    const { id, server, tool, principal } = item;
    if ((await parts.claim?.(id)) === false) throw hadElsewhere(id);
    const sealed = edited ? seal.part(id, "edited", edited) : null;
    const now = clock.now();
    const params = [runners.self(), by, now, sealed, id, now];
    const [claimed] = await database.write([{ sql: CLAIM, params }]);
    if (claimed?.changes !== 1) throw decided(toItem(await find(id)));
    const facts = { item: id, by, server, tool, principal, edited: edited !== undefined };
    try {
      await access.audit.record({ event: "review_approved", ...facts });
    } catch (error) {
      // Nothing ran, and what cannot be told must not: the item waits again.
      await database.write([{ sql: RELEASE, params: [id, runners.self()] }]);
      throw error;
    }
  }

  async function attempt(approved: Parameters<ReviewRunParts["run"]>[0]): Promise<Ending> {
    try {
      return endingOf(await parts.run(approved));
    } catch (error) {
      return failureOf(error);
    }
  }

  async function finish({ id, readOnly }: ReviewItem, ending: Ending): Promise<void> {
    const { result, error } = ending;
    // A read that nobody heard the end of has done nothing.
    const state = ending.state === "unknown" && readOnly ? "failed" : ending.state;
    const kept = result && JSON.stringify(result).length <= MAX_RESULT ? result : undefined;
    const sealed = kept ? seal.part(id, "result", kept) : null;
    const ended = [error?.code ?? null, error?.message ?? null, sealed];
    const params = [state, clock.now(), ...ended, id, runners.self()];
    const [written] = await database.write([{ sql: FINISH, params }]).catch((reason: unknown) => {
      throw notKept(id, state, reason);
    });
    if (written?.changes !== 1) throw notKept(id, state, new Error("the queue was closed"));
  }
}

const CLAIM = `UPDATE review_item SET state = 'running', runner = ?, decided_by = ?, decided_at = ?, edited = ?,
  attempts = attempts + 1 WHERE id = ? AND state = 'waiting' AND expires_at > ?`;
const RELEASE = `UPDATE review_item SET state = 'waiting', runner = NULL, decided_by = NULL, decided_at = NULL,
  edited = NULL, attempts = attempts - 1 WHERE id = ? AND runner = ? AND state = 'running'`;
const FINISH = `UPDATE review_item SET state = ?, finished_at = ?, run_code = ?, run_message = ?, result = ?
  WHERE id = ? AND runner = ? AND state = 'running'`;
const MAX_RESULT = 256 * 1024;
const MAX_TEXT = 2_000;

function checkDefinition(
  { id, server, tool, definitionHash }: ReviewItem,
  { acceptChanged = false }: Approval,
  { definitionHashOf }: ReviewRunParts,
): void {
  const current = definitionHashOf(server, tool);
  if (current === undefined) {
    throw new TrestleError(
      "conflict",
      `${server} offers no tool "${tool}" now, so review item ${id} cannot run. Wait until it does, or reject the item.`,
      { details: { item: id, reason: "tool_missing" } },
    );
  }
  if (current === definitionHash || acceptChanged) return;
  throw new TrestleError(
    "conflict",
    `The definition of ${server}.${tool} has changed since review item ${id} was made. Look at it, then approve with acceptChanged: true, or reject the item.`,
    { details: { item: id, reason: "definition_changed" } },
  );
}

function endingOf(result: JsonObject): Ending {
  if (result.resultType === "input_required") {
    const message = "The tool asks its user, and nobody is there. Call it from a client instead.";
    return { state: "failed", result, error: { code: "unsupported", message } };
  }
  if (result.isError !== true) return { state: "done", result };
  return {
    state: "failed",
    result,
    error: { code: "tool_error", message: "The tool says that it failed; its result says how." },
  };
}

/** Without a word that says that nothing was done, something may have been. */
function failureOf(error: unknown): Ending {
  const code = isTrestleError(error)
    ? error.code
    : isRpcError(error)
      ? String(error.code)
      : "internal";
  const said = { code, message: messageOf(error).slice(0, MAX_TEXT) };
  return { state: isRefused(error) ? "failed" : "unknown", error: said };
}

function isRefused(error: unknown): boolean {
  if (isRpcError(error)) return error.code !== RPC.internal;
  if (!isTrestleError(error)) return false;
  if (error.details?.sent === false) return true;
  const status = error.details?.status;
  if (error.code === "unavailable") return typeof status === "number" && status < 500;
  return !["timeout", "outcome_unknown", "internal", "cancelled", "in_progress"].includes(
    error.code,
  );
}

function notKept(id: string, state: ReviewState, cause: unknown): TrestleError {
  return new TrestleError(
    "outcome_unknown",
    `Review item ${id} ran and is ${state}, but that could not be kept: ${messageOf(cause)} It is not run again.`,
    { cause, details: { item: id, state } },
  );
}
