import { expect, test } from "vitest";
import { createGuard } from "./guard.ts";
import { createVerdicts } from "./verdicts.ts";

const verdict = { kind: "rows", destructive: false } as const;

test("the same text is judged once, and for each mode by itself", async () => {
  const guard = createGuard({ mode: "read-write" });
  for (const sql of ["DELETE FROM t WHERE a = 1", "SELECT 1"]) {
    const first = await guard.check(sql);
    expect(await guard.check(sql)).toBe(first);
  }
  await expect(guard.checkRead("DELETE FROM t WHERE a = 1")).rejects.toMatchObject({
    code: "denied",
  });
  await expect(guard.check("DELETE FROM t WHERE a = 1;")).resolves.toMatchObject({ kind: "write" });
  await expect(guard.check("DELETE FROM t WHERE a = 1; COMMIT")).rejects.toMatchObject({
    code: "denied",
  });
});

test("a refusal is worked out each time", async () => {
  const guard = createGuard({ mode: "read-only" });
  for (let count = 0; count < 3; count += 1)
    await expect(guard.check("DROP TABLE t")).rejects.toMatchObject({ code: "denied" });
});

test("where names have to be looked up, they are looked up each time", async () => {
  const guard = createGuard({ mode: "read-only", denyTables: ["secret"] });
  let asked = 0;
  let search = "public";
  const catalog = async () => {
    asked += 1;
    return {
      searchPath: [search],
      relations: [relation("public", "t"), relation("other", "secret")],
    };
  };
  await guard.check("SELECT * FROM t", { catalog });
  await guard.check("SELECT * FROM t", { catalog });
  expect(asked).toBe(2);
  search = "other";
  await expect(guard.check("SELECT * FROM secret", { catalog })).rejects.toMatchObject({
    code: "denied",
  });
});

test("what was asked for longest ago is forgotten, and long texts are not kept", () => {
  const verdicts = createVerdicts();
  for (let count = 0; count < 200; count += 1) verdicts.keep("admin", `SELECT ${count}`, verdict);
  verdicts.recall("admin", "SELECT 0");
  verdicts.keep("admin", "SELECT 200", verdict);
  const known = [0, 1, 2, 200].filter((count) => verdicts.recall("admin", `SELECT ${count}`));
  expect(known).toEqual([0, 2, 200]);
  expect(verdicts.recall("read-only", "SELECT 0")).toBeUndefined();
  const long = `SELECT '${"x".repeat(4_000)}'`;
  verdicts.keep("admin", long, verdict);
  expect(verdicts.recall("admin", long)).toBeUndefined();
});

function relation(schema: string, name: string) {
  return { oid: name.length, schema, name, isView: false, columns: [], ancestors: [], uses: [] };
}
