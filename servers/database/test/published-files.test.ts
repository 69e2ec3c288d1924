import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { silentLogger, systemClock } from "@trestle/protocol";
import {
  type ConfigField,
  createStandaloneHost,
  renderConfigTable,
  renderEnvExample,
  renderToolsTable,
} from "@trestle-mcp/server-kit";
import { expect, test } from "vitest";
import { temporaryFolder } from "../src/postgres/_temporary-folder.ts";
import { server } from "../src/server.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));
const readText = (name: string) => readFileSync(`${folder}/${name}`, "utf8");
const readJson = (name: string) => JSON.parse(readText(name));
const packageJson = readJson("package.json");
const readme = readText("README.md");

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
    expect(servers.database).toMatchObject({ command: "npx", args: ["-y", packageJson.name] });
  }
});

test("the README's program runs as it stands", () => {
  const [, program = ""] = /```js\n([\s\S]*?)```/.exec(readme) ?? [];
  const home = temporaryFolder();
  try {
    const options = { cwd: folder, env: { ...process.env, HOME: home.path }, encoding: "utf8" };
    const printed = execFileSync(
      process.execPath,
      ["--input-type=module", "--eval", program],
      options as { encoding: "utf8" },
    );
    expect(printed).toBe("[ { name: 'Rui' } ]\n");
  } finally {
    home.remove();
  }
}, 60_000);

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
        ...(field.schema.enum === undefined ? {} : { choices: field.schema.enum }),
        ...(presetOf(field) === undefined ? {} : { default: String(field.default) }),
      })),
    },
  ]);
});

test("the bundle's manifest agrees with package, tools and settings", () => {
  const manifest = readJson("manifest.json");
  expect(manifest).toMatchObject({
    manifest_version: "0.3",
    name: "trestle-database",
    version: packageJson.version,
    description: packageJson.description,
    license: packageJson.license,
    server: {
      type: "node",
      entry_point: packageJson.publishConfig.bin["trestle-database"].slice(2),
    },
    tools: server.describeTools().map(({ name, description }) => ({ name, description })),
    compatibility: { runtimes: packageJson.engines },
  });
  expect(manifest.server.mcp_config).toEqual({
    command: "node",
    args: [`\${__dirname}/${manifest.server.entry_point}`],
    env: Object.fromEntries(
      server.configFields.map(({ env, key }) => [env, `\${user_config.${key}}`]),
    ),
  });
  expect(Object.keys(manifest.user_config)).toEqual(server.configFields.map(({ key }) => key));
  for (const field of server.configFields) {
    const type = formatOf(field) === "filepath" ? "directory" : formatOf(field);
    const empty = type === "directory" ? expect.stringContaining("HOME") : "";
    expect(manifest.user_config[field.key]).toMatchObject({
      type,
      title: expect.stringMatching(/^[A-Z]/),
      description: field.description,
      required: false,
      default: presetOf(field) ?? empty,
      ...(field.secret ? { sensitive: true } : {}),
    });
  }
});

test("what a host fills in of the manifest, with all left as it is, starts the server", () => {
  const { user_config, server: run } = readJson("manifest.json");
  const settings = Object.fromEntries(
    Object.entries(run.mcp_config.env as Record<string, string>).map(([env, place]) => {
      const [, key = ""] = /^\$\{user_config\.(\w+)\}$/.exec(place) ?? [];
      return [env, String(user_config[key].default)];
    }),
  );
  const host = createStandaloneHost({ dataDir: "", clock: systemClock, log: silentLogger });
  expect(() => server.mount(host, settings)).not.toThrow();
});

function formatOf({ key, schema }: ConfigField): "filepath" | "number" | "boolean" | "string" {
  if (key.endsWith("Dir")) return "filepath";
  if (schema.type === "integer") return "number";
  return schema.type === "boolean" ? "boolean" : "string";
}

/** Undefined where there is none, or where it is an empty list. */
function presetOf({ default: preset }: ConfigField) {
  return Array.isArray(preset) && preset.length === 0 ? undefined : preset;
}

/** The formatter aligns the columns of tables. */
function unaligned(text: string): string {
  return text.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
}
