import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readTracked, root, trackedFiles } from "./_sources.ts";

/** What is no test file of its own, by the name that it is called with; it gets the words after that. */
const programs: Readonly<Record<string, string>> = {
  "postgres-versions": "servers/database/test/_postgres-versions.ts",
  replicas: "apps/bridge/test/_chaos-replicas.ts",
  system: "apps/bridge/test/chaos/_main.ts",
};

/**
 * Runs every test that repeats itself by chance, many rounds: `ROUNDS=200 SEED=7 pnpm chaos [filter]`. With options
 * (`pnpm chaos --minutes 5 --seed 1`) it is the whole system that things are done to, by the schedule of the seed.
 */
const given = process.argv.slice(2);
const words = given[0]?.startsWith("--") ? ["system", ...given] : given;
const program = programs[words[0] ?? ""];
const repeating = trackedFiles("*.test.ts")
  .filter((path) => /ROUNDS|\.rounds\(|testkit\/fuzz/.test(readTracked(path)))
  .filter((path) => words.every((part) => path.includes(part)));

if (program !== undefined) {
  const args = [join(root, program), ...words.slice(1)];
  process.exitCode = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status ?? 1;
} else if (repeating.length === 0) {
  process.stderr.write("No test reads ROUNDS, or none matches; nothing was run.\n");
  process.exitCode = 1;
} else {
  const vitest = dirname(fileURLToPath(import.meta.resolve("vitest/package.json")));
  const { status } = spawnSync(
    process.execPath,
    [join(vitest, "vitest.mjs"), "run", "--testTimeout=600000", ...repeating],
    { cwd: root, stdio: "inherit", env: { ROUNDS: "50", ...process.env } },
  );
  process.exitCode = status ?? 1;
}
