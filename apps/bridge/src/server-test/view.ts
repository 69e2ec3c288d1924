import {
  isJsonObject,
  isRpcError,
  isTrestleError,
  type JsonObject,
  LOCAL_PRINCIPAL,
  MODERN_VERSION,
  messageOf,
  type RequestContext,
  TRESTLE_META,
} from "@trestle/protocol";
import type { PrivateBridge } from "./private-bridge.ts";

/** What a client saw of one request. */
export interface Seen {
  readonly result?: JsonObject;
  readonly code?: string;
  /** Attempts that the bridge made. */
  readonly attempts: number;
  readonly ms: number;
  /** In words. */
  readonly text: string;
}

/** A client of the private bridge. */
export interface View {
  /** With a signal it may be given up. */
  request(method: string, params?: JsonObject, signal?: AbortSignal): Promise<Seen>;
  context(): RequestContext;
}

export function createView({ bridge }: PrivateBridge, signal: AbortSignal): View {
  const { clock, history } = bridge.core;
  const context = (): RequestContext => ({
    ...{ principal: LOCAL_PRINCIPAL, signal },
    client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
  });

  return {
    context,
    async request(method, params = {}, stop) {
      const begun = clock.now();
      try {
        const given = stop ? { ...context(), signal: AbortSignal.any([signal, stop]) } : context();
        const result = await bridge.instance.request(method, params, given);
        return seenOf(result, clock.now() - begun);
      } catch (error) {
        signal.throwIfAborted();
        const code = codeOf(error);
        const ms = clock.now() - begun;
        const id = isTrestleError(error) ? String(error.details?.executionId ?? "") : "";
        const row = id === "" ? undefined : await history.get(id);
        const attempts = row?.execution.attempts ?? 1;
        return { code, attempts, ms, text: `${code}: ${messageOf(error)}` };
      }
    },
  };
}

function seenOf(result: JsonObject, ms: number): Seen {
  const meta = isJsonObject(result._meta) ? result._meta[TRESTLE_META.call] : undefined;
  const retries = isJsonObject(meta) ? Number(meta.retry_count) : 0;
  const attempts = 1 + (Number.isFinite(retries) ? retries : 0);
  const times = attempts === 1 ? "" : ` after ${attempts} attempts`;
  const what =
    result.resultType === "input_required"
      ? "a question for the user"
      : result.isError === true
        ? `an answer that reports a failure: ${firstText(result)}`
        : "an answer";
  return { result, attempts, ms, text: `${what}${times}` };
}

function firstText({ content }: JsonObject): string {
  const [first] = Array.isArray(content) ? content : [];
  return isJsonObject(first) && typeof first.text === "string" ? first.text.slice(0, 200) : "";
}

function codeOf(error: unknown): string {
  return isTrestleError(error) || isRpcError(error) ? String(error.code) : "internal";
}
