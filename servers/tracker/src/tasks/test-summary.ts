/** How the runners of tests sum up, where their failure does not reach the exit code: behind a pipe, in a script. */
const FAILED: readonly RegExp[] = [
  /^\s*(?:Test Files|Tests|Test Suites|Snapshots):?\s+.*?\b[1-9]\d* failed/m, // vitest, jest
  /^=+ .*\b[1-9]\d* (?:failed|errors?)\b.* =+$/m, // pytest
  /\b\d+ (?:tests?|examples?|doctests?)\b[^\n]{0,40}, [1-9]\d* failures?\b/, // ExUnit, RSpec
  /^\s*[1-9]\d* failing\b/m, // mocha
  /^(?:--- FAIL: |FAIL\s+\S+)/m, // go
  /^test result: FAILED\b/m, // cargo
  /\b(?:Failures|Errors): [1-9]/, // JUnit, PHPUnit
  /^(?:# |ℹ )fail [1-9]/m, // TAP, node
  /^FAILED \((?:failures|errors)=/m, // unittest
];

/** Only the end is looked at: summaries stand there. */
const MAX_TAIL = 8_000;

export function saysTestsFailed(output: string): boolean {
  const tail = output.slice(-MAX_TAIL);
  return FAILED.some((pattern) => pattern.test(tail));
}
