import { seededRandom } from "@trestle/testkit/surroundings";
import { runChaos } from "./_chaos.ts";

/** `MINUTES=5 CLIENTS=1000 SEED=7 pnpm chaos replicas`: exits with 1 where anything was lost that should not be. */
const minutes = Number(process.env.MINUTES ?? 5);
const clients = Number(process.env.CLIENTS ?? 1_000);
const perSecond = Number(process.env.CALLS_PER_SECOND ?? 100);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const began = performance.now();
const say = (line: string): void =>
  print(`${Math.round((performance.now() - began) / 1000)} s: ${line}`);
const report = await runChaos({
  clients,
  ms: minutes * 60_000,
  perSecond,
  random: seededRandom(),
  say,
});
print(JSON.stringify({ ...report, failures: report.failures.slice(0, 20) }, null, 2));
print(`${report.failures.length} failures`);
const grown = report.memory.filter(({ before, after }) => after > before * 1.1);
if (minutes >= 5 && grown.length > 0)
  print("memory has grown by more than 10 % in the second half");
const isGood =
  report.failures.length === 0 &&
  report.limited.taken <= report.limited.most &&
  (minutes < 5 || grown.length === 0);
process.exitCode = isGood ? 0 : 1;
