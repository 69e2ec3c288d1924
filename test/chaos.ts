import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readTracked, root, trackedFiles } from "./_sources.ts";

/** Runs every test that repeats itself by chance, many rounds: `ROUNDS=200 SEED=7 pnpm chaos [filter]`. */
const repeating = trackedFiles("*.test.ts")
  .filter((path) => readTracked(path).includes("ROUNDS"))
  .filter((path) => process.argv.slice(2).every((part) => path.includes(part)));

if (repeating.length === 0) {
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
