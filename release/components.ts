import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Installation, InstalledPackage } from "./installation.ts";

/** A package that travels with one of ours: installed beside it, or bundled into the files of another. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** As its package.json names it; undefined where it names none. */
  readonly license?: string;
  readonly integrity?: string;
  readonly isBundled: boolean;
  /** Identities (`identityOf`) of what it needs, and of what is bundled into it. */
  readonly needs: readonly string[];
}

/** Everything of an installation, the package itself first; each name and version once, in order. */
export function componentsOf(installation: Installation): readonly Component[] {
  const { member, folder, packages } = installation;
  const own = readFile<InstalledPackage>(join(folder, "package.json"));
  const found = new Map<string, Component>();
  const add = (path: string, name: string, entry: InstalledPackage) => {
    const bundled = bundledInto(join(folder, path));
    for (const each of bundled) found.set(identityOf(each), found.get(identityOf(each)) ?? each);
    const needs = [...installedNeeds(path, entry, packages), ...bundled.map(identityOf)];
    const { version, license, integrity } = entry;
    const optional = { ...(license && { license }), ...(integrity && { integrity }) };
    const component = { name, version, ...optional, isBundled: false };
    found.set(identityOf(component), { ...component, needs: [...new Set(needs)].toSorted() });
  };
  for (const [path, entry] of Object.entries(packages)) add(path, nameAt(path), entry);
  add("", member.name, own);
  const [itself, others] = [identityOf(member), [...found.keys()].toSorted()];
  const order = [itself, ...others.filter((each) => each !== itself)];
  return order.flatMap((identity) => found.get(identity) ?? []);
}

export function identityOf({ name, version }: Pick<Component, "name" | "version">): string {
  return `${name}@${version}`;
}

/** Of the packages that it names and that are there; an optional one may not be. */
function installedNeeds(
  path: string,
  { dependencies, optionalDependencies, peerDependencies }: InstalledPackage,
  packages: Installation["packages"],
): string[] {
  const wanted = { ...dependencies, ...optionalDependencies, ...peerDependencies };
  return Object.keys(wanted).flatMap((name) => {
    const found = packages[findFrom(path, name, packages)];
    return found === undefined ? [] : identityOf({ name, version: found.version });
  });
}

/** Where Node finds a package from another's folder: the nearest `node_modules` above it that has it. */
function findFrom(path: string, name: string, packages: object): string {
  for (let at = path; at !== "." && at !== ""; at = dirname(at)) {
    if (`${at}/node_modules/${name}` in packages) return `${at}/node_modules/${name}`;
  }
  return `node_modules/${name}`;
}

function nameAt(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

/** `NAME VERSION (LICENCE)` heads each notice that a build writes of what it bundles. */
const NOTICE = /\n-{80}\n\n(\S+) (\d\S*) \((.+)\)\n/g;

/** What builds wrote down of the code of others in the files of a package: of programs, and of pages for browsers. */
function bundledInto(folder: string): readonly Component[] {
  const notices = join(folder, "dist", "THIRD-PARTY-NOTICES.txt");
  const pages = join(folder, "dist", "dashboard", "third-party.json");
  const inPrograms = existsSync(notices)
    ? [...readFileSync(notices, "utf8").matchAll(NOTICE)].map(
        ([, name = "", version = "", license = ""]) => ({ name, version, license }),
      )
    : [];
  const inPages = existsSync(pages)
    ? readFile<{ name: string; version: string; identifier: string }[]>(pages).map(
        ({ name, version, identifier: license }) => ({ name, version, license }),
      )
    : [];
  return [...inPrograms, ...inPages].map((each) => ({ ...each, isBundled: true, needs: [] }));
}

function readFile<Content>(path: string): Content {
  return JSON.parse(readFileSync(path, "utf8")) as Content;
}
