import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresKinds, type TestCatalog } from "./_catalogs.ts";
import { describeTable } from "./describe-table.ts";
import { listExtensions } from "./extensions.ts";
import { getRelationships } from "./relationships.ts";
import { listSchemas } from "./schemas.ts";
import { searchObjects } from "./search.ts";
import { listTables } from "./tables.ts";

const SCRIPT = `
  CREATE SCHEMA stay;
  COMMENT ON SCHEMA stay IS 'Who sleeps where';
  CREATE TABLE guest (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(80) NOT NULL,
    upper text GENERATED ALWAYS AS (upper(name)) STORED);
  COMMENT ON TABLE guest IS 'Who stays';
  COMMENT ON COLUMN guest.name IS 'As in the passport';
  CREATE TABLE stay.booking (guest_id int REFERENCES guest, room text DEFAULT 'any', nights int CHECK (nights > 0),
    UNIQUE (guest_id, room));
  CREATE TABLE stay.invoice (guest_id int, room text, PRIMARY KEY (room, guest_id),
    FOREIGN KEY (guest_id, room) REFERENCES stay.booking (guest_id, room) ON DELETE CASCADE);
  CREATE VIEW stay.rooms AS SELECT room FROM stay.booking;
  CREATE TABLE "Odd ""name" (a int);
  CREATE TABLE stay.night (day date, room text) PARTITION BY RANGE (day);
  CREATE TABLE stay.night_2026 PARTITION OF stay.night FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE INDEX booking_nights ON stay.booking ((nights + 1)) WHERE room IS NOT NULL;
  ALTER TABLE stay.booking ENABLE ROW LEVEL SECURITY;
  CREATE POLICY short ON stay.booking FOR SELECT USING (nights < 30);
  CREATE FUNCTION stay.greet(who text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'Ola ' || who; END $$;
  CREATE FUNCTION stay.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
  CREATE TRIGGER noted BEFORE INSERT ON stay.booking FOR EACH ROW EXECUTE FUNCTION stay.note();
  CREATE TYPE stay.season AS ENUM ('low', 'high');
  INSERT INTO guest (name) VALUES ('Ana'), ('Rui');
  ANALYZE guest;
`;

describe.each(await postgresKinds())("on %s", (_name, open) => {
  let catalog: TestCatalog;

  beforeAll(async () => {
    catalog = await open();
    await catalog.script(SCRIPT);
  }, 120_000);

  afterAll(() => catalog.close());

  test("tables and views of all schemas are listed, with their estimates and comments", async () => {
    const plain = { kind: "table", estimatedRows: null, comment: null };
    expect(await listTables(catalog)).toEqual({
      tables: [
        { schema: "public", name: 'Odd "name', ...plain },
        { schema: "public", name: "guest", ...plain, estimatedRows: 2, comment: "Who stays" },
        { schema: "stay", name: "booking", ...plain },
        { schema: "stay", name: "invoice", ...plain },
        { schema: "stay", name: "night", ...plain, kind: "partitioned table" },
        { schema: "stay", name: "rooms", ...plain, kind: "view" },
      ],
      truncated: false,
      total: 6,
    });
  });

  test("lists come in pages, and with columns where they are wanted", async () => {
    const page = await listTables(catalog, { limit: 1, offset: 1, columns: true });
    expect(page).toMatchObject({ truncated: true, total: 6 });
    expect(page.tables[0]?.columns).toEqual([
      { name: "id", type: "integer", key: true },
      { name: "name", type: "character varying(80)", key: false },
      { name: "upper", type: "text", key: false },
    ]);
  });

  test("one schema is listed alone, also one of Postgres' own", async () => {
    const { tables } = await listTables(catalog, { schema: "stay" });
    expect(tables.map(({ name }) => name)).toEqual(["booking", "invoice", "night", "rooms"]);
    const own = await listTables(catalog, { schema: "pg_catalog" });
    expect(own.tables.map(({ name }) => name)).toContain("pg_class");
  });

  test("an unknown schema is answered with the one that was meant", async () => {
    await expect(listTables(catalog, { schema: "stya" })).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/Did you mean "stay"\?.*public/),
    });
  });

  test("schemas are listed with what is in them", async () => {
    expect(await listSchemas(catalog)).toEqual([
      {
        name: "public",
        owner: expect.any(String),
        tables: 2,
        functions: 0,
        comment: expect.anything(),
      },
      { name: "stay", owner: "postgres", tables: 4, functions: 2, comment: "Who sleeps where" },
    ]);
  });

  test("a table is described with columns, defaults, identity, generated columns and comments", async () => {
    expect(await describeTable(catalog, "guest")).toEqual({
      schema: "public",
      name: "guest",
      kind: "table",
      estimatedRows: 2,
      comment: "Who stays",
      columns: [
        column("id", "integer", { nullable: false, default: "generated always as identity" }),
        column("name", "character varying(80)", { nullable: false, comment: "As in the passport" }),
        column("upper", "text", { default: "generated as upper((name)::text)" }),
      ],
      primaryKey: ["id"],
      foreignKeys: [],
      referencedBy: [
        { name: "booking_guest_id_fkey", schema: "stay", table: "booking", columns: ["guest_id"] },
      ],
      indexes: [
        {
          name: "guest_pkey",
          unique: true,
          definition: "CREATE UNIQUE INDEX guest_pkey ON public.guest USING btree (id)",
        },
      ],
      constraints: [],
      triggers: [],
      policies: null,
      partitions: null,
      definition: null,
    });
  });

  test("keys of several columns keep the order of the key", async () => {
    const { primaryKey, foreignKeys } = await describeTable(catalog, "invoice", { schema: "stay" });
    expect(primaryKey).toEqual(["room", "guest_id"]);
    expect(foreignKeys).toEqual([
      {
        name: "invoice_guest_id_room_fkey",
        columns: ["guest_id", "room"],
        references: { schema: "stay", table: "booking", columns: ["guest_id", "room"] },
      },
    ]);
  });

  test("checks, unique constraints, defaults, triggers and policies are told", async () => {
    const { constraints, columns, triggers, policies } = await describeTable(
      catalog,
      "stay.booking",
    );
    expect(constraints).toEqual(["UNIQUE (guest_id, room)", "CHECK ((nights > 0))"]);
    expect(columns[1]).toEqual(column("room", "text", { default: "'any'::text" }));
    expect(triggers).toEqual([expect.stringContaining("CREATE TRIGGER noted")]);
    expect(policies).toEqual(["short for select to public using ((nights < 30))"]);
  });

  test("a view, a partitioned table, and a table with an odd name, are described", async () => {
    expect(await describeTable(catalog, "rooms", { schema: "stay" })).toMatchObject({
      kind: "view",
      primaryKey: [],
      columns: [column("room", "text")],
      definition: expect.stringMatching(/SELECT .*room\s+FROM stay\.booking/),
    });
    expect(await describeTable(catalog, "night", { schema: "stay" })).toMatchObject({
      kind: "partitioned table",
      partitions: { key: "RANGE (day)", count: 1 },
    });
    expect(await describeTable(catalog, 'Odd "name')).toMatchObject({ name: 'Odd "name' });
  });

  test.each([
    ["guests", {}, /Did you mean "guest"\?/],
    ["booking", {}, /exists in schema stay: pass schema/],
    ["bookings", { schema: "stay" }, /"stay\.bookings".*Did you mean "booking"\?/],
    ["zzzzzzzzzz", {}, /list_tables/],
  ])("an unknown table %s is answered with what to do", async (table, filter, message) => {
    await expect(describeTable(catalog, table, filter)).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(message),
    });
  });

  test("objects are found by name, by comment and by several words, the best first", async () => {
    const found = async (words: string, options = {}) =>
      (await searchObjects(catalog, words, options)).objects.map(
        ({ kind, table, name }) => `${kind} ${table ? `${table}.` : ""}${name}`,
      );
    expect(await found("guest")).toEqual([
      "table guest",
      "column booking.guest_id",
      "column invoice.guest_id",
      "index guest.guest_pkey",
      "index booking.booking_guest_id_room_key",
    ]);
    expect(await found("passport")).toEqual(["column guest.name"]);
    expect(await found("booking room", { kinds: ["column"] })).toEqual(["column booking.room"]);
    expect(await found("gre*t")).toEqual(["function greet"]);
    expect(await found("100%")).toEqual([]);
    expect(await found("", { kinds: ["type"] })).toEqual(["type season"]);
  });

  test("what is found says its type, signature or definition", async () => {
    const definitionOf = async (words: string) =>
      (await searchObjects(catalog, words)).objects[0]?.definition;
    expect(await definitionOf("guest_id")).toBe("integer");
    expect(await definitionOf("greet")).toBe("(who text) returns text");
    expect(await definitionOf("season")).toBe("enum ('low', 'high')");
    expect(await definitionOf("booking_nights")).toContain("((nights + 1))");
  });

  test("extensions are those installed, and on demand those at hand", async () => {
    const installed = await listExtensions(catalog);
    expect(installed).toMatchObject([{ name: "plpgsql", schema: "pg_catalog" }]);
    const all = await listExtensions(catalog, { available: true });
    expect(all.length).toBeGreaterThanOrEqual(installed.length);
  });

  test("relationships say how many there may be on each side", async () => {
    const end = (table: string, columns: string[], schema = "stay") => ({ schema, table, columns });
    expect(await getRelationships(catalog)).toEqual([
      {
        name: "booking_guest_id_fkey",
        from: end("booking", ["guest_id"]),
        to: end("guest", ["id"], "public"),
        unique: false,
        optional: true,
        onDelete: null,
      },
      {
        name: "invoice_guest_id_room_fkey",
        from: end("invoice", ["guest_id", "room"]),
        to: end("booking", ["guest_id", "room"]),
        unique: true,
        optional: false,
        onDelete: "cascade",
      },
    ]);
    expect(await getRelationships(catalog, { table: "guest" })).toHaveLength(1);
    expect(await getRelationships(catalog, { schema: "public" })).toHaveLength(1);
  });
});

function column(name: string, type: string, rest: Record<string, unknown> = {}) {
  return { name, type, nullable: true, default: null, comment: null, ...rest };
}
