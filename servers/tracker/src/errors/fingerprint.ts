import { createHash } from "node:crypto";
import { type Frame, masked } from "@trestle/errors";

/** Counts up when the same error would get another fingerprint than before: stored groups never move. */
const VERSION = 1;
/** Enough to tell places apart; more would not outlive a stack that was cut. */
const TOP_FRAMES = 3;
const DIGITS = 16;
const LONGEST_MESSAGE = 300;

export interface ErrorTraits {
  /** Of the kind of source: `tool`, `log`, `notice`. */
  readonly kind: string;
  readonly component: string;
  readonly command?: string | undefined;
  readonly type?: string | undefined;
  /** The line that names the error. */
  readonly line: string;
  /** Of its stack, the innermost first. */
  readonly frames: readonly Frame[];
}

export interface Fingerprint {
  /** `<version>:<hash>` of everything, with the innermost frames of the program itself. */
  readonly group: string;
  /** The same without frames: one error, wherever it was thrown. */
  readonly family: string;
  /** The line without what changes. */
  readonly message: string;
}

export function fingerprintOf({
  kind,
  component,
  command = "",
  type = "",
  line,
  frames,
}: ErrorTraits): Fingerprint {
  const message = masked(line).slice(0, LONGEST_MESSAGE);
  const what = [kind, component, command, type, message.toLowerCase()];
  const where = frames
    .filter(({ isInApp }) => isInApp)
    .slice(0, TOP_FRAMES)
    .map((frame) => `${frame.file}:${frame.function}`);
  return { group: digest([...what, ...where]), family: digest(what), message };
}

function digest(parts: readonly string[]): string {
  const hash = createHash("sha1").update(parts.join("\0")).digest("hex").slice(0, DIGITS);
  return `${VERSION}:${hash}`;
}
