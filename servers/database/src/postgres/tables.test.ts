import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "./_temporary-folder.ts";
import { describeTable } from "./describe-table.ts";
import { type EmbeddedDatabase, openEmbedded } from "./embedded.ts";
import { listTables } from "./tables.ts";

const folder = temporaryFolder();
let database: EmbeddedDatabase;

beforeAll(async () => {
  database = openEmbedded({ dataDir: folder.path });
  await database.script(`
    CREATE SCHEMA stay;
    CREATE TABLE guest (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(80) NOT NULL,
      upper text GENERATED ALWAYS AS (upper(name)) STORED);
    COMMENT ON TABLE guest IS 'Who stays';
    COMMENT ON COLUMN guest.name IS 'As in the passport';
    CREATE TABLE stay.booking (guest_id int REFERENCES guest, room text DEFAULT 'any', nights int CHECK (nights > 0),
      UNIQUE (guest_id, room));
    CREATE TABLE stay.invoice (guest_id int, room text, PRIMARY KEY (room, guest_id),
      FOREIGN KEY (guest_id, room) REFERENCES stay.booking (guest_id, room));
    CREATE VIEW stay.rooms AS SELECT room FROM stay.booking;
    CREATE TABLE "Odd ""name" (a int);
    INSERT INTO guest (name) VALUES ('Ana'), ('Rui');
    ANALYZE guest;
  `);
}, 60_000);

afterAll(async () => {
  await database.close();
  folder.remove();
});

test("tables and views of all schemas are listed, with their estimates and comments", async () => {
  const { tables, truncated } = await listTables(database);
  expect(truncated).toBe(false);
  expect(tables).toEqual([
    { schema: "public", name: 'Odd "name', kind: "table", estimatedRows: null, comment: null },
    { schema: "public", name: "guest", kind: "table", estimatedRows: 2, comment: "Who stays" },
    { schema: "stay", name: "booking", kind: "table", estimatedRows: null, comment: null },
    { schema: "stay", name: "invoice", kind: "table", estimatedRows: null, comment: null },
    { schema: "stay", name: "rooms", kind: "view", estimatedRows: null, comment: null },
  ]);
});

test("one schema is listed alone, also one of Postgres' own", async () => {
  const { tables } = await listTables(database, { schema: "stay" });
  expect(tables.map(({ name }) => name)).toEqual(["booking", "invoice", "rooms"]);
  const own = await listTables(database, { schema: "pg_catalog" });
  expect(own.tables.map(({ name }) => name)).toContain("pg_class");
});

test("an unknown schema is answered with the one that was meant", async () => {
  await expect(listTables(database, { schema: "stya" })).rejects.toMatchObject({
    code: "not_found",
    message: expect.stringMatching(/Did you mean "stay"\?.*public/),
  });
});

test("a table is described with columns, defaults, identity, generated columns and comments", async () => {
  expect(await describeTable(database, "guest")).toEqual({
    schema: "public",
    name: "guest",
    kind: "table",
    comment: "Who stays",
    columns: [
      column("id", "integer", { nullable: false, default: "generated always as identity" }),
      column("name", "character varying(80)", { nullable: false, comment: "As in the passport" }),
      column("upper", "text", { default: "generated as upper((name)::text)" }),
    ],
    primaryKey: ["id"],
    foreignKeys: [],
    indexes: [
      {
        name: "guest_pkey",
        unique: true,
        definition: "CREATE UNIQUE INDEX guest_pkey ON public.guest USING btree (id)",
      },
    ],
    constraints: [],
  });
});

test("keys of several columns keep the order of the key", async () => {
  const { primaryKey, foreignKeys } = await describeTable(database, "invoice", { schema: "stay" });
  expect(primaryKey).toEqual(["room", "guest_id"]);
  expect(foreignKeys).toEqual([
    {
      name: "invoice_guest_id_room_fkey",
      columns: ["guest_id", "room"],
      references: { schema: "stay", table: "booking", columns: ["guest_id", "room"] },
    },
  ]);
});

test("checks, unique constraints and defaults are told", async () => {
  const { constraints, columns } = await describeTable(database, "booking", { schema: "stay" });
  expect(constraints).toEqual(["UNIQUE (guest_id, room)", "CHECK ((nights > 0))"]);
  expect(columns[1]).toEqual(column("room", "text", { default: "'any'::text" }));
});

test("a view, and a table with an odd name, are described", async () => {
  expect(await describeTable(database, "rooms", { schema: "stay" })).toMatchObject({
    kind: "view",
    primaryKey: [],
    columns: [column("room", "text")],
  });
  expect(await describeTable(database, 'Odd "name')).toMatchObject({ name: 'Odd "name' });
});

test.each([
  ["guests", {}, /Did you mean "guest"\?/],
  ["booking", {}, /exists in schema stay: pass schema/],
  ["bookings", { schema: "stay" }, /"stay\.bookings".*Did you mean "booking"\?/],
  ["zzzzzzzzzz", {}, /list_tables/],
])("an unknown table %s is answered with what to do", async (table, filter, message) => {
  await expect(describeTable(database, table, filter)).rejects.toMatchObject({
    code: "not_found",
    message: expect.stringMatching(message),
  });
});

function column(name: string, type: string, rest: Record<string, unknown> = {}) {
  return { name, type, nullable: true, default: null, comment: null, ...rest };
}
