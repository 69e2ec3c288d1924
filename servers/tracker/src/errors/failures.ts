import type { ErrorClass } from "../model/facts.ts";

/** A person's no, an interrupt, or what failed since another call did: nothing is wrong with the system. */
export const FAILURES: readonly ErrorClass[] = [
  "not-found",
  "permission",
  "timeout",
  "exit-code",
  "hook",
  "api",
  "invalid-input",
  "network",
  "exception",
  "other",
];
