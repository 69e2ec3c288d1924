import { parseArgs } from "node:util";
import { seedOf } from "../_random.ts";
import { runSystemChaos } from "./_run.ts";
import { hasPostgres } from "./_world.ts";

/** `pnpm chaos --minutes 5 --seed 1`: exits with 1 where anything did not hold that must. */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string" },
    "every-ms": { type: "string", default: "3000" },
    clients: { type: "string", default: "8" },
  },
});
const FEW = 20;
const print = (text: string): void => void process.stdout.write(`${text}\n`);

if (!hasPostgres) {
  print("There is no Postgres on this machine: install it (Debian: apt-get install postgresql).");
  process.exitCode = 1;
} else await run();

async function run(): Promise<void> {
  const seed = seedOf({ SEED: values.seed ?? process.env.SEED });
  const began = performance.now();
  print(`SEED=${seed}`);
  const { failures, schedule, digest, ...report } = await runSystemChaos({
    seed,
    ms: Number(values.minutes) * 60_000,
    everyMs: Number(values["every-ms"]),
    clients: Number(values.clients),
    say: (line) => print(`[${((performance.now() - began) / 1_000).toFixed(1)}] ${line}`),
  });
  for (const failure of failures.slice(0, FEW)) print(`\n${failure}`);
  print(JSON.stringify({ faults: schedule.length, ...report }));
  print(`SEED=${seed}, schedule ${digest}: ${schedule.length} faults, ${failures.length} failures`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
