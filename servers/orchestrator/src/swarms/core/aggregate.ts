import type { JsonValue } from "@trestle/protocol";
import { canonicalJson } from "@trestle/protocol";
import { ENDED, type TaskRecord, type VoteRecord } from "../model.ts";

/** A part of a task with what others think of it. */
export interface Part {
  readonly task: TaskRecord;
  readonly votes: readonly VoteRecord[];
}

export type Verdict =
  | { readonly kind: "open" }
  /** All parts have ended, and votes that are asked for are missing. */
  | { readonly kind: "voting" }
  | { readonly kind: "succeeded"; readonly result: JsonValue }
  | { readonly kind: "failed"; readonly reason: string };

export interface AggregateParts {
  readonly whole: TaskRecord;
  readonly parts: readonly Part[];
  readonly weightOf: (agent: string) => number;
  /** Is the time for votes over? */
  readonly isTimeUp: boolean;
}

/**
 * What the parts of a task make of it.
 * - `first`, `judge`: the result of the first part that succeeds; with `judge` only a result that passed its check does.
 * - `all`: the list of all results, in order; one failure fails it.
 * - `majority`: the result that more than half of the parts gave, equal as JSON.
 * - `weighted`: of equal results that whose doers and accepting voters together have the most weight, if it is more
 *   than half of all weight that was cast; a reject takes its weight away.
 * - `veto`: as `all`, and one reject fails it.
 *
 * `weighted` and `veto` wait for `quorum` votes on each part, at most `voteMs`.
 */
export function aggregate(given: AggregateParts): Verdict {
  return rules[given.whole.aggregate ?? "all"](given);
}

const rules = {
  first: firstOf,
  judge: firstOf,
  all: allOf,
  majority: majorityOf,
  weighted: weightedOf,
  veto: vetoOf,
};

const OPEN: Verdict = { kind: "open" };

function firstOf({ parts }: AggregateParts): Verdict {
  // The first success ends the others: there is one at most.
  const winner = parts.find(({ task }) => task.status === "succeeded");
  if (winner !== undefined) return { kind: "succeeded", result: winner.task.result ?? null };
  return parts.every(hasEnded) ? failed("No part of it succeeded", parts) : OPEN;
}

function allOf({ parts }: AggregateParts): Verdict {
  if (parts.some(hasFailed)) return failed("A part of it did not succeed", parts);
  if (!parts.every(hasEnded)) return OPEN;
  return { kind: "succeeded", result: parts.map(({ task }) => task.result ?? null) };
}

function majorityOf({ parts }: AggregateParts): Verdict {
  const need = Math.floor(parts.length / 2) + 1;
  const groups = groupsOf(parts);
  const winner = groups.find(({ members }) => members.length >= need);
  if (winner !== undefined) return { kind: "succeeded", result: winner.result };
  const open = parts.filter((part) => !hasEnded(part)).length;
  const most = Math.max(0, ...groups.map(({ members }) => members.length));
  if (most + open >= need) return OPEN;
  return failed(`No result was given by ${need} of ${parts.length}`, parts);
}

function weightedOf({ whole, parts, weightOf, isTimeUp }: AggregateParts): Verdict {
  if (!parts.every(hasEnded)) return OPEN;
  if (!isTimeUp && isShortOfVotes(whole, parts)) return { kind: "voting" };
  let cast = 0;
  const weigh = ({ task, votes }: Part): number => {
    let weight = weightOf(task.doer ?? "");
    cast += weight;
    for (const { agent, choice } of votes) {
      cast += weightOf(agent);
      weight += choice === "accept" ? weightOf(agent) : -weightOf(agent);
    }
    return weight;
  };
  const weights = groupsOf(parts)
    .map(({ result, members }) => ({
      result,
      weight: members.map(weigh).reduce((sum, each) => sum + each, 0),
    }))
    .sort((a, b) => b.weight - a.weight);
  const [best] = weights;
  if (best !== undefined && best.weight > cast / 2)
    return { kind: "succeeded", result: best.result };
  return failed("No result has more than half of the weight", parts);
}

function vetoOf({ whole, parts, isTimeUp }: AggregateParts): Verdict {
  const against = parts.flatMap(({ votes }) => votes).find(({ choice }) => choice === "reject");
  if (against !== undefined) {
    const { agent, reason = "no reason given" } = against;
    return { kind: "failed", reason: `${agent} vetoed ${against.task}: ${reason}` };
  }
  const verdict = allOf({ whole, parts, weightOf: () => 1, isTimeUp });
  if (verdict.kind !== "succeeded" || isTimeUp) return verdict;
  return isShortOfVotes(whole, parts) ? { kind: "voting" } : verdict;
}

function isShortOfVotes({ quorum = 0 }: TaskRecord, parts: readonly Part[]): boolean {
  return parts.some(({ task, votes }) => task.status === "succeeded" && votes.length < quorum);
}

/** Parts that succeeded, by equal results. */
function groupsOf(parts: readonly Part[]): { result: JsonValue; members: Part[] }[] {
  const groups = new Map<string, { result: JsonValue; members: Part[] }>();
  for (const part of parts) {
    if (part.task.status !== "succeeded") continue;
    const result = part.task.result ?? null;
    const key = canonicalJson(result);
    const group = groups.get(key) ?? { result, members: [] };
    group.members.push(part);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function hasEnded({ task }: Part): boolean {
  return ENDED.has(task.status);
}

function hasFailed({ task }: Part): boolean {
  return task.status === "failed" || task.status === "cancelled";
}

function failed(what: string, parts: readonly Part[]): Verdict {
  const reasons = parts
    .filter(hasFailed)
    .map(({ task }) => `${task.id}: ${task.reason ?? task.status}`);
  return { kind: "failed", reason: [what, ...reasons.slice(0, 3)].join("; ").slice(0, 1_000) };
}
