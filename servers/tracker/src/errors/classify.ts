import type { ErrorClass } from "../model/facts.ts";

/** What a person or the agent's program stopped: said in the whole answer of a tool, whatever tool it is. */
const STOPPED: readonly (readonly [ErrorClass, RegExp])[] = [
  ["sibling", /Sibling tool call errored/i],
  [
    "rejected",
    /user (?:doesn't|does not|didn't|did not) want to|(?:rejected|denied|declined|cancell?ed) by (?:the )?user|user (?:rejected|denied|declined|cancell?ed)|tool use was rejected|exec command rejected/i,
  ],
  [
    "interrupted",
    /\[Request interrupted|interrupted by (?:the )?user|aborted by (?:the )?user|^(?:Command was )?(?:aborted|interrupted)\b|KeyboardInterrupt/i,
  ],
  [
    "hook",
    /\bhook (?:blocked|denied|error|returned|failed|stopped)|blocked by (?:a )?(?:\w+ )?hook|(?:Pre|Post)ToolUse:\S* hook/i,
  ],
];

/** What the one line says that names the error; the first that fits. */
const KINDS: readonly (readonly [ErrorClass, RegExp])[] = [
  ["hook", /\bpre-(?:commit|push|receive)\b.*\b(?:fail|reject|block|declin)/i],
  [
    "api",
    /\bAPI Error\b|overloaded_error|rate_limit|rate limit|\b429\b|insufficient_quota|authentication_failed/i,
  ],
  [
    "invalid-input",
    /InputValidationError|invalid (?:argument|input|option|parameter|params|value)|unknown (?:option|argument|flag)|unrecognized (?:option|argument)|String to replace not found|Found \d+ matches of the string|File has not been read yet|has been modified since|missing required|usage:/i,
  ],
  [
    "timeout",
    /ETIMEDOUT|ESOCKETTIMEDOUT|timed? ?out\b|\btimeout\b|deadline exceeded|TimeoutError/i,
  ],
  [
    "network",
    /ECONN(?:REFUSED|RESET|ABORTED)|ENOTFOUND|EAI_AGAIN|EPIPE|ENETUNREACH|EHOSTUNREACH|getaddrinfo|socket hang up|fetch failed|connection (?:refused|reset|closed|failed)|could not resolve host|network (?:is unreachable|error)|name resolution/i,
  ],
  [
    "permission",
    /EACCES|EPERM|EROFS|permission denied|access denied|not permitted|requested permissions|unauthori[sz]ed|forbidden|\b40[13]\b|read-only file system/i,
  ],
  [
    "not-found",
    /ENOENT|no such file|does not exist|command not found|not found|cannot find|can't find|no such (?:tool|table|column|key|module|container)|ModuleNotFoundError|\b404\b/i,
  ],
];

export interface Symptom {
  /** The line that names the error. */
  readonly line: string;
  /** All that was answered. */
  readonly text: string;
  readonly exitCode?: number | undefined;
  readonly type?: string | undefined;
  readonly hasFrames: boolean;
}

/** What sort of failure it was, by what it says itself; the exit code decides where the words do not. */
export function classify({ line, text, exitCode, type, hasFrames }: Symptom): ErrorClass {
  const begin = text.slice(0, 2_000);
  for (const [kind, pattern] of STOPPED) if (pattern.test(begin)) return kind;
  if (exitCode === 130) return "interrupted";
  if (exitCode === 124) return "timeout";
  for (const [kind, pattern] of KINDS) if (pattern.test(line)) return kind;
  if (exitCode === 127) return "not-found";
  if (exitCode === 126) return "permission";
  if (hasFrames || /(?:Error|Exception|Panic)$/.test(type ?? "")) return "exception";
  return exitCode === undefined || exitCode === 0 ? "other" : "exit-code";
}

/** Is it a failure of the system or the work? A person's no, an interrupt and a sibling's end are none. */
export function isFailure(kind: ErrorClass): boolean {
  return kind !== "rejected" && kind !== "interrupted" && kind !== "sibling";
}
