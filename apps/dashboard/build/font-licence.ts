import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { Plugin } from "vite";

/** Names the font among the work of others: Vite itself looks only at what is imported as code. */
export function fontLicence(font: string, file: string): Plugin {
  let path = file;
  return {
    name: "font-licence",
    apply: "build",
    configResolved({ root, build }) {
      path = resolve(root, build.outDir, file);
    },
    async writeBundle() {
      const manifest = createRequire(import.meta.url).resolve(`${font}/package.json`);
      const { name, version, license } = JSON.parse(await readFile(manifest, "utf8"));
      const text = await readFile(join(dirname(manifest), "LICENSE"), "utf8");
      const others = JSON.parse(await readFile(path, "utf8")) as object[];
      const all = [{ name, version, identifier: license, text }, ...others];
      await writeFile(path, `${JSON.stringify(all, null, 2)}\n`);
    },
  };
}
