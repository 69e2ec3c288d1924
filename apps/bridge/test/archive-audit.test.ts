import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { silentLogger, systemClock } from "@trestle/protocol";
import { askPostgres, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { describe, expect, test } from "vitest";
import { createConnection } from "../src/archive/connection.ts";
import { verifyCopies } from "../src/archive/verify-copy.ts";
import { type HomesQuery, listHomes } from "../src/operations/audit-homes.ts";
import { type ArchivedHome, createArchiveDatabase, openArchivedHome } from "./_archive.ts";

const isThere = await hasLocalPostgres();
const TABLE = "trestle_bridge.audit_entry";
const { signal } = new AbortController();

async function noteAll(home: ArchivedHome, count: number, principal = "p"): Promise<void> {
  const entries = Array.from({ length: count }, (_, index) => ({
    event: `e${index % 3}`,
    principal,
  }));
  await Promise.all(entries.map((entry) => home.audit.record(entry)));
}

async function pagesOf(home: ArchivedHome, filter: HomesQuery["filter"] = {}, only?: string) {
  const query = { archive: home.archive, folder: home.audit.folder, filter, limit: 4, signal };
  const all = [];
  let before: string | undefined;
  do {
    const page = await listHomes({ ...query, before, home: only });
    expect(page.problems).toEqual([]);
    all.push(...page.entries);
    before = page.next;
  } while (before !== undefined);
  return all;
}

describe.runIf(isThere)("the audit log in Postgres", { timeout: 60_000 }, () => {
  test("is that of all homes, by the same filters and page by page", async () => {
    const url = await createArchiveDatabase();
    const [one, two] = [await openArchivedHome({ url }), await openArchivedHome({ url })];
    await noteAll(one, 9, "ann");
    await noteAll(two, 7, "bob");
    await Promise.all([one.copied(), two.copied()]);
    const seen = await pagesOf(one);
    expect(seen).toHaveLength(16);
    expect(new Set(seen.map(({ hash }) => hash)).size).toBe(16);
    expect(await pagesOf(one, { principal: "bob", event: "e0" })).toHaveLength(3);
    expect(await pagesOf(one, {}, two.home)).toHaveLength(7);
    expect(await pagesOf(two, {}, two.home)).toHaveLength(7);
  });

  test("is verified, and said to be behind where it is", async () => {
    const url = await createArchiveDatabase();
    const home = await openArchivedHome({ url });
    await noteAll(home, 1_100);
    await home.copied();
    await home.archive.close();
    await noteAll(home, 3);
    const connection = createConnection({ url, clock: systemClock, log: silentLogger });
    const own = { home: home.home, folder: home.audit.folder };
    const verdicts = await verifyCopies({ query: connection.query, own });
    await connection.close();
    expect(verdicts).toMatchObject([{ ok: true, entries: 1_100, behind: 3 }]);
    const again = await openAgain(home, url);
    await again.copied();
    expect(await again.archive.verify()).toMatchObject([{ ok: true, entries: 1_103, behind: 0 }]);
  });

  test.for([
    [
      "changed",
      `UPDATE ${TABLE} SET line = replace(line, '"p"', '"q"') WHERE seq = 5`,
      5,
      "changed",
    ],
    ["taken out", `DELETE FROM ${TABLE} WHERE seq = 5`, 5, "removed"],
    [
      ...[
        "doubled",
        `INSERT INTO ${TABLE} SELECT home, seq, 'x', at, line FROM ${TABLE} WHERE seq = 5`,
      ],
      ...[5, "doubled"],
    ],
    ["taken from the beginning", `DELETE FROM ${TABLE} WHERE seq < 3`, 1, "removed"],
  ] as const)("tells where an entry was %s", async ([, sql, seq, reason]) => {
    const url = await createArchiveDatabase();
    const home = await openArchivedHome({ url });
    await noteAll(home, 9);
    await home.copied();
    await askPostgres(url, String(sql));
    expect(await home.archive.verify()).toMatchObject([{ ok: false, seq, reason }]);
  });

  test("shows a home that went on from an older copy of itself", async () => {
    const url = await createArchiveDatabase();
    const first = await openArchivedHome({ url });
    await noteAll(first, 5);
    await first.copied();
    const old = `${first.folder}-old`;
    cpSync(join(first.folder, "audit"), old, { recursive: true });
    await noteAll(first, 5);
    await first.copied();
    await first.close();
    rmSync(join(first.folder, "audit"), { recursive: true });
    cpSync(old, join(first.folder, "audit"), { recursive: true });
    rmSync(old, { recursive: true });
    const back = await openAgain(first, url);
    await back.copied();
    expect(back.archive.status().problem).toContain("trestle audit verify --postgres");
    expect(await back.archive.verify()).toMatchObject([{ ok: false, seq: 6, reason: "differs" }]);
    await noteAll(back, 8, "later");
    await back.copied();
    const lines = await askPostgres(url, `SELECT seq FROM ${TABLE}`);
    expect(lines).toHaveLength(5 + 5 + 8);
    const [verdict] = await back.archive.verify();
    expect(verdict).toMatchObject({ ok: false, seq: 6 });
  });

  test("is cut where it is too old, and what stays is verified from there", async () => {
    const url = await createArchiveDatabase();
    const home = await openArchivedHome({ url });
    await noteAll(home, 9);
    await home.copied();
    await askPostgres(url, `UPDATE ${TABLE} SET at = 1 WHERE seq <= 4`);
    await home.close();
    const again = await openArchivedHome({ ...home, url, retention: { auditDays: 1 } });
    await noteAll(again, 1);
    await again.copied();
    await expect
      .poll(async () => (await askPostgres(url, `SELECT seq FROM ${TABLE}`)).length, {
        timeout: 20_000,
      })
      .toBe(6);
    expect(await again.archive.verify()).toMatchObject([{ ok: true, entries: 6, behind: 0 }]);
  });
});

async function openAgain(home: ArchivedHome, url: string): Promise<ArchivedHome> {
  await home.close();
  return openArchivedHome({ url, folder: home.folder, home: home.home });
}
