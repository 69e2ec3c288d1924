import {
  type Clock,
  isJsonObject,
  isTrestleError,
  type JsonObject,
  type JsonValue,
  messageOf,
  TrestleError,
} from "@trestle/protocol";
import { retryAfterOf, wait } from "../patience.ts";
import type { Dialect, ModelRequest, ModelTurn, Usage } from "./conversation.ts";

export interface ModelAddress {
  readonly dialect: Dialect;
  /** Without the path of the dialect: `https://api.anthropic.com`, `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly key: string | undefined;
  /** For one answer. */
  readonly timeoutMs: number;
  /** How often a request that was turned away is made again. */
  readonly retries: number;
}

export interface AskParts {
  readonly clock: Clock;
  readonly random: () => number;
}

/** Turned away for now: too many requests, overloaded, a fault of theirs. */
const PASSING = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * Asks a model for its next turn. What is turned away for a passing reason is asked again, after as long as the
 * provider wants; where no answer came, whoever pays for it decides (`isLost`). The key goes nowhere but into its header: no redirect is followed, and no error holds it.
 *
 * @returns the turn; its usage is undefined where the provider told none
 * @throws TrestleError `unavailable` or `rate_limited` when retries are used up, `denied` for a bad key,
 *   `invalid_config` for a request that the provider does not take, `cancelled`
 */
export async function askModel(
  address: ModelAddress,
  request: ModelRequest,
  { clock, random }: AskParts,
  signal: AbortSignal,
): Promise<Omit<ModelTurn, "usage"> & { readonly usage: Usage | undefined }> {
  const { dialect, model, retries } = address;
  const body = JSON.stringify(dialect.toBody(model, request));
  for (let attempt = 0; ; attempt += 1) {
    const answer = await post(address, body, clock, signal);
    if (answer.status === 200) return read(address, answer.text);
    const error = toError(address, answer);
    if (attempt === retries || !PASSING.has(answer.status)) throw error;
    const backoff = FIRST_WAIT_MS * 2 ** attempt * (1 + random());
    const waitMs = answer.retryAfterMs ?? Math.min(backoff, LONGEST_WAIT_MS);
    // Whoever waits for an agent would take longer for a standstill.
    if (waitMs > LONGEST_WAIT_MS) throw error;
    await wait(clock, waitMs, signal);
  }
}

/** Was a request sent whose answer never came? It may have cost what any answer costs. */
export function isLost(error: unknown): boolean {
  return isTrestleError(error) && error.details?.lost === true;
}

interface Answer {
  /** 0 where none came. */
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs?: number | undefined;
}

async function post(
  { dialect, baseUrl, key, timeoutMs }: ModelAddress,
  body: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Answer> {
  const late = new AbortController();
  const clear = clock.after(timeoutMs, () => late.abort());
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, "")}${dialect.path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...dialect.headers(key) },
      body,
      redirect: "error",
      signal: AbortSignal.any([signal, late.signal]),
    });
    const text = await readText(response);
    const retryAfterMs = retryAfterOf(response.headers, clock.now());
    return { status: response.status, text, retryAfterMs };
  } catch (error) {
    if (signal.aborted) {
      throw new TrestleError("cancelled", "The agent was stopped.", { details: { lost: true } });
    }
    const why = late.signal.aborted ? `no answer within ${timeoutMs} ms` : causeOf(error);
    return { status: 0, text: why };
  } finally {
    clear();
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error("the answer is larger than an answer can be");
  }
  return Buffer.concat(chunks).toString("utf8");
}

function read({ dialect, baseUrl }: ModelAddress, text: string) {
  try {
    const body: JsonValue = JSON.parse(text);
    if (!isJsonObject(body)) throw new Error("it is no object");
    return dialect.toTurn(body);
  } catch (error) {
    throw new TrestleError(
      "unavailable",
      `What ${hostOf(baseUrl)} answered is not understood: ${messageOf(error)}. Check the dialect and the address of this model.`,
      { retryable: false },
    );
  }
}

function toError({ key, baseUrl, model }: ModelAddress, { status, text }: Answer): TrestleError {
  const said = wordsOf(text).slice(0, 500);
  // A provider may quote the key that it was given.
  const safe = key ? said.replaceAll(key, "[redacted]") : said;
  const host = hostOf(baseUrl);
  if (status === 0) {
    const details = { lost: true };
    return new TrestleError("unavailable", `${host} does not answer: ${safe}`, { details });
  }
  const what = `${host} answered HTTP ${status} for model ${model}: ${safe}`;
  if (status === 401 || status === 403) {
    return new TrestleError("denied", `${what} Check the key that this agent is configured with.`);
  }
  if (status === 429) return new TrestleError("rate_limited", what);
  if (status >= 500 || PASSING.has(status)) return new TrestleError("unavailable", what);
  return new TrestleError("invalid_config", what);
}

/** Providers word their faults as `{ error: { message } }`. */
function wordsOf(text: string): string {
  try {
    const body: JsonValue = JSON.parse(text);
    const error: JsonObject = isJsonObject(body) && isJsonObject(body.error) ? body.error : {};
    return typeof error.message === "string" ? error.message : text;
  } catch {
    return text;
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return messageOf(cause);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
