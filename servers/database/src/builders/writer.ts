import { TrestleError } from "@trestle/protocol";
import type { Kysely, RawBuilder } from "kysely";

/** A piece of SQL. Only kysely makes text of it: names quoted, values as parameters. */
export type Piece = RawBuilder<unknown>;

/** A statement ready to run. */
export interface Compiled {
  readonly sql: string;
  /** Texts, as Postgres reads them for the type of their column. */
  readonly params: readonly (string | null)[];
  /** Where in the input each parameter came from: `rows[3].email`. */
  readonly fields: readonly string[];
}

interface BoundValue {
  readonly text: string | null;
  readonly field: string;
}

/** What statements are put together with. */
export interface Writer {
  readonly sql: typeof import("kysely").sql;
  id(...names: string[]): Piece;
  value(text: string | null, field: string): Piece;
  list(pieces: readonly Piece[], separator?: Piece): Piece;
  /** A space between each two, nothing where a part is left out. */
  parts(...pieces: (Piece | undefined)[]): Piece;
  compile(statement: Piece): Compiled;
}

/** What the protocol has room for. */
const MAX_VALUES = 65_535;

let made: Promise<Writer> | undefined;

/** Kysely takes its time to load, and most servers never build a statement. */
export function loadWriter(): Promise<Writer> {
  made ??= createWriter();
  return made;
}

async function createWriter(): Promise<Writer> {
  const kysely = await import("kysely");
  const { sql } = kysely;
  const compiler: Kysely<unknown> = new kysely.Kysely({
    dialect: {
      createAdapter: () => new kysely.PostgresAdapter(),
      createDriver: () => new kysely.DummyDriver(),
      createIntrospector: (db) => new kysely.PostgresIntrospector(db),
      createQueryCompiler: () => new kysely.PostgresQueryCompiler(),
    },
  });
  const list = (pieces: readonly Piece[], separator: Piece = sql`, `) =>
    sql.join(pieces, separator);

  return {
    sql,
    list,
    // `sql.ref` and `sql.table` would read dots and "as" in a name; `sql.id` takes each name as it is.
    id: (...names) => sql.id(...names),
    value: (text, field) => sql`${{ text, field } satisfies BoundValue}`,
    parts: (...pieces) =>
      list(
        pieces.filter((piece) => piece !== undefined),
        sql` `,
      ),
    compile(statement) {
      const { sql: text, parameters } = statement.compile(compiler);
      const bound = parameters as readonly BoundValue[];
      if (bound.length > MAX_VALUES)
        throw new TrestleError(
          "invalid_input",
          `This takes ${bound.length} values, and one statement takes ${MAX_VALUES}: give fewer rows at a time.`,
        );
      return {
        sql: text,
        params: bound.map((each) => each.text),
        fields: bound.map((each) => each.field),
      };
    },
  };
}
