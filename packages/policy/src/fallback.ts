import { isTrestleError, type JsonObject, messageOf } from "@trestle/protocol";
import { type Call, nameOf, note, type Policy } from "./call.ts";
import { type FailedCall, failedCall, failedResult, type Progress } from "./fallback-failure.ts";
import { type FallbackStep, mapArguments, type ToolStep } from "./fallback-steps.ts";
import { isEffectUnknown, isUpstreamFault } from "./faults.ts";
import type { LastGood } from "./last-good.ts";

/** A call that stands in for another; it passes the pipeline anew, from authorize on. */
export interface StandIn {
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  /** Whose principal, deadline and signal it keeps. */
  readonly original: Call;
  readonly fallbackFrom: readonly string[];
}

export interface FallbackParts {
  readonly settingsFor: (call: Call) => readonly FallbackStep[];
  reenter(standIn: StandIn): Promise<JsonObject>;
  readonly lastGood: LastGood;
  /** Resolves with the item's id when it is durable. */
  review(failed: FailedCall): Promise<string>;
  /** Never throws and never waits. */
  notify(failed: FailedCall, level: "log" | "alert"): void;
  /** Takes secrets out of what people are told; nothing is taken out where it is left out. */
  readonly redact?: (args: JsonObject) => JsonObject;
  /** How many stand-ins may follow one another. */
  readonly maxDepth?: number;
}

const MAX_DEPTH = 3;

/** Finds another answer for a call that failed, in the order of its steps, and marks it as such. */
export function fallback(parts: FallbackParts): Policy {
  const { settingsFor, lastGood } = parts;
  return async function fallback(call, next) {
    const steps = settingsFor(call);
    if (steps.length === 0) return next(call);
    try {
      const result = await next(call);
      if (call.hints.readOnly && isGood(result) && steps.some(isLastGood))
        lastGood.keep(call, result);
      return result;
    } catch (error) {
      if (!isWorthFallback(call, error)) throw error;
      return tryInOrder(call, error, { steps, parts });
    }
  };
}

interface Plan {
  readonly steps: readonly FallbackStep[];
  readonly parts: FallbackParts;
}

async function tryInOrder(call: Call, error: unknown, { steps, parts }: Plan): Promise<JsonObject> {
  const progress: Progress = {
    error,
    outcomeUnknown: isEffectUnknown(call, error),
    notified: false,
  };
  for (const step of steps) {
    if (!mayTry(step, call, progress)) continue;
    const result = await tryStep(step, call, { parts, progress });
    if (result === undefined) continue;
    note(call, "fallback", `answered by ${step.kind}`);
    call.trail.fallbackUsed = true;
    return result;
  }
  if (!progress.notified) throw progress.error;
  call.trail.fallbackUsed = true;
  return failedResult(progress, `${messageOf(progress.error)} A person was notified.`);
}

/**
 * What may have been done must not be done again, nor be answered by something that looks like an
 * answer. Telling a person, or leaving it to one, is always right.
 */
function mayTry(step: FallbackStep, call: Call, { outcomeUnknown }: Progress): boolean {
  switch (step.kind) {
    case "review":
    case "notify":
      return true;
    case "tool":
      return !outcomeUnknown;
    case "static":
    case "last_good":
      return call.hints.readOnly && !outcomeUnknown;
  }
}

interface Trying {
  readonly parts: FallbackParts;
  readonly progress: Progress;
}

/** The step's answer, or undefined if it has none. */
async function tryStep(
  step: FallbackStep,
  call: Call,
  { parts, progress }: Trying,
): Promise<JsonObject | undefined> {
  switch (step.kind) {
    case "tool":
      return standIn(step, call, { parts, progress });
    case "static":
      return step.result;
    case "last_good":
      return parts.lastGood.find(call, step.maxAgeMs);
    case "notify":
      parts.notify(failedCall(call, step.message, { ...progress, ...parts }), step.level);
      note(call, "fallback", `notified: ${step.level}`);
      progress.notified = true;
      return undefined;
    case "review":
      return queue(step.message, call, { parts, progress });
  }
}

async function standIn(
  step: ToolStep,
  call: Call,
  { parts, progress }: Trying,
): Promise<JsonObject | undefined> {
  const { server, tool = call.tool } = step;
  const path = [...(call.fallbackFrom ?? []), `${call.server}/${call.tool}`];
  if (path.includes(`${server}/${tool}`) || path.length > (parts.maxDepth ?? MAX_DEPTH)) {
    note(call, "fallback", `skipped ${server}.${tool}: it would go in circles`);
    return undefined;
  }
  const args = mapArguments(call, step);
  try {
    return await parts.reenter({
      server,
      tool,
      arguments: args,
      original: call,
      fallbackFrom: path,
    });
  } catch (error) {
    note(call, "fallback", `${server}.${tool} failed, too`);
    // The stand-in may be a write: its unknown outcome is the call's from now on.
    const unknown = isTrestleError(error) && error.code === "outcome_unknown";
    if (unknown || isEffectUnknown(call, error)) {
      progress.error = error;
      progress.outcomeUnknown = true;
    }
    return undefined;
  }
}

async function queue(
  message: string,
  call: Call,
  { parts, progress }: Trying,
): Promise<JsonObject | undefined> {
  try {
    const id = await parts.review(failedCall(call, message, { ...progress, ...parts }));
    const state = progress.outcomeUnknown
      ? "It may or may not have taken effect; do not repeat it."
      : "It was not done.";
    return failedResult(
      progress,
      `${nameOf(call)} failed and waits for a person's decision as review item ${id}. ${state}`,
      id,
    );
  } catch (error) {
    note(call, "fallback", `not queued: ${messageOf(error)}`);
    return undefined;
  }
}

/** Somebody may want to know of a write that nobody waits for any more; of a read, nobody does. */
function isWorthFallback(call: Call, error: unknown): boolean {
  if (isEffectUnknown(call, error)) return true;
  if (call.context.signal.aborted) return false;
  return isUpstreamFault(error) || (isTrestleError(error) && error.code === "rate_limited");
}

function isGood({ isError, resultType }: JsonObject): boolean {
  return isError !== true && (resultType ?? "complete") === "complete";
}

function isLastGood({ kind }: FallbackStep): boolean {
  return kind === "last_good";
}
