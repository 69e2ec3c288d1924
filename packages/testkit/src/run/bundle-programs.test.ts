import { execFileSync } from "node:child_process";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../surroundings/folder.ts";
import { bundlePrograms } from "./bundle-programs.ts";

function put(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return join(folder, "src");
}

test("a bundled program finds what its sources find by their place, and others' code where it is", async () => {
  const root = realpathSync(temporaryFolder());
  const main = `import { told } from "other";
    import { beside } from "./deep/beside.ts";
    const { url }: ImportMeta = import.meta;
    console.log(JSON.stringify([url, beside, told]));`;
  const source = put(root, {
    "src/bin.ts": 'await import("./main.ts");',
    "src/main.ts": main,
    "src/deep/beside.ts": "export const beside: string = import.meta.dirname;",
    "node_modules/other/package.json": '{ "type": "module", "exports": "./index.js" }',
    "node_modules/other/index.js": "export const told = import.meta.url;",
  });
  const to = join(root, "bundled");
  await bundlePrograms(source, to);
  const printed = ["bin", "main"].map((name) =>
    execFileSync(process.execPath, [join(to, `${name}.mjs`)], { encoding: "utf8" }),
  );
  const expected = [
    `file://${join(source, "main.ts")}`,
    join(source, "deep"),
    `file://${join(root, "node_modules/other/index.js")}`,
  ];
  expect(printed.map((text) => JSON.parse(text))).toEqual([expected, expected]);
});

test("what Node would not find is not left out either", async () => {
  const source = put(temporaryFolder(), { "src/main.ts": 'import "./missing.ts";' });
  await expect(bundlePrograms(source, join(source, "bundled"))).rejects.toThrow(/missing\.ts/);
});
