import type { Clock } from "@trestle/protocol";
import { isJsonObject, parseJson, RPC, RpcError, TrestleError } from "@trestle/protocol";
import { outcomeUnknown } from "../faults.ts";
import { type HttpAnswer, readBody, redirectOf } from "./exchange.ts";

/** An error body is for a person to read. */
const MAX_ERROR_BODY = 1024 * 1024;
const SHOWN = 300;

export interface StatusContext {
  readonly upstream: string;
  readonly url: URL;
  readonly method: string;
  readonly clock: Clock;
}

export function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status <= 299;
}

/** The failure that an answer outside 2xx stands for. */
export async function toFailure(answer: HttpAnswer, context: StatusContext): Promise<Error> {
  const text = await readBody(answer.stream, MAX_ERROR_BODY).catch(() => "");
  const rpc = rpcErrorIn(text);
  const { status } = answer;
  if (status === 401 || status === 403) return denied(answer, context);
  if (status === 429 || status === 503) return busy(answer, context);
  if (rpc) return rpc;
  const said = text === "" ? "" : `: ${text.slice(0, SHOWN)}`;
  const what = `answered HTTP ${status}${said}`;
  if (status >= 500)
    return outcomeUnknown(context.upstream, context.method, { what, details: { status } });
  const redirect = redirectOf(answer, context.url);
  return new TrestleError(
    "unavailable",
    redirect
      ? `Upstream "${context.upstream}" redirects to ${redirect.origin}, which is not followed. Set its url to that address, if you trust it.`
      : `Upstream "${context.upstream}" ${what}. Check its url.`,
    { retryable: false, details: { upstream: context.upstream, sent: true, status } },
  );
}

function denied({ status, headers }: HttpAnswer, { upstream }: StatusContext): TrestleError {
  const challenge = headers["www-authenticate"];
  return new TrestleError(
    "denied",
    `Upstream "${upstream}" answered HTTP ${status}: it wants other credentials. Check the headers configured for it.`,
    { details: { upstream, status, ...(challenge !== undefined && { challenge }) } },
  );
}

function busy({ status, headers }: HttpAnswer, { upstream, clock }: StatusContext): TrestleError {
  const retryAfterMs = parseRetryAfter(headers["retry-after"], clock.now());
  const when = retryAfterMs === undefined ? "later" : `in ${Math.ceil(retryAfterMs / 1000)} s`;
  return new TrestleError(
    status === 429 ? "rate_limited" : "unavailable",
    `Upstream "${upstream}" answered HTTP ${status}; try again ${when}.`,
    {
      details: { upstream, sent: true, status },
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  );
}

/** Seconds or a date. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function rpcErrorIn(text: string): RpcError | undefined {
  try {
    const body = parseJson(text);
    const error = isJsonObject(body) && body.jsonrpc === "2.0" ? body.error : undefined;
    if (!isJsonObject(error)) return undefined;
    const code = Number.isInteger(error.code) ? (error.code as number) : RPC.internal;
    return new RpcError(code, String(error.message), error.data);
  } catch {
    return undefined;
  }
}
