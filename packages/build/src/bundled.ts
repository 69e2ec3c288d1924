import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Rolldown } from "tsdown";

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** What may be bundled, and what must stay outside. */
export interface Bundle {
  readonly inside: readonly string[];
  /** What they can do without: native code above all, which is only tried, and cannot be bundled. */
  readonly outside: readonly string[];
}

/** Name of the file in dist that says what of others is bundled, and under which licence. */
const NOTICES = "THIRD-PARTY-NOTICES.txt";

/** The packages and whatever they need in turn, as `folder` finds them. */
export function bundleOf(names: readonly string[], folder: string): Bundle {
  const folders = new Map<string, string>();
  const outside = new Set<string>();
  const add = (name: string, from: string) => {
    const found = findPackage(name, from);
    if (found === undefined || folders.has(found)) return;
    folders.set(found, name);
    const { dependencies = {}, optionalDependencies = {} } = readManifest(found);
    for (const each of Object.keys(optionalDependencies)) outside.add(each);
    for (const each of Object.keys(dependencies)) add(each, found);
  };
  for (const name of names) add(name, folder);
  return { inside: [...new Set(folders.values())], outside: [...outside] };
}

/** Writes the licences of what is bundled beside it, as they want of those who pass the code on. */
export function bundledNotices(): Rolldown.Plugin {
  return {
    name: "bundled-notices",
    generateBundle(_options, bundle) {
      const folders = Object.values(bundle)
        .flatMap((output) => (output.type === "chunk" ? output.moduleIds : []))
        .map(thirdPartyFolder)
        .filter((folder) => folder !== undefined);
      const notices = [...new Set(folders)].map(noticeOf).sort();
      if (notices.length === 0) return;
      const opening = "This program contains the following software of others.\n";
      const source = [opening, ...new Set(notices)].join(`\n${"-".repeat(80)}\n\n`);
      this.emitFile({ type: "asset", fileName: NOTICES, source });
    },
  };
}

/** Where the package lies that a module belongs to, if it is not one of ours. */
function thirdPartyFolder(id: string): string | undefined {
  if (!id.includes("/node_modules/")) return undefined;
  let folder = dirname(id.replace(/^\0/, "").replace(/\?.*$/, ""));
  // Folders inside of packages have manifests too, which only say how their files are to be read.
  while (folder !== dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && readManifest(folder).version !== undefined) return folder;
    folder = dirname(folder);
  }
  return undefined;
}

function noticeOf(folder: string): string {
  const { name, version, license } = readManifest(folder);
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)/i.test(each));
  const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  return `${name} ${version} (${license ?? "no licence named"})\n${text}`;
}

/** Where Node finds a package: the nearest `node_modules` above that has it. */
function findPackage(name: string, from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const candidate = join(at, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return realpathSync(candidate);
    if (at === dirname(at)) return undefined;
  }
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}
