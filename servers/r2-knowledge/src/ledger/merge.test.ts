import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import type { LedgerLine } from "./fold.ts";
import { createVersions, type Known } from "./merge.ts";

const random = seededRandom();

function someLine(ids: number): LedgerLine {
  const id = `id ${random.below(ids)} ä`;
  const version = 1 + random.below(4);
  if (random.below(2) === 0) return { kind: "gone", id, version, at: random.below(100) };
  return { kind: "put", id, version, at: 1, entry: {} };
}

/** The highest version, and of one version its end. */
function believed(lines: readonly LedgerLine[]): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const { id, version, kind } of lines) {
    const before = known.get(id);
    const isHigher = before === undefined || version > before.version;
    if (isHigher || (version === before.version && kind === "gone")) {
      known.set(id, { version, gone: kind === "gone" });
    }
  }
  return known;
}

test("of every id the highest version is known, through however many ends and tables", () => {
  for (let round = 0; round < random.rounds(3); round += 1) {
    const ids = random.pick([5, 4_000]);
    const lines = Array.from({ length: 8_000 }, () => someLine(ids));
    let versions = createVersions();
    for (let at = 0; at < lines.length; at += 1_000) {
      versions.merge(lines.slice(at, at + 1_000));
      if (random.below(3) > 0) continue;
      const next = createVersions();
      next.load(versions.table(0));
      versions = next;
    }
    const expected = believed(lines);
    for (const [id, known] of expected) expect(versions.get(id)).toEqual(known);
    const alive = [...expected].filter(([, known]) => !known.gone);
    expect(new Map(versions.live())).toEqual(
      new Map(alive.map(([id, { version }]) => [id, version])),
    );
    expect(versions.counts()).toEqual({ live: alive.length, gone: expected.size - alive.length });
    expect(versions.get("nobody")).toBeUndefined();
  }
});

test("a table stays as it was made, and lacks what ended long ago", () => {
  const versions = createVersions();
  versions.merge([
    { kind: "put", id: "a", version: 1, at: 1, entry: {} },
    { kind: "gone", id: "old", version: 1, at: 10 },
    { kind: "gone", id: "new", version: 1, at: 20 },
  ]);
  const table = versions.table(15);
  versions.merge([{ kind: "put", id: "a", version: 2, at: 30, entry: {} }]);
  const read = createVersions();
  read.load(table);
  expect(read.get("a")).toEqual({ version: 1, gone: false });
  expect(read.gone()).toEqual([{ kind: "gone", id: "new", version: 1, at: 20 }]);
  expect(() => read.load({})).toThrow(/no table of versions/);
});
