import {
  isRpcError,
  isTrestleError,
  type JsonValue,
  RpcError,
  TrestleError,
} from "@trestle/protocol";
import { createRedactor } from "@trestle-mcp/server-kit/serving";

/** Every value that must never be shown: in no log line, status, message or row. It only grows. */
export interface SecretRegister {
  add(values: Iterable<string>): void;
  values(): readonly string[];
  /** A copy without secrets; what holds none may come back as it is. */
  redact(value: unknown): unknown;
  /** Does JSON text hold one? Plain words do not count: they stand everywhere, and keep nothing. */
  areIn(text: string): boolean;
  /** What a command printed: run once, however often the configuration is read. */
  printed(mark: string, run: () => string): string;
  /** The same error, or one of its kind without the secrets that it spoke of. */
  clean(error: unknown): unknown;
}

/** Shorter values are no secrets, and would be found everywhere. */
const MIN_LENGTH = 4;

export function createSecretRegister(): SecretRegister {
  const known = new Set<string>();
  const outputs = new Map<string, string>();
  let redact: ((value: unknown) => unknown) | undefined;

  function redactValue(value: unknown): unknown {
    redact ??= createRedactor([...known]);
    return redact(value);
  }

  return {
    add(values) {
      for (const value of values) {
        if (value.length < MIN_LENGTH || known.has(value)) continue;
        known.add(value);
        redact = undefined;
      }
    },
    values: () => [...known],
    redact: redactValue,
    areIn: (text) =>
      [...known].some((value) => /[^A-Za-z]/.test(value) && text.includes(asWritten(value))),
    printed(mark, run) {
      const value = outputs.get(mark) ?? run();
      outputs.set(mark, value);
      return value;
    },
    clean: (error) => (known.size === 0 ? error : cleanError(error, redactValue)),
  };
}

function asWritten(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

function cleanError(error: unknown, redact: (value: unknown) => unknown): unknown {
  if (isRpcError(error)) {
    const before = [error.message, error.data];
    if (isClean(before, redact)) return error;
    const [message, data] = redact(before) as [string, JsonValue | undefined];
    return new RpcError(error.code, message, data);
  }
  if (!isTrestleError(error)) return error;
  const { code, message, details, retryable, retryAfterMs, cause } = error;
  if (isClean([message, details], redact)) return error;
  return new TrestleError(code, redact(message) as string, {
    retryable,
    ...(details && { details: redact(details) as typeof details }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    cause,
  });
}

function isClean(value: unknown, redact: (value: unknown) => unknown): boolean {
  return JSON.stringify(redact(value)) === JSON.stringify(value);
}
