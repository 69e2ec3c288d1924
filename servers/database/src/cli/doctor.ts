import { EXIT } from "@trestle/protocol";
import { type Check, diagnose } from "./diagnose.ts";
import type { DatabaseCli, Place } from "./place.ts";

export function addDoctor({ program, runs }: DatabaseCli): void {
  program
    .command("doctor")
    .description("what is set up, whether it is reached, and what is wrong with it")
    .option("--json", "print the answer as JSON")
    .action(runs(doctor));
}

/** Exit code 1 where something is wrong; what should only be looked at fails nobody's script. */
async function doctor(place: Place, { json }: { readonly json?: boolean }): Promise<number> {
  const checks = await diagnose(place);
  const failed = checks.some(({ status }) => status === "fail");
  if (json)
    place.terminal.print(JSON.stringify({ status: failed ? "fail" : "ok", checks }, null, 2));
  else place.terminal.print(reportOf(checks));
  return failed ? EXIT.failed : EXIT.ok;
}

const MARKS = { ok: "ok  ", warn: "warn", fail: "FAIL" } as const;

/** Not a table: what is wrong, and what to do about it, must be read to its end. */
function reportOf(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = " ".repeat(width + 8);
  const lines = checks.flatMap(({ status, name, message, next }) => [
    `${MARKS[status]}  ${name.padEnd(width)}  ${message.replaceAll("\n", `\n${indent}`)}`,
    ...(next === undefined ? [] : [`${indent}→ ${next.replaceAll("\n", `\n${indent}  `)}`]),
  ]);
  const count = (wanted: Check["status"]) =>
    checks.filter(({ status }) => status === wanted).length;
  const notes = count("warn") === 1 ? "1 warning" : `${count("warn")} warnings`;
  const sum =
    count("fail") > 0
      ? `${count("fail")} of ${checks.length} checks failed, ${notes}.`
      : count("warn") > 0
        ? `Nothing is wrong; ${notes}.`
        : "Nothing is wrong.";
  return [...lines, "", sum].join("\n");
}
