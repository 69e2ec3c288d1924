import { type JsonObject, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { REVIEW_STATES, type ReviewItem } from "../state/review/items.ts";
import { reviewItem, reviewPage } from "./answers/policies.ts";
import { jsonObjectField, limitField, NO_EFFECT } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { type ShownArguments, shownArguments } from "./shown-arguments.ts";
import { isVisible, visiblePrincipal } from "./sight.ts";

const idField = z.string().min(1).describe("Of an item, from review_list.");

export const reviewList = defineOperation({
  name: "review_list",
  title: "Calls that wait for a person",
  description: "Failed calls that a person decides about, the newest first.",
  input: z.object({
    state: z.enum(REVIEW_STATES).optional().describe("Only those in this state."),
    limit: limitField.max(500).default(50),
    before: z.string().optional().describe("The id of an item: those that are older."),
  }),
  output: reviewPage,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ state, limit, before }, { principal }, core) {
    const items = await core.review.list({
      ...given({ state, limit, before }),
      ...visiblePrincipal(principal, undefined),
    });
    const last = items.length === limit ? items.at(-1) : undefined;
    return {
      items: items.map((item) => presentItem(item, shownArguments(principal, core))),
      ...(last === undefined ? {} : { next: last.id }),
    };
  },
});

export const reviewGet = defineOperation({
  name: "review_get",
  title: "One call that waits for a person",
  description: "All that is known of a failed call: its arguments, why it failed, what came of it.",
  input: z.object({ id: idField }),
  output: reviewItem,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ id }, { principal }, core) {
    const item = await core.review.get(id);
    if (isVisible(item, principal)) return presentItem(item, shownArguments(principal, core));
    throw new TrestleError(
      "not_found",
      `There is no review item "${id}". List the items to see their ids.`,
    );
  },
});

export const reviewResolve = defineOperation({
  name: "review_resolve",
  title: "Decide about a call",
  description: "Lets a call that waits run, once, in its caller's name; or says that it will not.",
  input: z.object({
    id: idField,
    decision: z.enum(["approve", "reject"]).describe("approve runs it at once."),
    arguments: jsonObjectField
      .optional()
      .describe("To run it with others than it was called with."),
    reason: z.string().max(2_000).optional().describe("Why it was rejected."),
    accept_changed: z
      .boolean()
      .optional()
      .describe("true: also where the tool's definition has changed since."),
  }),
  output: reviewItem,
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: true },
  needs: "admin",
  untouched: ["arguments"],
  async run({ id, decision, arguments: args, reason, accept_changed }, { principal }, core) {
    const shown = shownArguments(principal, core);
    if (decision === "reject") {
      if (args === undefined)
        return presentItem(await core.review.reject(id, principal.id, reason), shown);
      throw new TrestleError("invalid_input", "arguments: a call that is rejected takes none.", {
        details: { fields: ["arguments"] },
      });
    }
    const approval = given({
      arguments: args as JsonObject | undefined,
      acceptChanged: accept_changed,
    });
    return presentItem(await core.review.approve(id, principal.id, approval), shown);
  },
});

function presentItem(item: ReviewItem, shown: ShownArguments): JsonObject {
  const { editedArguments } = item;
  return given({
    id: item.id,
    state: item.state,
    server: item.server,
    tool: item.tool,
    arguments: shown(item),
    edited_arguments: editedArguments && shown({ ...item, arguments: editedArguments }),
    read_only: item.readOnly,
    message: item.message,
    error: { code: item.errorCode, message: item.errorMessage },
    outcome_unknown: item.outcomeUnknown,
    execution_id: item.executionId,
    principal: item.principal,
    attempts: item.attempts,
    created_at: timeOf(item.createdAt),
    expires_at: timeOf(item.expiresAt),
    decided_by: item.decidedBy,
    decided_at: timeOf(item.decidedAt),
    reason: item.reason,
    finished_at: timeOf(item.finishedAt),
    run_error: item.runError && { ...item.runError },
    result: item.result,
  }) as JsonObject;
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
