import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Whether this runs as it is written, or as it is published. */
export const fromSources = import.meta.url.endsWith(".ts");

/** Which files of PGlite are used besides its code: Postgres, its own files, and the archives of its extensions. */
export const ENGINE_FILES = /^(pglite\.wasm|pglite\.data|initdb\.wasm|.+\.tar\.gz)$/;

/** Where PGlite's files lie as it is installed, for who works on this package. */
export function installedEngine(): string {
  return dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite"));
}

/**
 * Where PGlite's files lie. What we publish carries those that are used beside the code, since two fifths of the
 * package are maps, doubles for other module systems, and interfaces for browsers.
 */
export function engineFolder(): string {
  return fromSources ? installedEngine() : dirname(fileURLToPath(import.meta.url));
}
