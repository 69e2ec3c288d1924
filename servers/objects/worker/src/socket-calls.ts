import { requireAllowed } from "../../src/auth/scopes.ts";
import { findClass, findMethod } from "../../src/core/classes.ts";
import type { ObjectCore, Turn } from "../../src/core/core.ts";
import type { ObjectClasses } from "../../src/object-class.ts";
import { ObjectError } from "../../src/object-error.ts";
import {
  CLOSE,
  type ClientFrame,
  clientFrame,
  DEFAULT_LIMITS,
  PONG_FRAME,
  type ServerFrame,
} from "../../src/protocol.ts";
import { readJson } from "../../src/wire/body.ts";
import { failed } from "./outcome.ts";
import type { Watcher } from "./sockets.ts";

/** What a message of a watcher leads to. */
export type MessageOutcome =
  | { readonly kind: "close"; readonly code: number; readonly reason: string }
  | { readonly kind: "answer"; readonly text: string; readonly turn?: Turn };

/** Beyond the arguments: the names in a frame. */
const FRAME_EXTRA = 4_096;

export function takeMessage(
  parts: { readonly core: ObjectCore; readonly classes: ObjectClasses },
  watcher: Watcher,
  message: string | ArrayBuffer,
): MessageOutcome {
  if (typeof message !== "string") return closing(CLOSE.badFrame, "Frames are JSON text.");
  if (message.length > DEFAULT_LIMITS.argsBytes + FRAME_EXTRA) {
    return closing(CLOSE.tooLarge, "The frame is too large.");
  }
  const frame = frameOf(message);
  if (frame === undefined) return closing(CLOSE.badFrame, "This is no frame of a watcher.");
  if (frame.type === "ping") return { kind: "answer", text: PONG_FRAME };
  return takeCall(parts, watcher, frame);
}

function takeCall(
  { core, classes }: { readonly core: ObjectCore; readonly classes: ObjectClasses },
  { ref, caller, scopes }: Watcher,
  { type: _, id, ...request }: Extract<ClientFrame, { type: "call" }>,
): MessageOutcome {
  try {
    const { isReadOnly } = findMethod(findClass(classes, ref.class), request.method);
    const principal = scopes === null ? { name: caller } : { name: caller, scopes };
    requireAllowed(principal, { kind: "call", method: request.method, isReadOnly }, ref);
    const turn = core.call(ref, request, caller);
    return { kind: "answer", text: textOf({ type: "result", id, ...turn.answer }), turn };
  } catch (error) {
    return { kind: "answer", text: textOf({ type: "error", id, error: failed(error).error }) };
  }
}

function frameOf(text: string): ClientFrame | undefined {
  try {
    return readJson(clientFrame, text);
  } catch (error) {
    if (error instanceof ObjectError) return undefined;
    throw error;
  }
}

function textOf(frame: ServerFrame): string {
  return JSON.stringify(frame);
}

function closing(code: number, reason: string): MessageOutcome {
  return { kind: "close", code, reason };
}
