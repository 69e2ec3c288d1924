import { seededRandom } from "@trestle/testkit/surroundings";
import { runChaos } from "./_chaos.ts";
import { hasNginx } from "./_nginx.ts";

/** `MINUTES=5 CLIENTS=1000 SEED=7 pnpm chaos replicas`: exits with 1 where anything was lost that should not be. */
const minutes = Number(process.env.MINUTES ?? 5);
const clients = Number(process.env.CLIENTS ?? 1_000);
const perSecond = Number(process.env.CALLS_PER_SECOND ?? 100);
const harmEveryMs = Number(process.env.HARM_EVERY_MS ?? 12_000);
const FEW = 20;
const print = (text: string): void => void process.stdout.write(`${text}\n`);

if (!hasNginx) {
  print("There is no nginx on this machine: install it (Debian: apt-get install nginx-light).");
  process.exitCode = 1;
} else await run();

async function run(): Promise<void> {
  const began = performance.now();
  const say = (line: string): void =>
    print(`${Math.round((performance.now() - began) / 1000)} s: ${line}`);
  const { failures, ...report } = await runChaos({
    ...{ clients, ms: minutes * 60_000, perSecond, harmEveryMs, say },
    random: seededRandom(),
  });
  for (const failure of failures.slice(0, FEW)) print(`\n${failure}`);
  print(JSON.stringify(report, null, 2));
  const { worst } = report.limit;
  const grown = report.memory.filter(({ third, last }) => last > third * 1.1);
  if (grown.length > 0) print("memory has grown by more than 10 % in the second half of a life");
  if (worst.taken > worst.most) print("a limit was exceeded");
  print(`${failures.length} failures`);
  const isGood = failures.length === 0 && worst.taken <= worst.most && grown.length === 0;
  process.exitCode = isGood ? 0 : 1;
}
