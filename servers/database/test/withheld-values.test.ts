import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { expect, test } from "vitest";
import { createTestEmbedded, createTestPostgres } from "../src/builders/_postgres.ts";

const kinds = [
  ["the embedded Postgres", createTestEmbedded],
  ...((await hasLocalPostgres()) ? ([["a Postgres server", createTestPostgres]] as const) : []),
] as const;

const SCRIPT = `
  CREATE TABLE guest (id int PRIMARY KEY, name text NOT NULL, phone text UNIQUE, secret text);
  CREATE TABLE stay (guest_phone text REFERENCES guest (phone) DEFERRABLE INITIALLY DEFERRED);
  INSERT INTO guest VALUES (1, 'Ana', 'P-351-1', 'S-one');
  INSERT INTO stay VALUES ('P-351-1');
`;

/** Where columns are guarded, a caller learns of no value by making a write fail. */
test.each(kinds)("%s quotes no guarded value in an error", { timeout: 60_000 }, async (_, open) => {
  const { database, script, close } = await open();
  try {
    await script(SCRIPT);
    const attempts = [
      ["UPDATE guest SET name = NULL WHERE id = 1", /violates not-null constraint/],
      // Seen only at the commit.
      ["DELETE FROM guest WHERE id = 1", /violates foreign key constraint/],
    ] as const;
    for (const [sql, expected] of attempts) {
      const error = await database.execute(sql).then(
        () => undefined,
        (failure: Error & { details?: unknown }) => failure,
      );
      expect(error?.message).toMatch(expected);
      const told = `${error?.message} ${JSON.stringify(error?.details)}`;
      expect(told).not.toMatch(/P-351|S-one/);
    }
  } finally {
    await close();
  }
});
