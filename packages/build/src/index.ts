import { createRequire } from "node:module";
import { join } from "node:path";
import type { Rolldown, UserConfig } from "tsdown";
import { bundledNotices, bundleOf } from "./bundled.ts";
import { typesConfigOf } from "./types-config.ts";

/**
 * Files that a published program starts by URL (worker threads, the watchdog): name in dist → source,
 * as a path in the package (`./src/drivers/embedded/pglite-worker.ts`) or as a specifier of a private package
 * (`@trestle/store/sqlite-worker`). They land flat beside the chunks, so that
 * `new URL("./sqlite-worker.js", import.meta.url)` finds them from any chunk.
 */
export type StartedByUrl = Readonly<Record<string, string>>;

/**
 * Names of others' packages whose code travels inside our output, with whatever they need: heavy ones of which we use a
 * small part. Installed whole they would be most of what a person downloads. They stand in `devDependencies`.
 */
export type BundledPackages = readonly string[];

/** A server we publish: `index` for embedding it, `bin` for starting it on any Node, `main` for the work. */
export function publishedServer(
  startedByUrl: StartedByUrl = {},
  bundled: BundledPackages = [],
): UserConfig {
  const program = { index: "src/index.ts", bin: "src/bin.ts", main: "src/main.ts" };
  return published({ ...program, ...resolved(startedByUrl) }, ["src/index.ts"], bundled, [
    zodOfTheKit(),
  ]);
}

/** A program we publish. */
export function publishedApp(
  startedByUrl: StartedByUrl = {},
  bundled: BundledPackages = [],
): UserConfig {
  return publishedServer(startedByUrl, bundled);
}

/** A library we publish: `index`, and one file for each subpath named in its `exports`. */
export function publishedLibrary(
  subpaths: readonly string[] = [],
  startedByUrl: StartedByUrl = {},
  bundled: BundledPackages = [],
): UserConfig {
  const entries = ["index", ...subpaths].map((name) => [name, `src/${name}.ts`] as const);
  return published(
    { ...Object.fromEntries(entries), ...resolved(startedByUrl) },
    entries.map(([, source]) => source),
    bundled,
    [typesFromOutside(bundled)],
  );
}

/** Only what can be imported gets types; a program and a worker are started. */
function published(
  entry: Record<string, string>,
  typed: string[],
  bundled: BundledPackages,
  plugins: Rolldown.Plugin[] = [],
): UserConfig {
  const { inside, outside } = bundleOf(bundled, process.cwd());
  return {
    entry,
    platform: "node",
    target: "node22.13",
    fixedExtension: false,
    // Nothing is minified, so traces can be read; maps would be more than half of what is installed.
    sourcemap: false,
    deps: {
      // Our private packages travel inside the output, in the types too.
      alwaysBundle: [/^@trestle\//, ...bundled.map(itselfOrBelow)],
      // Nobody else's code does: a dependency of a private package must be declared by who bundles it.
      onlyBundle: [...inside],
      neverBundle: outside.map(itselfOrBelow),
    },
    plugins: [bundledNotices(), ...plugins],
    dts: { entry: typed, tsconfig: typesConfigOf(typed) },
    publint: { strict: true, level: "warning" },
    attw: { profile: "esm-only", level: "error" },
    failOnWarn: true,
    suppressWarnings: [
      /TypeScript 7\.0 does not yet have a stable API/,
      // What is loaded late by the program may be loaded at once by the library; that is advice, no fault.
      /INEFFECTIVE_DYNAMIC_IMPORT/,
      // Emscripten runs the constants of its own module by it, bundled or not.
      /direct `eval`[\s\S]*@electric-sql\/pglite/,
    ],
  };
}

/**
 * Lets what we publish take zod from the kit, which has it in one file. As its authors publish it it is a hundred files,
 * and finding them is a third of a server's start.
 */
function zodOfTheKit(): Rolldown.Plugin {
  return {
    name: "zod-of-the-kit",
    resolveId: {
      order: "pre",
      filter: { id: /^zod(\/v4)?$/ },
      handler: () => ({ id: "@trestle-mcp/server-kit/zod", external: true }),
    },
  };
}

/** Types name the package that they are of: whoever uses the library gets the types of the version that it declares. */
function typesFromOutside(bundled: BundledPackages): Rolldown.Plugin {
  const names = bundled.map(itselfOrBelow);
  return {
    name: "types-from-outside",
    resolveId: {
      order: "pre",
      handler(id, importer) {
        const isOfTypes = importer !== undefined && /\.d\.[cm]?ts$/.test(importer);
        if (!isOfTypes || !names.some((name) => name.test(id))) return undefined;
        return { id, external: true, moduleSideEffects: false };
      },
    },
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

/** Matches imports of a package and of its subpaths. */
function itselfOrBelow(name: string): RegExp {
  return new RegExp(`^${name.replaceAll(".", "\\.")}(/|$)`);
}
