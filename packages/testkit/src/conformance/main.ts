// Runs the official conformance suite: `pnpm conformance [direct] [bridge]`.
import { messageOf } from "@trestle/protocol";
import { PATHS, type PathName } from "./paths.ts";
import { type Run, runPath, summarize } from "./run.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function pathNames(given: readonly string[]): PathName[] {
  const known = Object.keys(PATHS) as PathName[];
  const unknown = given.find((name) => !known.includes(name as PathName));
  if (unknown !== undefined)
    throw new Error(`There is no path "${unknown}": choose from ${known.join(", ")}`);
  return given.length > 0 ? (given as PathName[]) : known;
}

function report(run: Run): void {
  say(summarize(`${run.revision} ${run.path}`, [run]));
  for (const line of [...run.surprises, ...run.expected]) say(`  ${line}`);
  if (run.unscored.length > 0) say(`  not required, and not passed: ${run.unscored.join(", ")}`);
}

async function main(): Promise<void> {
  const runs: Run[] = [];
  let broken = 0;
  for (const path of pathNames(process.argv.slice(2))) {
    try {
      const done = await runPath(path);
      runs.push(...done);
      for (const run of done) report(run);
    } catch (error) {
      broken += 1;
      say(`${path}: ${messageOf(error)}`);
    }
  }
  const surprises = runs.flatMap((run) => run.surprises).length + broken;
  say(`${summarize("conformance", runs)}; unexpected ${surprises}`);
  process.exitCode = surprises > 0 ? 1 : 0;
}

await main();
