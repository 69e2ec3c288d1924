import type { Postgres } from "../runs/postgres/postgres.ts";
import {
  createDefinitionReader,
  type DefinitionStore,
  taken,
  unknown,
} from "./definition-store.ts";

interface DefinitionRow {
  readonly id: string;
  readonly definition: string;
  readonly registered_at: string;
}

/** The workflows of all machines that share a database. */
export function createPostgresDefinitionStore({ query }: Postgres): DefinitionStore {
  const parse = createDefinitionReader();
  const toRegistered = ({ definition, registered_at }: DefinitionRow) => ({
    definition: parse(definition),
    registeredAt: Number(registered_at),
  });
  const newest = async () => (await query<DefinitionRow>(newestSql)).map(toRegistered);

  return {
    async register(definition, at) {
      const { id, version } = definition;
      const body = JSON.stringify(definition);
      const [made] = await query(registerSql, [id, version, body, at]);
      if (made !== undefined) return;
      const [there] = await query<DefinitionRow>(oneSql, [id, version]);
      if (there?.definition !== body) throw taken(id, version);
    },
    async get(id, version) {
      const [row] = await query<DefinitionRow>(oneSql, [id, version ?? null]);
      if (row !== undefined) return toRegistered(row);
      const known = (await newest()).map(({ definition }) => definition.id);
      throw unknown(id, version, known);
    },
    list: newest,
    async remove(id) {
      const rows = await query("DELETE FROM trestle.workflow WHERE id = $1 RETURNING id", [id]);
      return rows.length > 0;
    },
  };
}

const newestSql = `
  SELECT DISTINCT ON (id) id, definition, registered_at FROM trestle.workflow ORDER BY id, place DESC`;

const oneSql = `
  SELECT id, definition, registered_at FROM trestle.workflow
  WHERE id = $1 AND ($2::text IS NULL OR version = $2) ORDER BY place DESC LIMIT 1`;

const registerSql = `
  INSERT INTO trestle.workflow (id, version, definition, registered_at) VALUES ($1, $2, $3, $4)
  ON CONFLICT (id, version) DO NOTHING RETURNING id`;
