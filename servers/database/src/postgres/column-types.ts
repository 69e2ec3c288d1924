import type { Answer, Connection } from "../drivers/driver.ts";
import type { RawColumn } from "./wire.ts";

const TYPES = `SELECT t.oid, format_type(t.oid, NULL),
  CASE WHEN t.typinput = 'array_in'::regproc AND e.typdelim = ',' THEN t.typelem END
FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
WHERE t.oid = ANY ($1::oid[])`;

/** Types that Postgres itself brings keep their numbers and names for ever; others may be made anew. */
const FIRST_OWN_OID = 16_384;

type Runner = Pick<Connection, "run">;
type ColumnType = Pick<RawColumn, "type" | "element">;

export interface ColumnTypes {
  /** In the transaction that the fields come from. */
  describe(connection: Runner, fields: Answer["fields"]): Promise<RawColumn[]>;
  /** After anything that may have changed a type. */
  forget(): void;
}

/** The names of types, asked for once each. */
export function createColumnTypes(): ColumnTypes {
  const types = new Map<number, ColumnType>();

  async function learn(connection: Runner, oids: readonly number[]): Promise<void> {
    const { rows } = await connection.run(TYPES, [`{${oids.join(",")}}`]);
    for (const [oid, type, element] of rows)
      types.set(Number(oid), {
        type: type ?? "",
        ...(element == null ? {} : { element: Number(element) }),
      });
  }

  return {
    async describe(connection, fields) {
      const oids = new Set(fields.map((field) => field.dataTypeID));
      const unknown = [...oids].filter((oid) => !types.has(oid));
      if (unknown.length > 0) await learn(connection, unknown);
      return fields.map(({ name, dataTypeID: oid }) => ({
        name,
        oid,
        ...(types.get(oid) ?? { type: "unknown" }),
      }));
    },
    forget() {
      for (const oid of types.keys()) if (oid >= FIRST_OWN_OID) types.delete(oid);
    },
  };
}
