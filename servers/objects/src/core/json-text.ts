import type { JsonValue } from "@trestle/protocol";
import { ObjectError } from "../object-error.ts";

const encoder = new TextEncoder();

export function bytesOf(text: string): number {
  // A character takes one to three bytes in UTF-8: only what may be too long is encoded.
  return isAscii(text) ? text.length : encoder.encode(text).byteLength;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}

/** JSON text of at most so many bytes. */
export function boundedText(value: unknown, what: string, most: number): string {
  const text = JSON.stringify(value);
  if (text === undefined) throw new Error(`${what} is no JSON`);
  const bytes = bytesOf(text);
  if (bytes <= most) return text;
  throw new ObjectError(
    "too_large",
    `${what} has ${bytes} bytes; at most ${most} are taken. Split it.`,
    {
      bytes,
      most,
    },
  );
}

export function parseText(text: unknown): JsonValue {
  return JSON.parse(String(text)) as JsonValue;
}
