/** What the test files of one run make once and share. */
export { afterEveryFile, afterEveryTest, runEndings } from "./endings.ts";
export { oncePerRun } from "./once-per-run.ts";
export { programOf } from "./program-of.ts";
