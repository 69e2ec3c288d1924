import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const page = readFileSync(new URL("../../../docs/security.md", import.meta.url), "utf8");
const attacks = fileURLToPath(new URL("./attacks", import.meta.url));

test("docs/security.md names every suite of attacks, and no other", () => {
  const named = [...page.matchAll(/`attacks\/([a-z-]+)`/g)].map(([, name]) => `${name}.test.ts`);
  const suites = readdirSync(attacks).filter((name) => name.endsWith(".test.ts"));
  expect(new Set(named)).toEqual(new Set(suites));
});

test("the other tests that it names are there", () => {
  const root = new URL("../../../", import.meta.url);
  const folders = [
    ...["apps/bridge/test", "apps/bridge/src", "apps/bridge/src/access"],
    ...["apps/bridge/src/sign-in", "apps/bridge/src/oauth-login"],
    ...["packages/access/test", "packages/events/src/webhooks", "packages/server-kit/src/serve"],
  ];
  const section = page.slice(page.indexOf("## Threats"), page.indexOf("## What the audit log"));
  const proofs = section.split("\n").map((row) => row.split(" | ").at(-1) ?? "");
  const named = proofs.flatMap((cell) =>
    [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name),
  );
  const isThere = (name: string | undefined): boolean =>
    folders.some((folder) => existsSync(new URL(`${folder}/${name}.test.ts`, root)));
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => name !== "attacks" && !isThere(name))).toEqual([]);
});
