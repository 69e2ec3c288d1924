import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** What installing one package brings. */
export interface Weight {
  readonly megabytes: number;
  readonly packages: number;
}

interface Installed {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What a package and all that it needs weigh, of what npm installed into a folder for several. */
export function weigh(folder: string, name: string): Weight {
  const { packages } = JSON.parse(
    readFileSync(join(folder, "node_modules", ".package-lock.json"), "utf8"),
  ) as { packages: Record<string, Installed> };
  const needed = new Set<string>();
  const add = (path: string | undefined) => {
    const installed = path && !needed.has(path) ? packages[path] : undefined;
    if (path === undefined || installed === undefined) return;
    needed.add(path);
    const { dependencies, optionalDependencies, peerDependencies } = installed;
    const wanted = { ...dependencies, ...optionalDependencies, ...peerDependencies };
    for (const each of Object.keys(wanted)) add(findFrom(path, each, packages));
  };
  add(`node_modules/${name}`);
  const bytes = [...needed].reduce((sum, path) => sum + ownBytes(join(folder, path)), 0);
  return { megabytes: bytes / 1e6, packages: needed.size };
}

/** Where Node finds a package from another's folder: the nearest `node_modules` above it that has it. */
function findFrom(path: string, name: string, packages: object): string | undefined {
  for (let at = path; at !== "."; at = dirname(at)) {
    const candidate = `${at}/node_modules/${name}`;
    if (candidate in packages) return candidate;
  }
  return `node_modules/${name}` in packages ? `node_modules/${name}` : undefined;
}

/** Of the files of a package, without those that are installed below it. */
function ownBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules")
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return ownBytes(path);
      return entry.isFile() ? statSync(path).size : 0;
    })
    .reduce((sum, size) => sum + size, 0);
}
