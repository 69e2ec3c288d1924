import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Published, tarballOf } from "./members.ts";

const run = promisify(execFile);

/** A package alone with all that it needs: its own files at the top, what npm adds to them below. */
export interface Installation {
  readonly member: Published;
  readonly folder: string;
  /** What npm took for it. */
  readonly seconds: number;
  readonly megabytes: number;
  /** Path in the folder → what npm installed there; the package itself is left out. */
  readonly packages: Readonly<Record<string, InstalledPackage>>;
}

export interface InstalledPackage {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Where npm writes down what it installed. */
export const LOCK = "node_modules/.package-lock.json";

/**
 * Unpacks a tarball into an empty folder and lets npm add what it needs; what is ours comes from the tarballs beside it,
 * because nothing of this version is in a registry before the release.
 */
export async function install(
  member: Published,
  packs: string,
  ours: readonly Published[],
  folder: string,
): Promise<Installation> {
  mkdirSync(folder, { recursive: true });
  await run("tar", ["-xzf", join(packs, tarballOf(member)), "-C", folder, "--strip-components=1"]);
  const { devDependencies: _, ...manifest } = readManifest(folder);
  // npm looks at what it is told to omit, and finds no private package of ours in any registry.
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const { dependencies = {} } = manifest;
  const needed = ours.filter(({ name }) => name in dependencies);
  const tarballs = needed.map((each) => join(packs, tarballOf(each)));
  const from = performance.now();
  const options = ["--omit=dev", "--no-save", "--no-package-lock", "--ignore-scripts"];
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", ...options, ...quiet, ...tarballs], { cwd: folder });
  const seconds = (performance.now() - from) / 1_000;
  const lock = JSON.parse(readFileSync(join(folder, LOCK), "utf8")) as {
    readonly packages: Installation["packages"];
  };
  return { member, folder, seconds, megabytes: bytesOf(folder) / 1e6, packages: lock.packages };
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

function bytesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
