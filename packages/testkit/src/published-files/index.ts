import { readFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger, systemClock } from "@trestle/protocol";
import {
  type ConfigField,
  createStandaloneHost,
  type DefinedServer,
  renderConfigTable,
  renderEnvExample,
  renderToolsTable,
} from "@trestle-mcp/server-kit";
import { describe, expect, test } from "vitest";

export interface PublishedServer {
  /** Of the package. */
  readonly folder: string;
  readonly server: DefinedServer;
  /** What the README's configurations call it. */
  readonly id: string;
  /** Its program, which is the name of its bundle, too. */
  readonly program: string;
}

/** What a package says of its server, in the README and to registries and hosts: all as the server itself says it. */
export function describePublishedFiles({ folder, server, id, program }: PublishedServer): void {
  const readText = (name: string) => readFileSync(join(folder, name), "utf8");
  const readJson = (name: string) => JSON.parse(readText(name));
  const packageJson = readJson("package.json");
  const readme = readText("README.md");
  const mount = (settings: Record<string, string>) =>
    server.mount(
      createStandaloneHost({ dataDir: "", clock: systemClock, log: silentLogger }),
      settings,
    );

  describe(`the published files of ${program}`, () => {
    test("the README shows every tool and every setting as they are", () => {
      expect(unaligned(readme)).toContain(unaligned(renderToolsTable(server)));
      expect(unaligned(readme)).toContain(unaligned(renderConfigTable(server)));
    });

    test(".env.example names every setting as it is", () => {
      expect(readText(".env.example")).toBe(renderEnvExample(server));
    });

    test("the README's configurations are JSON that starts this package with good settings", () => {
      const blocks = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
      expect(blocks).toHaveLength(2);
      for (const block of blocks) {
        const { mcpServers, servers = mcpServers } = JSON.parse(block);
        expect(servers[id]).toMatchObject({ command: "npx", args: ["-y", packageJson.name] });
        expect(() => mount(servers[id].env ?? {})).not.toThrow();
      }
    });

    test("the registry entry agrees with package and settings", () => {
      const entry = readJson("server.json");
      const { mcpName: name, description, version } = packageJson;
      expect(entry).toMatchObject({ name, title: server.title, description, version });
      expect(entry.description.length).toBeLessThanOrEqual(100);
      expect(entry.packages).toEqual([
        {
          ...{ registryType: "npm", identifier: packageJson.name, version },
          transport: { type: "stdio" },
          environmentVariables: server.configFields.map(toRegistry),
        },
      ]);
    });

    test("the bundle's manifest agrees with package, tools and settings", () => {
      const manifest = readJson("manifest.json");
      const { version, description, license, engines, publishConfig } = packageJson;
      expect(manifest).toMatchObject({
        ...{ manifest_version: "0.3", name: program, version, description, license },
        server: { type: "node", entry_point: publishConfig.bin[program].slice(2) },
        tools: server.describeTools().map((tool) => ({
          ...{ name: tool.name, description: tool.description },
        })),
        compatibility: { runtimes: engines },
      });
      expect(manifest.server.mcp_config).toEqual({
        command: "node",
        args: [`\${__dirname}/${manifest.server.entry_point}`],
        env: Object.fromEntries(
          server.configFields.map(({ env, key }) => [env, `\${user_config.${key}}`]),
        ),
      });
      expect(Object.keys(manifest.user_config)).toEqual(server.configFields.map(({ key }) => key));
      for (const field of server.configFields)
        expect(manifest.user_config[field.key]).toMatchObject(toUserConfig(field));
    });

    test("what a host fills in of the manifest, with all left as it is, starts the server", () => {
      const { user_config: preset } = readJson("manifest.json");
      const settings = server.configFields.map(({ env, key }) => [
        env,
        String(preset[key].default),
      ]);
      expect(() => mount(Object.fromEntries(settings))).not.toThrow();
    });
  });
}

function toRegistry(field: ConfigField) {
  const preset = presetOf(field);
  return {
    ...{ name: field.env, description: field.description },
    ...{ isRequired: field.required, isSecret: field.secret, format: formatOf(field) },
    ...(field.schema.enum === undefined ? {} : { choices: field.schema.enum }),
    ...(preset === undefined ? {} : { default: String(preset) }),
  };
}

function toUserConfig(field: ConfigField) {
  const type = formatOf(field) === "filepath" ? "directory" : formatOf(field);
  const empty = type === "directory" ? expect.stringMatching(/^$|HOME/) : "";
  return {
    ...{ type, title: expect.stringMatching(/^[A-Z]/), description: field.description },
    ...{ required: false, default: presetOf(field) ?? empty },
    ...(field.secret ? { sensitive: true } : {}),
  };
}

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
