import { cp } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { publishedApp } from "@trestle/build";
import { defineConfig } from "tsdown";

const dashboard = dirname(
  createRequire(import.meta.url).resolve("@trestle/dashboard/package.json"),
);

export default defineConfig({
  ...publishedApp({ "sqlite-worker": "@trestle/store/sqlite-worker" }, [
    "@modelcontextprotocol/client",
  ]),
  hooks: {
    // The pages travel inside, built; nothing that they are made of does.
    "build:done": async () => {
      const [from, to] = [join(dashboard, "dist"), join(import.meta.dirname, "dist/dashboard")];
      await cp(from, to, { recursive: true, filter: (path) => !path.includes("/.vite") });
    },
  },
});
