import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Rolldown } from "tsdown";

const PROGRAMS = ["bin", "main"];

/** Of others: what is many small files, and nothing else than JavaScript that finds no file by its own place. */
const INSIDE = /\/node_modules\/(zod|@modelcontextprotocol)\//;

/**
 * Bundles `bin.ts` and `main.ts` of a folder into `to`, as they are started: each module believes to be where its
 * source is, so workers, templates and packages are found there, and others' code stays where it is installed.
 */
export async function bundlePrograms(folder: string, to: string): Promise<void> {
  const sources = PROGRAMS.map((name) => [name, join(folder, `${name}.ts`)] as const);
  const bundle = await Rolldown.rolldown({
    input: Object.fromEntries(sources.filter(([, path]) => existsSync(path))),
    platform: "node",
    resolve: { conditionNames: ["node", "import"] },
    plugins: [othersOutside, asIfInPlace],
    // It says how long a build took, which a busy machine decides; everything else that it warns of counts.
    checks: { pluginTimings: false },
    onLog: (level, log) => {
      if (level !== "warn" || log.code === "INEFFECTIVE_DYNAMIC_IMPORT") return;
      throw new Error(`${folder} cannot be bundled: ${log.message}`);
    },
  });
  try {
    await bundle.write({
      ...{ dir: to, format: "esm" },
      ...{ entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" },
    });
  } finally {
    await bundle.close();
  }
}

const othersOutside: Rolldown.Plugin = {
  name: "others-outside",
  resolveId: {
    order: "pre",
    async handler(id, importer, options) {
      if (importer === undefined || id.startsWith("node:")) return undefined;
      const found = await this.resolve(id, importer, { ...options, skipSelf: true });
      if (!found || found.external || !isOthers(found.id) || INSIDE.test(found.id)) return found;
      return { id: found.id, external: "absolute" };
    },
  },
};

const asIfInPlace: Rolldown.Plugin = {
  name: "as-if-in-place",
  transform: {
    filter: { code: "import.meta" },
    handler(code, path) {
      if (isOthers(path)) return undefined;
      const place = { url: pathToFileURL(path).href, dirname: dirname(path), filename: path };
      return `const sourceMeta = ${JSON.stringify(place)};\n${code.replaceAll(/\bimport\.meta\b/g, "sourceMeta")}`;
    },
  },
};

function isOthers(path: string): boolean {
  return path.includes("/node_modules/");
}
