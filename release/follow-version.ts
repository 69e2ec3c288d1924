import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPublished } from "./members.ts";

/** Gives what stands beside each package.json the version that it was given: entries for registries, and manifests. */
for (const { folder, version } of readPublished()) {
  for (const name of ["server.json", "manifest.json"]) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replaceAll(/("version": )"[^"]+"/g, `$1"${version}"`));
  }
}
