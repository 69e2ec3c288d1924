import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publishedServer } from "@trestle/build";
import { defineConfig } from "tsdown";
import { ENGINE_FILES, installedEngine } from "./src/drivers/embedded/engine-files.ts";
import { IMAGE_NAME } from "./src/drivers/embedded/initialise.ts";
import { makeImage } from "./src/drivers/embedded/make-image.ts";

const dist = fileURLToPath(new URL("./dist", import.meta.url));

/** Flat beside the chunks, where PGlite's code looks for them. */
function copyEngine(): void {
  const from = installedEngine();
  for (const name of readdirSync(from)) {
    if (ENGINE_FILES.test(name)) cpSync(join(from, name), join(dist, name));
  }
}

export default defineConfig({
  ...publishedServer({ "pglite-worker": "./src/drivers/embedded/pglite-worker.ts" }, [
    "@electric-sql/pglite",
    "@neon/sdk",
    "csv-parse",
    "csv-stringify",
    "kysely",
    "node-pg-migrate",
  ]),
  hooks: {
    "build:done": async () => {
      copyEngine();
      await makeImage(join(dist, IMAGE_NAME));
    },
  },
});
