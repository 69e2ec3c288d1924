import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { codeBlocks } from "./_markdown.ts";
import { registryAnswers } from "./_packages.ts";
import { isCheckout, readTracked, root, trackedFiles } from "./_sources.ts";
import { isTour, runTour } from "./_tour.ts";

const blocks = existsSync(join(root, "README.md")) ? codeBlocks(readTracked("README.md")) : [];
const canRun = isCheckout && blocks.some(isTour) && (await registryAnswers());

test.skipIf(!canRun)(
  "every command of the tour works in a fresh copy with an empty home",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "trestle-readme-"));
    const [cwd, home] = [join(folder, "trestle"), join(folder, "home")];
    try {
      for (const path of trackedFiles()) cpSync(join(root, path), join(cwd, path));
      mkdirSync(home);
      const env = { PATH: pathOfReader(), HOME: home };
      const stops = await runTour(blocks, { cwd, env, limitMs: 120_000 });
      expect(stops.filter(({ code }) => code !== 0 && code !== null)).toEqual([]);
      expect(stops).toHaveLength(blocks.filter(isTour).length);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  600_000,
);

/** Without the programs of this clone, which a reader does not have. */
function pathOfReader(): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.filter((folder) => !folder.includes("node_modules")).join(delimiter);
}
