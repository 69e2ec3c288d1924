import {
  type Clock,
  type ErrorCode,
  isJsonObject,
  isTrestleError,
  type JsonObject,
  type Logger,
  messageOf,
  TRESTLE_META,
  type TrestleError,
} from "@trestle/protocol";
import { type Call, nameOf, note, type Policy, type Trail } from "./call.ts";
import type { HistoryRow, Outcome, StartedRow } from "./execution.ts";
import { asFailureOf } from "./failed-execution.ts";
import { codeOf, refusal } from "./faults.ts";
import { jsonSize } from "./json-size.ts";
import { redactMessage } from "./redact.ts";
import { timeLeft, waitFor } from "./waiting.ts";

export interface History {
  /** Resolves when the row is on disk. Called before a call that may have effects is sent. */
  started(row: StartedRow): Promise<void>;
  /** Never throws and never waits: written within 50 ms, in groups. */
  finished(row: HistoryRow): void;
}

export type KeptOfResult = Pick<HistoryRow, "resultHash" | "document">;

export interface RecordParts {
  readonly history: History;
  /** Counts an execution. Never throws and never waits. */
  readonly metrics?: { observe(row: HistoryRow): void };
  readonly clock: Clock;
  /** Monotonic milliseconds with fractions, for durations; the clock where it is left out. */
  readonly fineNow?: () => number;
  readonly redact: (args: JsonObject) => JsonObject;
  /** Estimated cost of one attempt of this call. */
  readonly costFor?: (call: Call) => number | undefined;
  /** What is kept of a result that reports no failure. Never throws. */
  readonly keepOf?: ((result: JsonObject, call: Call) => KeptOfResult | undefined) | undefined;
  /** Tells of an execution. Never throws and never waits. */
  readonly publish?: (row: HistoryRow) => void;
  /** Told of what nobody expected. */
  readonly log?: Logger;
}

/**
 * Keeps one history row, one metric sample and one event per call, and tells the caller in `_meta` what
 * happened to it; a failure carries its execution id. The outermost policy. A write whose start cannot be
 * kept is refused, unsent.
 */
export function record(parts: RecordParts): Policy {
  const { history, metrics, clock, redact, costFor, keepOf, publish, log } = parts;
  const fineNow = parts.fineNow ?? clock.now;

  return async function record(call, next) {
    const begun = fineNow();
    call.trail.elapsed = () => fineNow() - begun;
    const start = startOf(call, clock.now(), redact);
    let result: JsonObject;
    try {
      if (!call.hints.readOnly) await keepStart(call, start);
      result = await next(call);
    } catch (error) {
      keep(call, start, { error, ended: fineNow() - begun });
      throw asFailureOf(call, error, log);
    }
    const row = keep(call, start, { result, ended: fineNow() - begun });
    return withCallFacts(result, row, call.trail);
  };

  async function keepStart(call: Call, start: StartedRow): Promise<void> {
    const { trail } = call;
    const since = trail.elapsed?.() ?? 0;
    try {
      await history.started(start);
      // Not watched meanwhile: a commit takes milliseconds, and a watch would cost every write as much.
      if (isGivenUp(call, clock)) await waitFor(new Promise(() => {}), call, clock);
    } catch (error) {
      note(call, "record", "start not stored", (trail.elapsed?.() ?? 0) - since);
      throw notKept(call, error);
    }
    note(call, "record", "start stored", (trail.elapsed?.() ?? 0) - since);
  }

  function keep(call: Call, start: StartedRow, end: End): HistoryRow {
    const row = rowOf(call, start, { end, redact, cost: costFor?.(call), keepOf });
    history.finished(row);
    metrics?.observe(row);
    publish?.(row);
    return row;
  }
}

function isGivenUp({ context }: Call, clock: Clock): boolean {
  return context.signal.aborted || timeLeft(context, clock) <= 0;
}

/** How a call ended: with a result, or with an error. */
interface End {
  readonly result?: JsonObject;
  readonly error?: unknown;
  readonly ended: number;
}

interface RowFacts {
  readonly end: End;
  readonly redact: RecordParts["redact"];
  /** Of one attempt. */
  readonly cost: number | undefined;
  readonly keepOf: RecordParts["keepOf"];
}

function startOf(call: Call, startedAt: number, redact: RecordParts["redact"]): StartedRow {
  const args = call.params.arguments;
  const { principal, client } = call.context;
  const name = client.info?.name;
  return {
    executionId: call.executionId,
    parentExecutionId: call.parentExecutionId,
    server: call.server,
    tool: call.tool,
    principal: principal.id,
    readOnly: call.hints.readOnly,
    arguments: isJsonObject(args) ? redact(args) : {},
    startedAt,
    era: client.era,
    client: typeof name === "string" ? name : undefined,
    run: runOf(call.params._meta),
  };
}

/** Steps carry the key `run/step/iteration`; a caller's own key is hardly one of that form. */
const STEP_KEY = /^([\w.:-]{1,100})\/[^/]{1,100}\/[^/]{1,30}$/;

function runOf(meta: JsonObject[string]): string | undefined {
  const key = isJsonObject(meta) ? meta[TRESTLE_META.idempotencyKey] : undefined;
  return typeof key === "string" ? STEP_KEY.exec(key)?.[1] : undefined;
}

/** Written out, not spread: this is made for every call. */
function rowOf(call: Call, start: StartedRow, facts: RowFacts): HistoryRow {
  const { end, redact, cost, keepOf } = facts;
  const { trail } = call;
  const { result } = end;
  const fault = result === undefined ? faultOf(end.error) : toolErrorOf(result);
  const kept = result === undefined || fault ? undefined : keepOf?.(result, call);
  return {
    executionId: start.executionId,
    parentExecutionId: start.parentExecutionId,
    server: start.server,
    tool: start.tool,
    principal: start.principal,
    readOnly: start.readOnly,
    arguments: start.arguments,
    startedAt: start.startedAt,
    era: start.era,
    client: start.client,
    run: start.run,
    outcome: result === undefined ? outcomeOf(end.error, call) : fault ? "tool_error" : "success",
    durationMs: Math.round(end.ended * 1_000) / 1_000,
    attempts: trail.attempts,
    retries: trail.retries,
    cached: trail.cached,
    fallbackUsed: trail.fallbackUsed,
    stages: trail.stages,
    cost: cost === undefined ? undefined : cost * trail.attempts,
    requestBytes: trail.requestBytes ?? jsonSize(call.params.arguments),
    resultBytes: trail.resultBytes ?? (result && jsonSize(result)),
    errorCode: fault?.code,
    errorMessage: fault && redactMessage(fault.message, redact).slice(0, MAX_MESSAGE),
    resultHash: kept?.resultHash,
    document: kept?.document,
  };
}

/** Adds the facts under one key of `_meta`; whatever the upstream put there stays. */
function withCallFacts(result: JsonObject, row: HistoryRow, { retries, limit }: Trail): JsonObject {
  const facts: JsonObject = {
    execution_id: row.executionId,
    duration_ms: row.durationMs,
    cached: row.cached,
    retry_count: retries,
    fallback_used: row.fallbackUsed,
  };
  if (limit !== undefined) facts.rate_limit = { ...limit };
  const meta = isJsonObject(result._meta) ? result._meta : {};
  return { ...result, _meta: { ...meta, [TRESTLE_META.call]: facts } };
}

const unknownCodes: ReadonlySet<ErrorCode> = new Set(["outcome_unknown", "timeout", "cancelled"]);

/** A write that was sent and not answered is neither a success nor a failure. */
function outcomeOf(error: unknown, call: Call): Outcome {
  if (!isTrestleError(error) || call.hints.readOnly || call.trail.attempts === 0) return "error";
  return unknownCodes.has(error.code) ? "outcome_unknown" : "error";
}

const MAX_MESSAGE = 500;
const MAX_CODE = 64;

interface Fault {
  readonly code: string;
  readonly message: string;
}

function toolErrorOf(result: JsonObject): Fault | undefined {
  if (result.isError !== true) return undefined;
  const meta = isJsonObject(result._meta) ? result._meta[TRESTLE_META.error] : undefined;
  const code = isJsonObject(meta) && typeof meta.code === "string" ? meta.code : "tool_error";
  const first = Array.isArray(result.content) ? result.content[0] : undefined;
  const text = isJsonObject(first) && typeof first.text === "string" ? first.text : "";
  // Servers choose it.
  return { code: code.slice(0, MAX_CODE), message: text };
}

function faultOf(error: unknown): Fault {
  return { code: codeOf(error), message: messageOf(error) };
}

/** The caller's own giving up stays what it is; all else means that the disk is at fault. */
function notKept(call: Call, error: unknown): TrestleError {
  const gaveUp = isTrestleError(error) && (error.code === "timeout" || error.code === "cancelled");
  if (gaveUp) return refusal("record", error.code, { message: error.message, cause: error });
  return refusal("record", "unavailable", {
    message: `${nameOf(call)} was not sent: a call that may have effects is written to the history first, and that failed (${messageOf(error)}). Make room on the disk of the bridge, then call again.`,
    details: { upstream: call.server, tool: call.tool, state: "history" },
    cause: error,
  });
}
