import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { readTracked, root } from "./_sources.ts";

/** A member of the workspace, as its package.json describes it. */
export interface Member {
  readonly folder: string;
  readonly name: string;
  readonly isPublished: boolean;
  readonly manifest: Manifest;
  /** Names of workspace members among its dependencies of any kind. */
  readonly needs: readonly string[];
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly packageManager?: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly description?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly bin?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly access?: string; readonly exports?: object };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** The SQLite of Node before 22.16 searches no full text, which the tracker lives on. */
const LATER: Readonly<Record<string, string>> = { "@trestle-mcp/tracker": "22.16" };

/** The oldest Node that a published package promises to run on. */
export function leastNode(name: string): string {
  return LATER[name] ?? "22.13";
}

/** All members, the root left out. */
export function readMembers(): Member[] {
  const manifests = globSync(["*/*/package.json", "bench/package.json"], {
    cwd: root,
    exclude: (path) => path.includes("node_modules"),
  }).filter((path) => existsSync(join(root, path)));
  const read = manifests.map((path) => ({
    folder: dirname(path).replaceAll("\\", "/"),
    manifest: readManifest(path),
  }));
  const names = new Set(read.map(({ manifest }) => manifest.name));
  return read.map(({ folder, manifest }) => ({
    folder,
    name: manifest.name,
    isPublished: manifest.private !== true,
    manifest,
    needs: Object.keys(allDependencies(manifest)).filter((name) => names.has(name)),
  }));
}

export function readManifest(path: string): Manifest {
  return JSON.parse(readTracked(path)) as Manifest;
}

/** Dependencies of every kind with the ranges they are declared with. */
export function allDependencies(manifest: Manifest): Record<string, string> {
  return {
    ...manifest.peerDependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
    ...manifest.dependencies,
  };
}

/** The version of each package in the catalog of pnpm-workspace.yaml. */
export function readCatalog(): Map<string, string> {
  const [, catalog = ""] =
    /^catalog:\n((?: {2}.*\n?)*)/m.exec(readTracked("pnpm-workspace.yaml")) ?? [];
  const entries = catalog.matchAll(/^ {2}"?([^":\s]+)"?:\s*"?([^"\s#]+)"?/gm);
  return new Map([...entries].map(([, name = "", version = ""]) => [name, version]));
}
