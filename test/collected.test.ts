import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { isCheckout, root, trackedFiles } from "./_sources.ts";

test.skipIf(!isCheckout)("every test file in git is collected by the runner", async () => {
  const collected = new Set(await collectedFiles());
  expect(trackedFiles("*.test.ts").filter((path) => !collected.has(path))).toEqual([]);
});

/** The test files that vitest would run, relative to the top folder. */
async function collectedFiles(): Promise<string[]> {
  const manifest = fileURLToPath(import.meta.resolve("vitest/package.json"));
  const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { bin: { vitest: string } };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(dirname(manifest), bin.vitest), "list", "--filesOnly", "--json"],
    { cwd: root, env: { ...process.env, VITEST: "" } },
  );
  const listed = JSON.parse(stdout) as { file: string }[];
  return listed.map(({ file }) => relative(root, file).replaceAll("\\", "/"));
}
