import type { Answer, Connection } from "../drivers/driver.ts";
import { type Catalog, readCatalog } from "../guard/catalog.ts";
import type { Accepted, Guard, Surroundings } from "../guard/guard.ts";
import { hasLists, readLists } from "../guard/lists.ts";
import { MASK, maskedFields } from "../guard/masks.ts";
import type { RawPage } from "./wire.ts";

/** How the operator's rules are applied to a statement and to its answer. */
export interface Gate {
  /** Can a statement be judged by its text alone? Else the database has to tell what its names mean. */
  readonly needsCatalog: boolean;
  readonly guard: Guard;
  /** In the transaction that the statement will run in. */
  within(connection: Connection): GateWithin;
}

export interface GateWithin {
  checkRead(sql: string): Promise<Accepted>;
  check(sql: string): Promise<Accepted>;
  mask(raw: RawPage, fields: Answer["fields"]): Promise<RawPage>;
}

export function createGate(guard: Guard): Gate {
  const needsCatalog = hasLists(readLists(guard.rules));
  const masks = (guard.rules.maskColumns?.length ?? 0) > 0;

  function within(connection: Connection): GateWithin {
    /** Of the statement that was checked last: what one before it did may have changed what names mean. */
    let seen: Promise<Catalog> | undefined;
    const surroundings: Surroundings = {
      masks: true,
      catalog(names) {
        const reading = readCatalog(connection, names);
        // A statement's own names come before those in texts that it gives to functions.
        seen ??= reading;
        return reading;
      },
    };
    return {
      checkRead(sql) {
        seen = undefined;
        return guard.checkRead(sql, surroundings);
      },
      check(sql) {
        seen = undefined;
        return guard.check(sql, surroundings);
      },
      async mask(raw, fields) {
        if (!masks) return raw;
        const catalog = await (seen ?? readCatalog(connection));
        return withMasks(raw, maskedFields(guard.rules, catalog, fields));
      },
    };
  }

  return { needsCatalog, guard, within };
}

const TEXT_OID = 25;

/** What is masked is a text, whatever the column holds. */
function withMasks(raw: RawPage, masked: readonly boolean[]): RawPage {
  if (!masked.includes(true)) return raw;
  const columns = raw.columns.map(({ name, type, oid, ...rest }, at) =>
    masked[at] ? { name, type, oid: TEXT_OID } : { name, type, oid, ...rest },
  );
  const rows = raw.rows.map((row) =>
    row.map((cell, at) => (masked[at] && cell !== null ? MASK : cell)),
  );
  return { ...raw, columns, rows };
}
