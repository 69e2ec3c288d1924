/** What the test files of one run make once and share. */
export { oncePerRun } from "./once-per-run.ts";
export { programOf } from "./program-of.ts";
