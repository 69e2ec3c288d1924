import {
  isJsonObject,
  isRpcError,
  isTrestleError,
  type JsonObject,
  type JsonValue,
  MAX_FRAME_BYTES,
  parseJson,
  RpcError,
  TrestleError,
} from "@trestle/protocol";

/** The first byte that an owner sends to whoever joins: it lives, and has taken the connection. */
export const GREETING = Buffer.from([0x06]);

/** What a joiner says to the owner, one JSON line each. */
export type ToOwner =
  | { readonly id: number; readonly method: string; readonly payload: JsonValue }
  | { readonly cancel: number }
  /** The answer to `closing`: nothing more will come. */
  | { readonly drained: true };

/** What the owner says to a joiner. */
export type ToJoiner =
  | { readonly id: number; readonly result: JsonValue }
  | { readonly id: number; readonly error: JsonObject }
  /** The call was not begun, as the owner is closing. */
  | { readonly id: number; readonly refused: true }
  /** The first word to a joiner. No call is sent before it, so that one never heard was never begun. */
  | { readonly welcome: true }
  | { readonly closing: true };

/** The line of a message; throws `invalid_input` for one that the other side would not take. */
export function toLine(message: ToOwner | ToJoiner): string {
  const line = `${JSON.stringify(message)}\n`;
  // Only a line that might be too long is worth counting.
  if (line.length * 3 > MAX_FRAME_BYTES && Buffer.byteLength(line) > MAX_FRAME_BYTES) {
    throw new TrestleError(
      "invalid_input",
      `A message between processes may have ${MAX_FRAME_BYTES} bytes; send or ask for less at once.`,
    );
  }
  return line;
}

/** Both ends are this package in one version or another: whatever is not understood is left aside. */
export function fromLine<Message extends ToOwner | ToJoiner>(line: string): Message | undefined {
  try {
    const value = parseJson(line);
    return isJsonObject(value) ? (value as unknown as Message) : undefined;
  } catch {
    return undefined;
  }
}

/** An expected failure as it travels; undefined for one that nobody expected. */
export function toWireError(error: TrestleError): JsonObject;
export function toWireError(error: unknown): JsonObject | undefined;
export function toWireError(error: unknown): JsonObject | undefined {
  if (isTrestleError(error)) {
    const { code, message, retryable, retryAfterMs, details } = error;
    return {
      code,
      message,
      retryable,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(details === undefined ? {} : { details }),
    };
  }
  if (isRpcError(error)) {
    const { code, message, data } = error;
    return data === undefined ? { code, message } : { code, message, data };
  }
  return undefined;
}

export function fromWireError(wire: JsonObject): Error {
  const message = String(wire.message);
  if (typeof wire.code === "number") return new RpcError(wire.code, message, wire.data);
  return new TrestleError(wire.code as TrestleError["code"], message, {
    retryable: wire.retryable === true,
    ...(typeof wire.retryAfterMs === "number" ? { retryAfterMs: wire.retryAfterMs } : {}),
    ...(isJsonObject(wire.details) ? { details: wire.details } : {}),
  });
}
