import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

/** `node _run-workerd.ts SCRATCH-FOLDER OPTIONS-FILE`: a line of JSON with where it is; ends with its stdin. */

/** What is used of the package, which is not installed where types are checked. */
interface Miniflare {
  readonly ready: Promise<URL>;
  dispose(): Promise<void>;
}

const [scratch = "", file = ""] = process.argv.slice(2);
const main = join(scratch, "node_modules/miniflare/dist/src/index.js");
const { Miniflare } = (await import(pathToFileURL(main).href)) as {
  Miniflare: new (options: object) => Miniflare;
};
const { script, port, data, objects, bindings } = JSON.parse(readFileSync(file, "utf8"));

const miniflare = new Miniflare({
  // Nothing is asked of the network: not even where this machine is.
  ...{ host: "127.0.0.1", port, cf: false, compatibilityDate: "2026-07-01" },
  modules: [{ type: "ESModule", path: "worker.js", contents: script }],
  durableObjects: Object.fromEntries(
    Object.entries(objects).map(([name, className]) => [name, { className, useSQLite: true }]),
  ),
  durableObjectsPersist: data,
  bindings,
  // It starts its runtime again when that crashes; nobody is to overlook it.
  unsafeHandleRuntimeRestart: () => say({ restarted: true }),
});

say({ url: (await miniflare.ready).origin });
process.stdin.resume();
process.stdin.once("end", () => void miniflare.dispose());

function say(words: object): void {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}
