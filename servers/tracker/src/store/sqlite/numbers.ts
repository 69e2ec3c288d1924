import type { Sqlite, SqlStatement } from "@trestle/store";

/** Short numbers for names that stand in many rows. */
export interface Numbers {
  /** Gives a new name the next number, which stands in `statements` then. */
  of(name: string): number;
}

export interface NumberTable {
  readonly table: "project" | "session" | "file";
  /** Finds the number of one name. */
  readonly find: string;
  readonly toParams: (name: string) => readonly string[];
}

const MAX_REMEMBERED = 10_000;

export interface RememberedNumbers {
  /** Those of one change; what it numbers is remembered with `keep` only. */
  begin(): Numbers & { readonly fresh: ReadonlyMap<string, number>; keep(): void };
  forget(): void;
}

export function createNumbers(
  sqlite: Sqlite,
  { table, find, toParams }: NumberTable,
): RememberedNumbers {
  const remembered = new Map<string, number>();
  return {
    begin() {
      const fresh = new Map<string, number>();
      let last: number | undefined;
      function look(name: string): number | undefined {
        const [row] = sqlite.read(find, toParams(name));
        return row && Number(row.n);
      }
      return {
        fresh,
        of(name) {
          const known = remembered.get(name) ?? fresh.get(name);
          if (known !== undefined) return known;
          const found = look(name);
          if (found !== undefined) {
            remembered.set(name, found);
            return found;
          }
          last ??= Number(sqlite.read(`SELECT max(n) AS n FROM ${table}`)[0]?.n ?? 0);
          fresh.set(name, ++last);
          return last;
        },
        keep() {
          if (remembered.size > MAX_REMEMBERED) remembered.clear();
          for (const [name, number] of fresh) remembered.set(name, number);
        },
      };
    },
    forget: () => remembered.clear(),
  };
}

export const projectNumbers: NumberTable = {
  table: "project",
  find: "SELECT n FROM project WHERE name = ?",
  toParams: (name) => [name],
};

export const sessionNumbers: NumberTable = {
  table: "session",
  find: "SELECT n FROM session WHERE id = ?",
  toParams: (id) => [id],
};

/** A file's name is source and path as JSON. */
export const fileNumbers: NumberTable = {
  table: "file",
  find: "SELECT n FROM file WHERE source = ? AND path = ?",
  toParams: (name) => JSON.parse(name) as string[],
};

export const insertProjects = (fresh: ReadonlyMap<string, number>): SqlStatement => ({
  sql: "INSERT INTO project (name, n) VALUES (?, ?)",
  each: [...fresh],
});

export const insertFiles = (fresh: ReadonlyMap<string, number>): SqlStatement => ({
  sql: "INSERT INTO file (source, path, n) VALUES (?, ?, ?)",
  each: [...fresh].map(([name, n]) => [...fileNumbers.toParams(name), n]),
});
