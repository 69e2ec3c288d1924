import { apiUrl } from "./base.ts";
import { ApiFailure } from "./failure.ts";
import type { Operations } from "./generated.ts";

export type OperationName = keyof Operations;

/** What an operation takes: `path` and `body` where it has them, `query` where it is read. */
export type InputOf<Name extends OperationName> = Part<"path", Operations[Name]["path"]> &
  Part<"query", Operations[Name]["query"]> &
  Part<"body", Operations[Name]["body"]>;

type Part<Key extends string, Fields> = [Fields] extends [never]
  ? unknown
  : Record<never, never> extends Fields
    ? { readonly [Each in Key]?: Fields }
    : { readonly [Each in Key]: Fields };

export type DataOf<Name extends OperationName> = Operations[Name]["data"];

export interface Answer<Data> {
  readonly data: Data;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Sent with whatever changes something, while a session with a cookie lasts. */
let csrfToken: string | undefined;

/** Remembers the token of the session, or that there is none. */
export function rememberCsrf(token: string | undefined): void {
  csrfToken = token;
}

export interface Asking {
  readonly signal?: AbortSignal | undefined;
  /** For `POST login` alone: nothing keeps a key. */
  readonly key?: string | undefined;
}

/**
 * Asks the bridge, by the name of an operation as docs/rest.md lists it: `ask("GET tools/:tool", { path: { tool } })`.
 * Throws `ApiFailure`; a tool that reports its own error is one, with the answer in `details.data`.
 */
export async function ask<Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  asking: Asking = {},
): Promise<DataOf<Name>> {
  return (await askWhole(name, input, asking)).data;
}

/** As `ask`, with what the bridge says about the answer: execution id, duration, limits. */
export async function askWhole<Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  { signal, key }: Asking = {},
): Promise<Answer<DataOf<Name>>> {
  const [method = "GET", path = ""] = name.split(" ");
  const { path: parts, query, body } = input as AnyInput;
  const response = await reach(urlOf(path, parts, query), {
    method,
    headers: headersOf(method, body, key),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal && { signal }),
    credentials: "same-origin",
  });
  return readAnswer(response) as Promise<Answer<DataOf<Name>>>;
}

interface AnyInput {
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

function urlOf(path: string, parts: AnyInput["path"] = {}, query: AnyInput["query"] = {}): URL {
  const filled = path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(parts[name])),
  );
  const url = apiUrl(filled);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  return url;
}

function headersOf(method: string, body: unknown, key: string | undefined): HeadersInit {
  return {
    accept: "application/json",
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(method !== "GET" && csrfToken !== undefined ? { "x-csrf-token": csrfToken } : {}),
    ...(key === undefined ? {} : { "x-api-key": key }),
  };
}

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiFailure("The bridge cannot be reached. Is it still running?", {
      code: "unreachable",
      status: 0,
    });
  }
}

interface Envelope {
  readonly success?: boolean;
  readonly data?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code?: string; readonly message?: string; readonly details?: object };
}

async function readAnswer(response: Response): Promise<Answer<unknown>> {
  const { status } = response;
  const envelope = (await response.json().catch(() => undefined)) as Envelope | undefined;
  if (envelope === undefined) {
    throw new ApiFailure(`The answer is no JSON (status ${status}): does a proxy stand between?`, {
      code: "internal",
      status,
    });
  }
  const { success, data, metadata = {}, error } = envelope;
  if (success === true) return { data, metadata };
  throw new ApiFailure(error?.message ?? `The bridge answered ${status}.`, {
    code: error?.code ?? "internal",
    status,
    details: { ...error?.details, ...(data === undefined ? {} : { data }) },
    executionId: typeof metadata.execution_id === "string" ? metadata.execution_id : undefined,
  });
}
