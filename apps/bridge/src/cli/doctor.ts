import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { type Cell, type Paper, paperOf, wrap } from "./format.ts";
import { withJson } from "./options.ts";

export function addDoctor(cli: Cli): void {
  withJson(
    cli.program.command("doctor").description("what is set up, and what is wrong with it"),
  ).action(runs(cli, doctor));
}

/** Exit code 1 where something is wrong; what should only be looked at fails nobody's script. */
async function doctor(place: Place, { json }: { readonly json?: boolean }): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("doctor", {}, place);
  if (json) terminal.print(JSON.stringify(answer, null, 2));
  else terminal.print(reportOf(answer, paperOf(terminal, config.env)));
  return answer.status === "fail" ? EXIT.failed : EXIT.ok;
}

const MARKS: Readonly<Record<string, Cell>> = {
  ok: { text: "ok", style: "green" },
  warn: { text: "warn", style: "yellow" },
  fail: { text: "FAIL", style: "red" },
};

/** Not a table: what is wrong, and what to do about it, must be read to its end. */
function reportOf(answer: JsonObject, paper: Paper): string {
  const checks = objectsOf(answer.checks);
  const width = Math.max(0, ...checks.map(({ name }) => text(name).length));
  const lines = checks.flatMap((check) => {
    const { text: word, style } = MARKS[text(check.status)] ?? { text: text(check.status) };
    const mark = style === undefined ? word.padEnd(4) : paper.paint(style, word.padEnd(4));
    const indent = " ".repeat(width + 8);
    const next = check.next === undefined ? [] : [`→ ${text(check.next)}`];
    const words = [text(check.message), ...next];
    const [first = "", ...rest] = words.flatMap((each) =>
      wrap(each, paper.columns - indent.length),
    );
    return [
      `${mark}  ${text(check.name).padEnd(width)}  ${first}`,
      ...rest.map((each) => `${indent}${each}`),
    ];
  });
  return [...lines, "", sumOf(checks)].join("\n");
}

function sumOf(checks: readonly JsonObject[]): string {
  const count = (wanted: string): number => checks.filter(({ status }) => status === wanted).length;
  const [failed, warned] = [count("fail"), count("warn")];
  const notes = warned === 1 ? "1 warning" : `${warned} warnings`;
  if (failed > 0) return `${failed} of ${checks.length} checks failed, ${notes}.`;
  return warned === 0 ? "Nothing is wrong." : `Nothing is wrong; ${notes}.`;
}
