import { randomBytes } from "node:crypto";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

/** `node _run-miniflare.ts SCRATCH-FOLDER DATA-FOLDER`: a line of JSON with where it is; ends with its stdin. */

/** What is used of the package, which is not installed where types are checked. */
interface Miniflare {
  readonly ready: Promise<URL>;
  dispose(): Promise<void>;
}

const [scratch = "", data = ""] = process.argv.slice(2);
const main = join(scratch, "node_modules/miniflare/dist/src/index.js");
const { Miniflare } = (await import(pathToFileURL(main).href)) as {
  Miniflare: new (options: object) => Miniflare;
};

const bucket = "knowledge";
const credentials = {
  accessKeyId: randomBytes(16).toString("hex"),
  secretAccessKey: randomBytes(32).toString("hex"),
};

const miniflare = new Miniflare({
  ...{ host: "127.0.0.1", port: 0, modules: true, compatibilityDate: "2026-07-01" },
  script: "export default { fetch: () => new Response() }",
  r2Buckets: { BUCKET: { id: bucket, s3Credentials: credentials } },
  r2Persist: data,
  // It starts its runtime again when that crashes; nobody is to overlook it.
  unsafeHandleRuntimeRestart: () => say({ restarted: true }),
});

const url = await miniflare.ready;
say({ endpoint: `${url.origin}/cdn-cgi/local/r2/s3`, bucket, credentials });
process.stdin.resume();
process.stdin.once("end", () => void miniflare.dispose());

function say(words: object): void {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}
