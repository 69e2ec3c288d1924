import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describePublishedFiles } from "@trestle/testkit/published-files";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { server } from "../src/index.ts";
import { lifecyclePolicy } from "../src/lifecycle/policy.ts";
import { parseAccessPolicy } from "../src/policies/access-policy.ts";
import { pipeline } from "../src/transform/steps.ts";
import { webhooksFile } from "../src/webhooks/webhooks-file.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(folder, "README.md"), "utf8");
const bin = join(folder, "src/bin.ts");

describePublishedFiles({ folder, server, id: "knowledge", program: "trestle-knowledge" });

test("the README's program runs as it stands", () => {
  const [, program = ""] = /```js\n([\s\S]*?)```/.exec(readme) ?? [];
  const home = temporaryFolder();
  const index = new URL("../src/index.ts", import.meta.url).href;
  const path = join(home, "program.mjs");
  writeFileSync(path, program.replace('"@trestle-mcp/r2-knowledge"', JSON.stringify(index)));
  const options = { cwd: home, env: nodeEnvironment(), encoding: "utf8" } as const;
  expect(execFileSync(process.execPath, [path], options)).toBe(
    "Release clients in finally worked 1 of 1 times (at least 21 % at 95 %), last tried today; its author was 80 % sure.\n",
  );
});

const pages = ["knowledge.md", "knowledge-operations.md"].map((name) =>
  readFileSync(join(folder, "../../docs", name), "utf8"),
);

test("every command of the pages about knowledge works", () => {
  const blocks = pages.flatMap((page) =>
    [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? ""),
  );
  expect(blocks).toHaveLength(8);
  const home = temporaryFolder();
  const program = join(home, "trestle-knowledge");
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, { mode: 0o755 });
  const { PATH } = process.env;
  const env = { ...nodeEnvironment(), TRESTLE_HOME: home, PATH: `${home}:${PATH}` };
  const printed = execFileSync("sh", ["-e"], {
    ...{ cwd: home, env, encoding: "utf8", input: blocks.join("\n"), stdio: "pipe" },
  });
  expect(printed).toMatch(/fix: Release clients in finally/);
  expect(readFileSync(join(home, "knowledge.md"), "utf8")).toContain("## TimeoutError");
}, 240_000);

test("the policies, the webhooks and the steps of the pages are what the tools take", () => {
  const [policy, access, webhooks, transform, ...others] = pages
    .flatMap((page) => [...page.matchAll(/```json\n([\s\S]*?)```/g)])
    .map((match) => JSON.parse(match[1] ?? ""));
  expect(others).toEqual([]);
  expect(lifecyclePolicy.parse(policy)).toEqual(policy);
  expect(parseAccessPolicy(access)).toMatchObject(access);
  expect(webhooksFile.parse(webhooks).webhooks).toMatchObject(webhooks.webhooks);
  expect(pipeline.parse(transform.steps)).toEqual(transform.steps);
});
