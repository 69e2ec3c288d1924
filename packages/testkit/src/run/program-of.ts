import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { bundlePrograms } from "./bundle-programs.ts";
import { oncePerRun } from "./once-per-run.ts";

const BUNDLE_MS = 120_000;

/**
 * What Node is to start for a program of ours: `src/bin.ts` or `src/main.ts` of a package. A run that starts it often
 * does so from one bundle of its sources, in half the processor time; the first who asks makes it. Where each source
 * counts by itself (coverage, watching, `START_SOURCES=1`), and outside a run, it is the source.
 */
export async function programOf(source: URL): Promise<string> {
  const path = fileURLToPath(source);
  if (process.env.VITEST === undefined || inject("startsSources")) return path;
  const folder = dirname(path);
  // The name of the package: apps/bridge/src is `programs-bridge`.
  const name = `programs-${basename(dirname(folder))}`;
  const bundled = await oncePerRun(name, (to) => bundlePrograms(folder, to), BUNDLE_MS);
  return join(bundled, `${basename(path, extname(path))}.mjs`);
}
