import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { isCheckout, isTest, readSource, type Source, trackedFiles } from "./_sources.ts";
import { type Member, readMembers } from "./_workspace.ts";

const members = readMembers();
const byName = new Map(members.map((member) => [member.name, member]));
const sources = isCheckout ? trackedFiles("*.ts", "*.tsx").map(readSource) : [];

/** What a folder of the tree may depend on. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  packages: ["packages"],
  servers: ["packages"],
  // One app may carry the files of another: the bridge those of the dashboard.
  apps: ["packages", "servers", "apps"],
  examples: ["packages", "servers", "apps"],
  bench: ["packages", "servers", "apps"],
};
const testkit = "@trestle/testkit";

describe("dependencies between packages", () => {
  test("point one way: apps to servers to packages", () => {
    const wrong = members.flatMap((member) =>
      member.needs
        .filter((name) => !mayNeed(member, name))
        .map((name) => `${member.name} → ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test("form no circle", () => {
    expect(members.flatMap((member) => circleFrom(member.name) ?? [])).toEqual([]);
  });

  test("name the testkit for development only", () => {
    const wrong = members.filter(({ manifest }) => testkit in (manifest.dependencies ?? {}));
    expect(wrong.map((member) => member.name)).toEqual([]);
  });
});

describe.skipIf(!isCheckout)("imports", () => {
  test("name only members of the workspace that are declared", () => {
    const wrong = sources.flatMap((source) =>
      importedMembers(source)
        .filter((name) => !isDeclared(source, name))
        .map((name) => `${source.path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test("never leave their package by a relative path", () => {
    const wrong = sources.flatMap((source) => {
      const folder = memberOf(source)?.folder;
      if (folder === undefined) return [];
      return source.imports
        .filter((specifier) => /^\.\.?\//.test(specifier))
        .filter((specifier) => !targetOf(source, specifier).startsWith(`${folder}/`))
        .map((specifier) => `${source.path} imports ${specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  test("of the testkit stay in tests and benches", () => {
    const wrong = sources.filter(
      (source) =>
        !isTest(source.path) &&
        !source.path.startsWith("bench/") &&
        memberOf(source)?.name !== testkit &&
        importedMembers(source).includes(testkit),
    );
    expect(wrong.map((source) => source.path)).toEqual([]);
  });

  test("of a test never appear in what is published", () => {
    const wrong = sources.flatMap((source) =>
      isTest(source.path)
        ? []
        : source.imports
            .filter((specifier) => specifier.startsWith(".") && isTest(targetOf(source, specifier)))
            .map((specifier) => `${source.path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});

function mayNeed(member: Member, name: string): boolean {
  const target = byName.get(name)?.folder.split("/")[0] ?? "";
  return allowed[member.folder.split("/")[0] ?? ""]?.includes(target) ?? false;
}

/** The first way from a member back to itself, as one line. */
function circleFrom(start: string, path: readonly string[] = [start]): string | undefined {
  for (const next of byName.get(path.at(-1) ?? "")?.needs ?? []) {
    if (next === start) return [...path, start].join(" → ");
    if (path.includes(next)) continue;
    const circle = circleFrom(start, [...path, next]);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

function memberOf(source: Source): Member | undefined {
  return members.find(({ folder }) => source.path.startsWith(`${folder}/`));
}

function importedMembers(source: Source): string[] {
  return source.imports
    .map((specifier) => /^@[^/]+\/[^/]+/.exec(specifier)?.[0] ?? "")
    .filter((name) => byName.has(name));
}

/** A member may import itself by name, as its users do. */
function isDeclared(source: Source, name: string): boolean {
  const member = memberOf(source);
  return member === undefined || member.name === name || member.needs.includes(name);
}

function targetOf(source: Source, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(source.path), specifier));
}
