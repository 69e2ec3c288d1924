import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Artefacts, makeArtefacts } from "../release/artefacts.ts";
import { isAllowed, reportLicences } from "../release/licences.ts";
import { unpackBundle } from "../release/mcpb.ts";
import { readPublished } from "../release/members.ts";
import { canInstall, nodes, useInstalled } from "./_installed.ts";
import { startLineClient } from "./_line-client.ts";

const { ROUNDS, SEED = String(Date.now() % 1_000_000) } = process.env;
const all = readPublished();
/** To install and bundle each by itself takes a minute: one by chance, all of them where rounds are asked for, and for a release. */
const published = ROUNDS ? all : all.filter((_, index) => index === Number(SEED) % all.length);
const programsOf = (members: typeof all) =>
  members.flatMap(({ program, ...member }) => (program ? [{ ...member, program }] : []));
const programs = programsOf(published);
const SERIAL = "6f8f9a34-8f0e-4f0c-9a53-0c4b6a3a4c7e";

interface Manifest {
  readonly server: { readonly mcp_config: { readonly args: string[]; readonly env: object } };
  readonly user_config: Readonly<Record<string, { readonly default: unknown }>>;
  readonly tools?: readonly { readonly name: string }[];
}

interface Bill {
  readonly metadata: { readonly component: Entry };
  readonly components: readonly Entry[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: string[] }[];
}

interface Entry {
  readonly "bom-ref": string;
  readonly purl: string;
  readonly licenses?: readonly { readonly license?: { readonly id: string } }[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

describe.skipIf(!canInstall)("what stands beside a release", () => {
  const installed = useInstalled();
  let folder: string;
  let made: Artefacts;

  beforeAll(async () => {
    folder = join(installed.scratch, "artefacts");
    mkdirSync(folder);
    const places = { packs: join(installed.folder, "packs"), scratch: installed.scratch, folder };
    const origin = { at: new Date(0), serial: () => SERIAL };
    process.stderr.write(`SEED=${SEED}: ${published.map(({ name }) => name).join(", ")}\n`);
    made = await makeArtefacts({ published: all, wanted: published, ...places, origin });
  }, 600_000);

  test.each(programs)(
    "the bundle of $name is unpacked, started as it says, and lists its tools",
    async ({ program, version }) => {
      const unpacked = join(installed.scratch, "unpacked", program);
      await unpackBundle(join(folder, `${program}-${version}.mcpb`), unpacked);
      const manifest = readJson<Manifest>(join(unpacked, "manifest.json"));
      const { args, env } = filledIn(manifest, unpacked);
      const home = join(installed.scratch, "homes", program);
      mkdirSync(home, { recursive: true });
      const client = await startLineClient([installed.node(nodes.current), ...args], {
        cwd: home,
        env: { PATH: process.env.PATH, HOME: home, ...env },
      });
      const { tools } = (await client.request("tools/list")) as { tools: { name: string }[] };
      expect(await client.close()).toBe(0);
      expect(tools.length).toBeGreaterThan(0);
      const listed = tools.map(({ name }) => name);
      // Some tools are there only with settings that nobody made here.
      const told = manifest.tools?.map(({ name }) => name) ?? listed;
      expect(told).toEqual(expect.arrayContaining(listed));
    },
    120_000,
  );

  test.each(published)(
    "the bill of $name names all that it brings",
    ({ name, version, program }) => {
      const short = name.replace("@trestle-mcp/", "");
      const type = program === undefined ? "library" : "application";
      const bill = readJson<Bill>(join(folder, `${short}-${version}.cdx.json`));
      expect(bill).toMatchObject({
        ...{ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 },
        ...{ serialNumber: `urn:uuid:${SERIAL}` },
        metadata: { component: { type, group: "@trestle-mcp", name: short, version } },
      });
      const all = [bill.metadata.component, ...bill.components];
      const references = all.map((each) => each["bom-ref"]);
      expect(new Set(references).size).toBe(references.length);
      expect(bill.dependencies.map(({ ref }) => ref)).toEqual(references);
      expect(references).toEqual(expect.arrayContaining(reachable(bill)));
      expect(reachable(bill).toSorted()).toEqual(references.toSorted());
      expect(all.filter(({ licenses }) => licenses === undefined)).toEqual([]);
      for (const { hashes = [] } of all) {
        for (const { alg, content } of hashes)
          expect(`${alg} ${content}`).toMatch(/^SHA-512 [0-9a-f]{128}$/);
      }
    },
  );

  test("the bills name what is bundled: into programs, and into the pages of the dashboard", () => {
    const bundled = (name: string) =>
      readJson<Bill>(join(folder, `${name}-${all[0]?.version}.cdx.json`))
        .components.filter(({ properties = [] }) =>
          properties.some(({ value }) => value === "true"),
        )
        .map(({ purl }) => purl.replace(/@[\d.]+$/, ""));
    const expected = {
      bridge: ["pkg:npm/react", "pkg:npm/%40fontsource-variable/inter"],
      database: ["pkg:npm/%40electric-sql/pglite", "pkg:npm/kysely"],
      "r2-knowledge": ["pkg:npm/%40aws-sdk/client-s3"],
    };
    for (const [name, purls] of Object.entries(expected)) {
      if (!published.some((each) => each.name === `@trestle-mcp/${name}`)) continue;
      expect(bundled(name)).toEqual(expect.arrayContaining(purls));
    }
  });

  test("every licence is allowed, and the report names what it is of", () => {
    expect(made.refused).toEqual([]);
    const report = readFileSync(join(folder, "licences.md"), "utf8");
    for (const { name } of published) {
      const short = name.replace("@trestle-mcp/", "");
      expect(report).toMatch(new RegExp(`^\\| \\S+@\\S+ \\| [^|]+ \\|[^|]*\\b${short}\\b`, "m"));
    }
  });
});

describe("licences", () => {
  test.each([
    ["MIT", true],
    ["(MIT OR GPL-3.0-only)", true],
    ["MIT AND GPL-3.0-only", false],
    ["GPL-3.0-only", false],
    ["SEE LICENSE IN LICENSE.md", false],
    [undefined, false],
  ])("%s", (license, allowed) => {
    expect(isAllowed(license)).toBe(allowed);
  });

  test("one that nobody allowed is refused in a sentence that names who brings it", () => {
    const own = { name: "@trestle-mcp/objects", version: "1.0.0", isBundled: false, needs: [] };
    const other = { ...own, name: "strict", license: "AGPL-3.0-only", isBundled: true };
    const { refused } = reportLicences(new Map([[own.name, [own, other]]]));
    expect(refused).toEqual([
      "strict@1.0.0 (AGPL-3.0-only) travels with objects; the licence is not allowed.",
    ]);
  });
});

describe("the entries for the registry", () => {
  test.each(programsOf(all))(
    "of $name keeps to the published schema",
    ({ folder, name, version }) => {
      const { mcpName } = readJson<{ mcpName: string }>(join(folder, "package.json"));
      const entry = readJson<RegistryEntry>(join(folder, "server.json"));
      expect(entry).toMatchObject({
        $schema: "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        name: mcpName,
        version,
        packages: [
          { registryType: "npm", identifier: name, version, transport: { type: "stdio" } },
        ],
      });
      expect(entry.name).toMatch(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/);
      for (const text of [entry.title, entry.description]) {
        expect(text.length).toBeGreaterThan(0);
        expect(text.length).toBeLessThanOrEqual(100);
      }
      for (const variable of entry.packages[0]?.environmentVariables ?? []) {
        expect(variable).toEqual({
          name: expect.stringMatching(/^[A-Z][A-Z0-9_]*$/),
          description: expect.stringMatching(/./),
          ...{ isRequired: expect.any(Boolean), isSecret: expect.any(Boolean) },
          format: expect.stringMatching(/^(string|number|boolean|filepath)$/),
          ...("default" in variable && { default: expect.any(String) }),
          ...("choices" in variable && { choices: expect.arrayContaining([expect.any(String)]) }),
        });
      }
    },
  );
});

interface RegistryEntry {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly packages: readonly { readonly environmentVariables: readonly object[] }[];
}

/** As a host does it for somebody who changes nothing. */
function filledIn({ server, user_config: preset }: Manifest, folder: string) {
  const fill = (text: string) =>
    text
      .replaceAll("${__dirname}", folder)
      .replaceAll(/\$\{user_config\.(\w+)\}/g, (_, key: string) =>
        String(preset[key]?.default ?? ""),
      )
      .replaceAll("${HOME}", join(folder, "..", "home"));
  const env = Object.entries(server.mcp_config.env).map(([name, value]) => [name, fill(value)]);
  return { args: server.mcp_config.args.map(fill), env: Object.fromEntries(env) };
}

/** References of what the package needs, directly or not, itself included. */
function reachable({ metadata, dependencies }: Bill): string[] {
  const needs = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const found = new Set([metadata.component["bom-ref"]]);
  for (const ref of found) for (const each of needs.get(ref) ?? []) found.add(each);
  return [...found];
}

function readJson<Content>(path: string): Content {
  return JSON.parse(readFileSync(path, "utf8")) as Content;
}
