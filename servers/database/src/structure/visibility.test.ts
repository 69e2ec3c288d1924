import { afterAll, beforeAll, expect, test } from "vitest";
import { createGuard, type Guard, type GuardRules } from "../guard/guard.ts";
import { openEmbedded, type TestCatalog } from "./_catalogs.ts";
import { describeTable } from "./describe-table.ts";
import { getRelationships } from "./relationships.ts";
import { listSchemas } from "./schemas.ts";
import { searchObjects } from "./search.ts";
import { listTables } from "./tables.ts";
import { visibilityOf } from "./visibility.ts";

let catalog: TestCatalog;

beforeAll(async () => {
  catalog = await openEmbedded();
  await catalog.script(`
    CREATE SCHEMA secret;
    CREATE TABLE secret.plan (id int PRIMARY KEY);
    CREATE TABLE guest (id int PRIMARY KEY, name text, passport text UNIQUE CHECK (passport <> ''),
      initials text GENERATED ALWAYS AS (left(passport, 1)) STORED, plan_id int REFERENCES secret.plan);
    CREATE INDEX guest_half ON guest (lower(passport)) WHERE name IS NOT NULL;
    CREATE INDEX guest_name ON guest (name);
    CREATE TABLE salary (guest_id int REFERENCES guest);
    CREATE VIEW guests AS SELECT name, passport FROM guest;`);
}, 120_000);

afterAll(() => catalog.close());

test("without rules there is nothing to hide, and no rule is asked", async () => {
  const visible = visibilityOf(guardOf({}));
  expect(visible.restricted).toBe(false);
  expect((await listTables(catalog, { visible })).total).toBe(4);
});

test("of schemas that are allowed, those and no others are there", async () => {
  const visible = visibilityOf(guardOf({ allowSchemas: ["SEC*"] }));
  expect((await listSchemas(catalog, { visible })).map(({ name }) => name)).toEqual(["secret"]);
  expect((await listTables(catalog, { visible })).tables.map(({ name }) => name)).toEqual(["plan"]);
  const own = await listTables(catalog, { visible, schema: "pg_catalog", limit: 1 });
  expect(own.tables).toHaveLength(1);
});

test("a denied schema is in no list, and not there when it is asked for", async () => {
  const visible = visibilityOf(guardOf({ denySchemas: ["secret"] }));
  expect((await listSchemas(catalog, { visible })).map(({ name }) => name)).toEqual(["public"]);
  const { tables } = await listTables(catalog, { visible });
  expect(tables.map(({ schema }) => schema)).not.toContain("secret");
  await expect(listTables(catalog, { schema: "secret", visible })).rejects.toMatchObject({
    code: "not_found",
    message: expect.not.stringMatching(/Schemas:.*secret/),
  });
  await expect(describeTable(catalog, "secret.plan", { visible })).rejects.toMatchObject({
    code: "not_found",
  });
  expect((await describeTable(catalog, "guest", { visible })).foreignKeys).toEqual([]);
  expect((await searchObjects(catalog, "plan", { visible })).objects).toMatchObject([
    { kind: "column", name: "plan_id" },
  ]);
});

test("a denied table does not show, nor what refers to it", async () => {
  const visible = visibilityOf(guardOf({ denyTables: ["salary"] }));
  expect((await listTables(catalog, { visible })).tables.map(({ name }) => name)).toEqual([
    "guest",
    "guests",
    "plan",
  ]);
  expect((await describeTable(catalog, "guest", { visible })).referencedBy).toEqual([]);
  expect(await getRelationships(catalog, { visible })).toHaveLength(1);
  expect((await searchObjects(catalog, "salary", { visible })).total).toBe(0);
});

test("a denied column hides whatever would name it", async () => {
  const visible = visibilityOf(guardOf({ denyColumns: ["guest.passport"] }));
  const described = await describeTable(catalog, "guest", { visible });
  expect(described.columns.map(({ name }) => name)).toEqual(["id", "name", "initials", "plan_id"]);
  expect(described.indexes.map(({ name }) => name)).toEqual(["guest_name", "guest_pkey"]);
  expect(JSON.stringify(described)).not.toContain("passport");
  const view = await describeTable(catalog, "guests", { visible });
  expect(view.definition).toBeNull();
  const { objects } = await searchObjects(catalog, "passport", { visible });
  expect(objects.map(({ table }) => table)).toEqual(["guests"]);
  expect((await searchObjects(catalog, "guest_half", { visible })).total).toBe(0);
});

function guardOf(rules: Omit<GuardRules, "mode">): Guard {
  return createGuard({ mode: "read-only", ...rules });
}
