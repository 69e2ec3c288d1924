import { fileURLToPath } from "node:url";
import { publishedServer } from "@trestle/build";
import { defineConfig } from "tsdown";
import { IMAGE_NAME } from "./src/drivers/embedded/initialise.ts";
import { makeImage } from "./src/drivers/embedded/make-image.ts";

const image = fileURLToPath(new URL(`./dist/${IMAGE_NAME}`, import.meta.url));

export default defineConfig({
  ...publishedServer({ "pglite-worker": "./src/drivers/embedded/pglite-worker.ts" }),
  hooks: { "build:done": () => makeImage(image) },
});
