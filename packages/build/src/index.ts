import { createRequire } from "node:module";
import { join } from "node:path";
import type { UserConfig } from "tsdown";

/**
 * Files that a published program starts by URL (worker threads, the watchdog): name in dist → source,
 * as a path in the package (`./src/drivers/embedded/pglite-worker.ts`) or as a specifier of a private package
 * (`@trestle/store/sqlite-worker`). They land flat beside the chunks, so that
 * `new URL("./sqlite-worker.js", import.meta.url)` finds them from any chunk.
 */
export type StartedByUrl = Readonly<Record<string, string>>;

/** A server we publish: `index` for embedding it, `bin` for starting it on any Node, `main` for the work. */
export function publishedServer(startedByUrl: StartedByUrl = {}): UserConfig {
  const program = { index: "src/index.ts", bin: "src/bin.ts", main: "src/main.ts" };
  return published({ ...program, ...resolved(startedByUrl) }, ["src/index.ts"]);
}

/** A program we publish. */
export function publishedApp(startedByUrl: StartedByUrl = {}): UserConfig {
  return publishedServer(startedByUrl);
}

/** A library we publish: `index`, and one file for each subpath named in its `exports`. */
export function publishedLibrary(
  subpaths: readonly string[] = [],
  startedByUrl: StartedByUrl = {},
): UserConfig {
  const entries = ["index", ...subpaths].map((name) => [name, `src/${name}.ts`] as const);
  return published(
    { ...Object.fromEntries(entries), ...resolved(startedByUrl) },
    entries.map(([, source]) => source),
  );
}

/** Only what can be imported gets types; a program and a worker are started. */
function published(entry: Record<string, string>, typed: string[]): UserConfig {
  return {
    entry,
    platform: "node",
    target: "node22.13",
    fixedExtension: false,
    sourcemap: true,
    deps: {
      // Our private packages travel inside the output, in the types too.
      alwaysBundle: [/^@trestle\//],
      // Nobody else's code does: a dependency of a bundled package must be declared by who bundles it.
      onlyBundle: [],
    },
    dts: { entry: typed },
    publint: { strict: true, level: "warning" },
    attw: { profile: "esm-only", level: "error" },
    failOnWarn: true,
    suppressWarnings: [
      /TypeScript 7\.0 does not yet have a stable API/,
      // What is loaded late by the program may be loaded at once by the library; that is advice, no fault.
      /INEFFECTIVE_DYNAMIC_IMPORT/,
    ],
  };
}

/** Paths stay, specifiers are resolved as the package that is being built sees them. */
function resolved(startedByUrl: StartedByUrl): Record<string, string> {
  const { resolve } = createRequire(join(process.cwd(), "package.json"));
  return Object.fromEntries(
    Object.entries(startedByUrl).map(([name, source]) => [
      name,
      source.startsWith("@") ? resolve(source) : source,
    ]),
  );
}
