import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { makeArtefacts } from "./artefacts.ts";
import { readPublished, root } from "./members.ts";
import { toWeights } from "./weights.ts";

/**
 * `pnpm artefacts [FOLDER]`: builds and packs what we publish, and makes of it what stands beside a release: a bundle
 * and a bill of materials for each package, the report of licences, and a table of weights. By default in `dist`.
 */
const folder = resolve(process.argv[2] ?? join(root, "dist"));
const scratch = realpathSync(mkdtempSync(join(tmpdir(), "trestle-artefacts-")));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }));

const published = readPublished();
pnpm("build");
for (const { name } of published) pnpm("--filter", name, "pack", "--pack-destination", scratch);
mkdirSync(folder, { recursive: true });
const origin = { at: new Date(), serial: randomUUID };
const made = await makeArtefacts({ published, packs: scratch, scratch, folder, origin });
process.stdout.write(`${await toWeights(made.installations)}\n`);
for (const file of made.files) process.stdout.write(`${file}\n`);
for (const sentence of made.refused) process.stderr.write(`✗ ${sentence}\n`);
if (made.refused.length > 0) process.exitCode = 1;

function pnpm(...args: readonly string[]): void {
  execFileSync("pnpm", args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
}
