import { expect, test } from "vitest";
import { drawnColumns, drawTables, HEAD, markOf, ROW, WIDTH } from "./er-layout.ts";
import type { TableDetail } from "./shapes.ts";

function table(name: string, targets: readonly string[] = [], columns = 1): TableDetail {
  const own = Array.from({ length: columns }, (_, n) => (n === 0 ? "id" : `c${n}`));
  const all = [...own, ...targets.map((target) => `${target}_id`)];
  return {
    schema: "public",
    name,
    kind: "table",
    columns: all.map((column) => ({ name: column, type: "integer", nullable: false })),
    primaryKey: ["id"],
    foreignKeys: targets.map((target) => ({
      name: `${name}_${target}`,
      columns: [`${target}_id`],
      references: { schema: "public", table: target, columns: ["id"] },
    })),
  };
}

test("what is referred to stands left, and a line runs from column to column", () => {
  const { boxes, lines } = drawTables([table("orders", ["customers"]), table("customers")]);
  const [customers, orders] = boxes;
  expect([customers?.key, orders?.key]).toEqual(["public.customers", "public.orders"]);
  expect(orders?.x).toBeGreaterThan((customers?.x ?? 0) + WIDTH);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.path).toMatch(new RegExp(`^M${orders?.x} ${HEAD + 1.5 * ROW}C`));
  expect(lines[0]?.words).toBe("public.orders (customers_id) refers to public.customers (id)");
});

test("no two boxes lie on each other, whatever refers to what", () => {
  const names = Array.from({ length: 30 }, (_, n) => `t${n}`);
  const tables = names.map((name, n) =>
    table(name, n % 3 === 0 ? [names[(n * 7 + 1) % 30] ?? ""] : [], 1 + (n % 20)),
  );
  const { boxes, width, height } = drawTables(tables);
  for (const a of boxes) {
    expect(a.x + WIDTH).toBeLessThanOrEqual(width);
    expect(a.y + a.height).toBeLessThanOrEqual(height);
    for (const b of boxes) {
      if (a === b || a.x !== b.x) continue;
      expect(a.y + a.height <= b.y || b.y + b.height <= a.y, `${a.key} ${b.key}`).toBe(true);
    }
  }
});

test("circles, tables that refer to themselves and what is not drawn end well", () => {
  const { boxes, lines } = drawTables([
    table("a", ["b"]),
    table("b", ["a"]),
    table("tree", ["tree"]),
    table("alone", ["elsewhere"]),
  ]);
  expect(boxes).toHaveLength(4);
  expect(lines.map(({ from, to }) => `${from} ${to}`).sort()).toEqual([
    "public.a public.b",
    "public.b public.a",
    "public.tree public.tree",
  ]);
  expect(drawTables([])).toEqual({ boxes: [], lines: [], width: 0, height: 0 });
});

test("of many columns the keys are drawn, and how many are not", () => {
  const wide = table("wide", ["other"], 40);
  expect(drawnColumns(wide)).toHaveLength(14);
  expect(
    drawnColumns(wide)
      .slice(0, 2)
      .map(({ name }) => name),
  ).toEqual(["id", "other_id"]);
  expect(drawTables([wide]).boxes[0]?.hidden).toBe(27);
  expect([markOf(wide, "id"), markOf(wide, "other_id"), markOf(wide, "c1")]).toEqual([
    "PK",
    "FK",
    "",
  ]);
});
