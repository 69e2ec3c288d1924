import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./_sources.ts";
import {
  allDependencies,
  leastNode,
  readCatalog,
  readManifest,
  readMembers,
} from "./_workspace.ts";

const members = readMembers();
const published = members.filter((member) => member.isPublished);
const manifests = [readManifest("package.json"), ...members.map((member) => member.manifest)];

describe("a published package", () => {
  test.each(published)(
    "$name says what a registry and an installer must know",
    ({ name, manifest }) => {
      expect(manifest).toMatchObject({
        description: expect.stringMatching(/./),
        license: "MIT",
        engines: { node: `>=${leastNode(name)}` },
        files: expect.arrayContaining(["dist"]),
        publishConfig: { access: "public", exports: expect.anything() },
      });
    },
  );

  test.each(published)("$name is built, and carries a README", ({ folder, manifest }) => {
    expect(manifest).toMatchObject({ scripts: { build: "tsdown" } });
    expect(existsSync(join(root, folder, "tsdown.config.ts"))).toBe(true);
    expect(existsSync(join(root, folder, "README.md"))).toBe(true);
  });

  test("shares its version with the others", () => {
    expect(new Set(published.map(({ manifest }) => manifest.version)).size).toBe(1);
  });

  test("depends on other published packages and bundles private ones", () => {
    const wrong = published.flatMap(({ name, manifest }) =>
      Object.keys(manifest.dependencies ?? {})
        .filter((dependency) =>
          members.some((each) => each.name === dependency && !each.isPublished),
        )
        .map((dependency) => `${name} → ${dependency}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe("versions", () => {
  test("stand in the catalog, each exact", () => {
    const inexact = [...readCatalog()].filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version),
    );
    expect(inexact).toEqual([]);
  });

  test("are named nowhere else", () => {
    const wrong = manifests.flatMap((manifest) =>
      Object.entries(allDependencies(manifest))
        .filter(([, range]) => range !== "catalog:" && range !== "workspace:*")
        .map(([name, range]) => `${manifest.name}: ${name}@${range}`),
    );
    expect(wrong).toEqual([]);
  });
});
