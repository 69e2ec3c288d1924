// Runs the official conformance suite: `pnpm conformance [direct] [bridge] [client]`.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "@trestle/protocol";
import { CLIENT_PATH, PATH_NAMES, type PathName } from "./paths.ts";
import { type Run, runPath, summarize } from "./run.ts";

// Each client starts a bridge from sources: what the first compiled and stripped of its types, the others take from here.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), "node-compile-cache");

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function pathNames(given: readonly string[]): readonly PathName[] {
  const known = PATH_NAMES;
  const unknown = given.find((name) => !known.includes(name as PathName));
  if (unknown !== undefined)
    throw new Error(`There is no path "${unknown}": choose from ${known.join(", ")}`);
  return given.length > 0 ? (given as PathName[]) : known;
}

/** A line for each table of results, and what is to be said of it below. */
function report(title: string, runs: readonly Run[]): void {
  if (runs.length === 0) return;
  say(title);
  for (const run of runs) {
    say(`  ${summarize(`${run.revision} ${run.path}`, [run])}`);
    for (const line of [...run.surprises, ...run.expected]) say(`    ${line}`);
  }
}

async function main(): Promise<void> {
  const paths = pathNames(process.argv.slice(2));
  // Servers mostly wait for the suite, whose clients take turns: all go at once.
  const outcomes = await Promise.allSettled(paths.map(runPath));
  const runs = outcomes.flatMap((it) => (it.status === "fulfilled" ? it.value : []));
  const isClient = ({ path }: Run): boolean => path === CLIENT_PATH;
  report(
    "servers, looked at by the suite's clients",
    runs.filter((run) => !isClient(run)),
  );
  report("clients, looked at by the suite's servers", runs.filter(isClient));
  const broken = outcomes.flatMap((it, at) =>
    it.status === "rejected" ? [`${paths[at]}: ${messageOf(it.reason)}`] : [],
  );
  for (const line of broken) say(line);
  const surprises = runs.flatMap((run) => run.surprises).length + broken.length;
  say(`${summarize("conformance", runs)}; unexpected ${surprises}`);
  process.exitCode = surprises > 0 ? 1 : 0;
}

await main();
