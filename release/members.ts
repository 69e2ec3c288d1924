import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../", import.meta.url));

/** A package that we publish, as its package.json describes it. */
export interface Published {
  readonly name: string;
  readonly version: string;
  /** In the tree. */
  readonly folder: string;
  /** Its program, where it has one: the name of its bundle, too. */
  readonly program?: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
}

/** Everything that a release publishes. */
export function readPublished(): readonly Published[] {
  return globSync("{apps,packages,servers}/*/package.json", { cwd: root })
    .toSorted()
    .map((path) => ({ folder: join(root, dirname(path)), manifest: readManifest(path) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest: { name, version, bin } }) => {
      const [program] = Object.keys(bin ?? {});
      return { name, version, folder, ...(program !== undefined && { program }) };
    });
}

/** What `pnpm pack` calls the tarball of a package. */
export function tarballOf({ name, version }: Published): string {
  return `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest;
}
