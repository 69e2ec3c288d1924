import { publishedLibrary } from "@trestle/build";
import { defineConfig } from "tsdown";

export default defineConfig(
  publishedLibrary(
    ["compile-cache", "node-version", "serving", "young-space", "zod"],
    { "sqlite-worker": "@trestle/store/sqlite-worker" },
    ["@modelcontextprotocol/server", "zod"],
  ),
);
