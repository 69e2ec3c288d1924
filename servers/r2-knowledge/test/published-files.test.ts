import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { silentLogger, systemClock } from "@trestle/protocol";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import {
  type ConfigField,
  createStandaloneHost,
  renderConfigTable,
  renderEnvExample,
  renderToolsTable,
} from "@trestle-mcp/server-kit";
import { expect, test } from "vitest";
import { server } from "../src/index.ts";
import { lifecyclePolicy } from "../src/lifecycle/policy.ts";
import { pipeline } from "../src/transform/steps.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));
const readText = (name: string) => readFileSync(join(folder, name), "utf8");
const readJson = (name: string) => JSON.parse(readText(name));
const packageJson = readJson("package.json");
const readme = readText("README.md");
const bin = join(folder, "src/bin.ts");

test("the README shows every tool and every setting as they are", () => {
  expect(unaligned(readme)).toContain(unaligned(renderToolsTable(server)));
  expect(unaligned(readme)).toContain(unaligned(renderConfigTable(server)));
});

test(".env.example names every setting as it is", () => {
  expect(readText(".env.example")).toBe(renderEnvExample(server));
});

test("the README's configurations are JSON that starts this package", () => {
  const blocks = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  expect(blocks).toHaveLength(2);
  for (const block of blocks) {
    const { mcpServers, servers = mcpServers } = JSON.parse(block);
    expect(servers.knowledge).toMatchObject({ command: "npx", args: ["-y", packageJson.name] });
    const settings = servers.knowledge.env ?? {};
    const host = createStandaloneHost({ dataDir: "", clock: systemClock, log: silentLogger });
    expect(() => server.mount(host, settings)).not.toThrow();
  }
});

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
  expect(blocks).toHaveLength(5);
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
}, 120_000);

test("the policy and the steps of the pages are what the tools take", () => {
  const [policy, transform, ...others] = pages
    .flatMap((page) => [...page.matchAll(/```json\n([\s\S]*?)```/g)])
    .map((match) => JSON.parse(match[1] ?? ""));
  expect(others).toEqual([]);
  expect(lifecyclePolicy.parse(policy)).toEqual(policy);
  expect(pipeline.parse(transform.steps)).toEqual(transform.steps);
});

test("the registry entry agrees with package and settings", () => {
  const entry = readJson("server.json");
  expect(entry).toMatchObject({
    name: packageJson.mcpName,
    title: server.title,
    description: packageJson.description,
    version: packageJson.version,
  });
  expect(entry.description.length).toBeLessThanOrEqual(100);
  expect(entry.packages).toEqual([
    {
      registryType: "npm",
      identifier: packageJson.name,
      version: packageJson.version,
      transport: { type: "stdio" },
      environmentVariables: server.configFields.map((field) => ({
        name: field.env,
        description: field.description,
        isRequired: field.required,
        isSecret: field.secret,
        format: formatOf(field),
        ...(presetOf(field) === undefined ? {} : { default: String(field.default) }),
      })),
    },
  ]);
});

test("the bundle's manifest agrees with package, tools and settings, and starts the server as it is", () => {
  const manifest = readJson("manifest.json");
  expect(manifest).toMatchObject({
    manifest_version: "0.3",
    name: "trestle-knowledge",
    version: packageJson.version,
    description: packageJson.description,
    license: packageJson.license,
    tools: server.describeTools().map(({ name, description }) => ({ name, description })),
    compatibility: { runtimes: packageJson.engines },
  });
  expect(manifest.server.mcp_config.env).toEqual(
    Object.fromEntries(server.configFields.map(({ env, key }) => [env, `\${user_config.${key}}`])),
  );
  for (const field of server.configFields) {
    const type = formatOf(field) === "filepath" ? "directory" : formatOf(field);
    expect(manifest.user_config[field.key]).toMatchObject({
      type,
      title: expect.stringMatching(/^[A-Z]/),
      description: field.description,
      ...(field.secret ? { sensitive: true } : {}),
    });
  }
  const settings = Object.fromEntries(
    server.configFields.map(({ env, key }) => [env, String(manifest.user_config[key].default)]),
  );
  const host = createStandaloneHost({ dataDir: "", clock: systemClock, log: silentLogger });
  expect(() => server.mount(host, settings)).not.toThrow();
});

function formatOf({ key, schema }: ConfigField): "boolean" | "filepath" | "number" | "string" {
  if (key.endsWith("Dir")) return "filepath";
  if (schema.type === "boolean") return "boolean";
  return schema.type === "integer" ? "number" : "string";
}

/** Undefined where there is none, or where it is an empty list. */
function presetOf({ default: preset }: ConfigField) {
  return Array.isArray(preset) && preset.length === 0 ? undefined : preset;
}

/** The formatter aligns the columns of tables. */
function unaligned(text: string): string {
  return text.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
}
