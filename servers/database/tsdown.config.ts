import { publishedServer } from "@trestle/build";
import { defineConfig } from "tsdown";

export default defineConfig(
  publishedServer({ "pglite-worker": "./src/drivers/embedded/pglite-worker.ts" }),
);
