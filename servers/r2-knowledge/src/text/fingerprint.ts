import { createHash } from "node:crypto";
import { framesOf, masked } from "@trestle/errors";

/** Counts up when the same error would get another fingerprint than before: those of before are made anew. */
const FINGERPRINT_VERSION = 1;
/** Enough to tell where it failed; more would not outlive a stack that was cut. */
const TOP_FRAMES = 1;
const DIGITS = 12;
const NOWHERE = "0".repeat(DIGITS);
const FORM = new RegExp(`^${FINGERPRINT_VERSION}-[0-9a-f]{${DIGITS}}-[0-9a-f]{${DIGITS}}$`);

export interface ErrorText {
  readonly name?: string | undefined;
  readonly message?: string | undefined;
  readonly stack?: string | undefined;
}

/**
 * What errors of one kind have in common: `<version>-<what failed>-<where>`, in hexadecimal digits. What:
 * the name and the message without its parameters. Where: the innermost frame of the program itself, or
 * of anything if all are of libraries; zeros if the stack tells none.
 */
export function fingerprint(error: ErrorText): string {
  const what = `${error.name?.trim() ?? ""}\n${masked(error.message ?? "").toLowerCase()}`;
  return `${FINGERPRINT_VERSION}-${digest(what)}-${whereOf(error.stack ?? "")}`;
}

/** Whether it is a fingerprint of this version. */
export function isFingerprint(text: string): boolean {
  return FORM.test(text);
}

/** The part of a fingerprint that says what failed, wherever that was. */
export function whatOf(print: string): string {
  return print.split("-")[1] ?? "";
}

function whereOf(stack: string): string {
  const frames = framesOf(stack);
  const own = frames.filter(({ isInApp }) => isInApp);
  const top = (own.length > 0 ? own : frames).slice(0, TOP_FRAMES);
  if (top.length === 0) return NOWHERE;
  return digest(top.map((frame) => `${frame.file}:${frame.function}`).join("\n"));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, DIGITS);
}
