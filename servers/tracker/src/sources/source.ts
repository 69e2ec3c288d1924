import { isAbsolute, join, matchesGlob, parse, relative, resolve, sep } from "node:path";
import type { AllowedFolder } from "../tail/open-within.ts";
import { type KindOfSource, kinds, type SourceKind } from "./kinds.ts";

/** A file, folder or glob that is read. */
export interface Source {
  /** Unique, as `watch` lists it. */
  readonly name: string;
  readonly kind: SourceKind;
  /** Absolute, without `~`. */
  readonly path: string;
  /** Was it asked for? Of what is read by default, nobody misses what is not there. */
  readonly isAskedFor: boolean;
  /** Where its files have to be, wherever links lead; undefined for what the operator chose. */
  readonly within?: readonly AllowedFolder[];
}

/** Where to look for the files of a source, and which. */
export interface Reach extends KindOfSource {
  /** The folder, or the one file. */
  readonly root: string;
}

const GLOB = /[*?[{]/;
/** `**` of a log's glob goes no deeper. */
const LOG_DEPTH = 8;

export function reachOf({ kind, path }: Source): Reach {
  if (kind !== "log") return { root: path, ...kinds[kind] };
  if (!GLOB.test(path)) {
    return { root: path, depth: 1, entersFolder: () => false, cutOf: textOf };
  }
  const root = fixedFolder(path);
  const pattern = relative(root, path);
  return {
    root,
    depth: pattern.includes("**") ? LOG_DEPTH : pattern.split(sep).length,
    entersFolder: () => true,
    cutOf: (file) => (matchesGlob(file, pattern) ? textOf(file) : undefined),
  };
}

/** Rotated logs are compressed after they were read. */
function textOf(path: string): "text-lines" | undefined {
  return /\.(gz|xz|zst|bz2|zip)$/.test(path) ? undefined : "text-lines";
}

/** The folder above the first part with a wildcard. */
function fixedFolder(path: string): string {
  const { root } = parse(path);
  const parts = path.slice(root.length).split(sep);
  const wild = parts.findIndex((part) => GLOB.test(part));
  return join(root, ...parts.slice(0, wild));
}

/** `~` and relative paths made absolute. */
export function absolutePath(
  path: string,
  { home, folder }: { home: string; folder: string },
): string {
  if (path === "~") return home;
  if (/^~[\\/]/.test(path)) return join(home, path.slice(2));
  return isAbsolute(path) ? resolve(path) : resolve(folder, path);
}
