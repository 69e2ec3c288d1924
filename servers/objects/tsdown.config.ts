import { publishedServer } from "@trestle/build";
import { defineConfig } from "tsdown";

export default defineConfig([
  publishedServer({ "sqlite-worker": "@trestle/store/sqlite-worker" }),
  {
    // What `trestle-objects deploy` gives to wrangler: one file, since our sources are not published.
    entry: { index: "worker/src/index.ts" },
    outDir: "worker/dist",
    platform: "neutral",
    target: "es2024",
    fixedExtension: false,
    deps: { alwaysBundle: [/.*/], onlyBundle: false, neverBundle: [/^cloudflare:/] },
    dts: false,
    failOnWarn: true,
  },
]);
