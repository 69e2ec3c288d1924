import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { root } from "./_sources.ts";
import { readManifest, readMembers } from "./_workspace.ts";

const run = promisify(execFile);

/** Name of a published package → its tarball. */
export type Tarballs = ReadonlyMap<string, string>;

/** Builds every published package and packs it into `folder`, as a release does. */
export async function packAll(folder: string): Promise<Tarballs> {
  const published = readMembers().filter((member) => member.isPublished);
  await pnpm(["build"]);
  const packed = await Promise.all(
    published.map(async ({ name, manifest }) => {
      await pnpm(["--filter", name, "pack", "--pack-destination", folder]);
      const file = `${name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`;
      return [name, join(folder, file)] as const;
    }),
  );
  return new Map(packed);
}

/** Installs tarballs by npm into an empty folder, as a stranger would. */
export async function installInto(folder: string, tarballs: readonly string[]): Promise<void> {
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  await npm(["install", "--prefix", folder, ...tarballs]);
}

/** A Node of that version: from PATH, else from the registry, kept with the other caches of this clone. */
export async function findNode(version: string): Promise<string> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const candidate = join(folder, "node");
    if (existsSync(candidate) && (await isVersion(candidate, version))) return candidate;
  }
  const folder = join(root, "node_modules", ".cache", "trestle", `node-${version}`);
  const binary = join(folder, "node_modules", "node", "bin", "node");
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    await npm(["install", "--no-save", "--prefix", folder, `node@${version}`]);
  }
  return binary;
}

export async function registryAnswers(): Promise<boolean> {
  return npm(["ping", "--fetch-retries=0", "--fetch-timeout=10000"]).then(
    () => true,
    () => false,
  );
}

async function isVersion(binary: string, version: string): Promise<boolean> {
  const { stdout } = await run(binary, ["--version"]).catch(() => ({ stdout: "" }));
  return `${stdout.trim()}.`.startsWith(`v${version}.`);
}

/** The pnpm that runs the tests, or the pinned one where they run without. */
async function pnpm(args: readonly string[]): Promise<void> {
  const isPresent = await run("pnpm", ["--version"]).then(
    () => true,
    () => false,
  );
  const { packageManager = "pnpm" } = readManifest("package.json");
  const [command, ...before] = isPresent ? ["pnpm"] : ["npx", "-y", packageManager];
  await run(command ?? "pnpm", [...before, ...args], { cwd: root, env: plainEnvironment() });
}

async function npm(args: readonly string[]): Promise<void> {
  await run("npm", ["--no-audit", "--no-fund", "--loglevel=error", ...args], {
    env: plainEnvironment(),
  });
}

/** Without what an outer npm or pnpm says to its children about itself. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = /^npm_config_(cache|registry|userconfig)$/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => kept.test(name) || !/^p?npm_/i.test(name)),
  );
}
